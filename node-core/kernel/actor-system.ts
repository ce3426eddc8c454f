import { LogicError, ServiceError } from '../primitives/errors.ts';
import { ActorDown, openBreakerOf } from './actor-down.ts';
import type { Behaviour, PortMap } from './behaviour.ts';
import type { ActorCell } from './cell.ts';
import { Core } from './core.ts';
import type { ActorPath, CorrelationId, Message } from './envelope.ts';
import type { TerminalFailure } from './failure.ts';
import { type KernelLimits, defaultLimits } from './limits.ts';
import type { Loss } from './losses.ts';
import { type Deferred, defer } from './pump/promises.ts';
import { type Pump, Task } from './pump/pump.ts';
import { KIND, OUTCOME, OUTSIDE, type QueuedEnvelope } from './queue.ts';
import { RecordCursor } from './record-cursor.ts';
import type {
  ActorStatus,
  BehaviourTotals,
  DeadLetter,
  RecordedLog,
  RecordedMessage,
  RecordReader,
  TypeTimes,
} from './record.ts';
import type { AnswerOf, Ref } from './ref.ts';
import { Runtime } from './runtime.ts';
import { statusOf, timesOf } from './status.ts';
import type { ActorSystem, InjectOptions, SystemEnvironment } from './system.ts';

export interface ActorSystemOptions {
  /** What behaviours call by `ctx.call` and `ctx.open`, by port name. */
  readonly ports: PortMap;
  readonly environment: SystemEnvironment;
  readonly pump: Pump;
  readonly limits?: Partial<KernelLimits>;
  /** False leaves out the event record and the payloads: there to measure what they cost. */
  readonly tracing?: boolean;
  /** The root could not go on: nothing runs any more. */
  readonly onTerminalFailure?: (failure: TerminalFailure) => void;
}

/** Somebody outside who waits for an answer. */
class OutsideAsk extends Task {
  readonly #answer = defer<never>();
  readonly #forget: () => void;
  readonly #path: string;

  constructor(path: string, forget: () => void) {
    super();
    this.#path = path;
    this.#forget = forget;
  }

  get promise(): Promise<never> {
    return this.#answer.promise;
  }

  fire(): void {
    this.#forget();
    this.#answer.reject(new ServiceError('ASK_TIMEOUT', `${this.#path} did not answer in time`));
  }

  end(answer: Message): void {
    this.cancelled = true;
    this.#forget();
    this.#answer.resolve(answer as never);
  }

  fail(error: ServiceError): void {
    this.cancelled = true;
    this.#forget();
    this.#answer.reject(error);
  }
}

class Actors implements ActorSystem {
  readonly #core: Core;
  readonly #runtime: Runtime;
  readonly #asks = new Map<number, OutsideAsk>();
  readonly #stops: Deferred<undefined>[] = [];
  #stopped = false;
  #root: ActorCell | undefined;

  constructor(options: ActorSystemOptions) {
    this.#core = new Core(
      { ...defaultLimits, ...options.limits },
      options.environment,
      options.pump,
      options.tracing ?? true,
    );
    options.pump.attach(this.#core.clock);
    this.#runtime = new Runtime(this.#core, options.ports, {
      onTerminalFailure: (failure) => options.onTerminalFailure?.(failure),
      onEnded: (cell) => this.#ended(cell),
      answerOutside: (envelope) => this.#answered(envelope),
      lostOutside: (envelope, loss) => this.#lost(envelope, loss),
    });
  }

  start<S, M extends Message, A, P extends PortMap>(root: Behaviour<S, M, A, P>, args: A): Ref<M> {
    if (this.#root !== undefined) throw new LogicError('STARTED_TWICE', 'an actor system starts once');
    const id = this.#core.names.pathId(root.name, this.#core.seq);
    const seq = ++this.#core.seq;
    this.#root = this.#runtime.life.births.spawn(undefined, id, root.name, root.name, root, args, 0, -seq);
    // Its children can be spoken to from now on: what is sent to them waits for their init.
    this.#runtime.run(this.#root, 0, 0);
    return { path: root.name, id };
  }

  refOf(path: ActorPath): Ref<never>;
  refOf<M extends Message>(path: ActorPath): Ref<M>;
  refOf(path: ActorPath): Ref<never> {
    const id = this.#core.names.pathId(path, this.#core.seq);
    return { path: this.#core.names.path(id, this.#core.seq), id };
  }

  inject<M extends Message>(to: Ref<M>, message: M, options: InjectOptions): void {
    const envelope = this.#envelope(to, message, options);
    const { delivery } = this.#runtime;
    delivery.deliverFromOutside(delivery.find(to.id, to.path), envelope);
  }

  log(from: string, level: RecordedLog['level'], text: string): void {
    this.#core.clock.readClock();
    this.#core.log(from, level, text);
  }

  ask<T extends Message, K extends T['type']>(
    to: Ref<T>,
    request: NoInfer<T> & { readonly type: K },
    options: InjectOptions & { readonly timeoutMs: number },
  ): Promise<AnswerOf<T, K>> {
    const envelope = this.#envelope(to, request, options, true);
    const { seq } = envelope;
    const ask = new OutsideAsk(to.path, () => this.#asks.delete(seq));
    this.#asks.set(seq, ask);
    this.#core.pump.schedule(options.timeoutMs, ask);
    const { delivery } = this.#runtime;
    const cell = delivery.find(to.id, to.path);
    // Whoever asks would wait for nothing; what is told waits in the mailbox.
    if (cell !== undefined && openBreakerOf(cell) !== undefined) delivery.deadLetter(envelope);
    else delivery.deliverFromOutside(cell, envelope);
    return ask.promise;
  }

  restart(path: ActorPath): void {
    const cell = this.#cell(path);
    if (this.#stopped) throw new ServiceError('SYSTEM_STOPPED', 'the actor system was stopped: it starts no actor');
    this.#runtime.life.restart(cell);
  }

  suspend(path: ActorPath): void {
    this.#cell(path).suspended = true;
  }

  resume(path: ActorPath): void {
    const cell = this.#cell(path);
    cell.suspended = false;
    this.#runtime.wake(cell);
  }

  stop(): Promise<void> {
    const stopped = defer<undefined>();
    this.#stopped = true;
    if (this.#root?.alive === true) {
      this.#core.clock.readClock();
      this.#stops.push(stopped);
      this.#runtime.life.stop(this.#root);
    } else {
      stopped.resolve(undefined);
    }
    return stopped.promise;
  }

  tree(): readonly ActorStatus[] {
    this.#core.clock.closeSlice();
    return this.#present().map(statusOf);
  }

  times(path: ActorPath): readonly TypeTimes[] {
    this.#core.clock.closeSlice();
    const cell = this.#runtime.delivery.find(0, path);
    return cell === undefined ? [] : timesOf(cell);
  }

  totals(): readonly BehaviourTotals[] {
    this.#core.clock.closeSlice();
    return this.#core.totals.with(this.#present());
  }

  view(path: ActorPath): unknown {
    const cell = this.#runtime.delivery.find(0, path);
    if (cell === undefined || !cell.receives) return undefined;
    return cell.behaviour.view?.(cell.state);
  }

  read(from: 'now' | 'oldest'): RecordReader {
    return new RecordCursor(this.#core, from);
  }

  trace(correlationId: CorrelationId): readonly RecordedMessage[] {
    this.#core.clock.closeSlice();
    const correlation = this.#core.names.findStory(correlationId, this.#core.seq);
    if (correlation === undefined) return [];
    return this.#core.record
      .positionsOf(correlation)
      .map((position) => this.#core.message(position))
      .filter((message) => message.correlationId === correlationId)
      .sort((a, b) => a.seq - b.seq);
  }

  deadLetters(): readonly DeadLetter[] {
    return this.#core.deadLetters.slice(0, Infinity);
  }

  payload(seq: number): Message | undefined {
    this.#core.clock.closeSlice();
    return this.#core.payload(seq);
  }

  /** The actors of the tree, parents before children. */
  #present(): readonly ActorCell[] {
    const cells: ActorCell[] = [];
    const visit = (cell: ActorCell): void => {
      cells.push(cell);
      for (const child of cell.children?.values() ?? []) visit(child);
    };
    if (this.#root !== undefined) visit(this.#root);
    return cells;
  }

  #cell(path: ActorPath): ActorCell {
    const cell = this.#runtime.delivery.find(0, path);
    if (cell === undefined) throw new ServiceError('UNKNOWN_ACTOR', `there is no actor ${path}`, { path });
    this.#core.clock.readClock();
    return cell;
  }

  #envelope(to: Ref<never>, message: Message, options: InjectOptions, asked = false): QueuedEnvelope {
    const core = this.#core;
    core.clock.readClock();
    const { names, seq } = core;
    const { from, correlationId, cause } = options;
    const sender = names.pathId(from, seq);
    const story = correlationId === undefined ? 0 : names.storyId(correlationId, seq);
    return core.envelope(
      message,
      sender,
      names.pathId(to.path, seq),
      story,
      cause ?? 0,
      asked ? KIND.asked : KIND.told,
      OUTSIDE,
      asked ? seq + 1 : 0,
    );
  }

  #answered(envelope: QueuedEnvelope): void {
    const { askId, payload } = envelope;
    const ask = this.#asks.get(askId);
    if (ask === undefined) {
      this.#runtime.delivery.deadLetter(envelope);
      return;
    }
    this.#core.delivered(envelope, OUTCOME.sent);
    ask.end(payload);
  }

  /** A question that no actor will handle. */
  #lost({ askId, target, seq, payload }: QueuedEnvelope, loss: Loss): void {
    const ask = this.#asks.get(askId);
    if (ask === undefined) return;
    const path = this.#core.names.path(target, seq);
    const cell = this.#runtime.delivery.find(target, path);
    const isDown = loss === 'deadLetter' && cell?.lifecycle !== 'Running';
    ask.fail(
      isDown
        ? new ActorDown(path, cell)
        : new ServiceError('ASK_FAILED', `${path} did not take ${payload.type}: ${loss}`, { path }),
    );
  }

  #ended(cell: ActorCell): void {
    if (cell !== this.#root) return;
    for (const ask of [...this.#asks.values()]) ask.fail(new ServiceError('ASK_FAILED', 'the actor system ended'));
    for (const stopped of this.#stops.splice(0)) stopped.resolve(undefined);
  }
}

/** A system of actors, not yet started. */
export const createActorSystem = (options: ActorSystemOptions): ActorSystem => new Actors(options);
