import { LogicError } from '../primitives/errors.ts';
import type {
  Behaviour,
  Ctx,
  LogLevel,
  PortCallOptions,
  PortMap,
  PortOutcome,
  AskOptions,
  SendOptions,
  SendOutcome,
  Source,
} from './behaviour.ts';
import type { ActorCell } from './cell.ts';
import type { Core } from './core.ts';
import { type Delivery, SEND_OUTCOME } from './delivery.ts';
import type { PortRequest } from './effects.ts';
import type { ActorPath, CorrelationId, Message, Trace } from './envelope.ts';
import { ADMISSION, type Admission, KIND, type Kind, OUTSIDE, type QueuedEnvelope } from './queue.ts';
import type { AnswerOf, Ref, ReplyTo, Request } from './ref.ts';

type Ports = Readonly<
  Record<string, Readonly<Record<string, ((...args: unknown[]) => Promise<unknown> | Source<unknown>) | undefined>>>
>;

/** The ask id of a message that was told. */
const TOLD = 0;

/** What a handler holds: it notes what the handler asks for, and is good for nothing once that has returned. */
export class ActorContext<M extends Message> implements Ctx<M, Ports> {
  readonly self: Ref<M>;
  readonly #core: Core;
  readonly #delivery: Delivery;
  readonly #cell: ActorCell;
  readonly #id: number;
  readonly #ports: Ports;

  constructor(core: Core, delivery: Delivery, cell: ActorCell, ports: PortMap) {
    this.#core = core;
    this.#delivery = delivery;
    this.#cell = cell;
    this.#id = cell.id;
    this.#ports = ports as Ports;
    this.self = cell.ref as Ref<M>;
  }

  get path(): ActorPath {
    return this.#cell.path;
  }
  get generation(): number {
    return this.#cell.generation;
  }
  get restarted(): boolean {
    return this.#cell.restarts > 0;
  }
  get nowMs(): number {
    return this.#core.clock.nowMs;
  }
  get trace(): Trace {
    return this.#running().currentTrace();
  }
  get sender(): ActorPath {
    const core = this.#running();
    return core.names.path(core.current.sender, core.seq);
  }

  tell<T extends Message>(to: Ref<T>, message: T, options?: SendOptions): SendOutcome {
    const core = this.#core;
    const { outbox } = core;
    const type = core.names.typeId(message.type, core.seq + 1);
    const target = core.cells[to.id];
    // The way of nearly every message, without a detour; the long way would come to the same.
    if (
      target !== undefined &&
      target.open &&
      target.path === to.path &&
      target.hasRoom &&
      !target.kind.isControl(type) &&
      options === undefined &&
      outbox.straight &&
      outbox.room > 0 &&
      core.running === this.#id
    ) {
      target.waiting++;
      const envelope = core.told(message, type, this.#id, target.id);
      envelope.generation = this.#cell.generation;
      outbox.room--;
      this.#delivery.place(target, envelope);
      return 'queued';
    }
    return this.#tell(to, message, type, options);
  }

  #tell<T extends Message>(to: Ref<T>, message: T, type: number, options: SendOptions | undefined): SendOutcome {
    const core = this.#asking();
    const { outbox } = core;
    const target = this.#delivery.find(to.id, to.path);
    const envelope =
      target !== undefined && options === undefined
        ? core.told(message, type, this.#id, target.id)
        : this.#envelope(to, target, message, options);
    envelope.generation = this.#cell.generation;
    const admission = this.#admit(target, envelope);
    // Straight into the mailbox, unless something before it must happen first; no one reads it before this handler ends.
    if (admission === ADMISSION.queue && outbox.straight && target !== undefined) {
      outbox.room--;
      this.#delivery.place(target, envelope);
      return 'queued';
    }
    envelope.admission = admission;
    outbox.push(envelope);
    return SEND_OUTCOME[admission] as SendOutcome;
  }

  ask<T extends Message, K extends T['type']>(
    to: Ref<T>,
    request: NoInfer<T> & { readonly type: K },
    asking: AskOptions<M, AnswerOf<T, K>>,
  ): SendOutcome {
    const core = this.#asking();
    const options = asking as SendOptions & { readonly timeoutMs: number; readonly onTimeout: M };
    this.#delivery.reserve(this.#cell);
    const target = this.#delivery.find(to.id, to.path);
    const envelope = this.#envelope(to, target, request, options, KIND.asked, this.#cell.generation, core.seq + 1);
    const admission = this.#admit(target, envelope);
    envelope.admission = admission;
    core.outbox.push({ op: 'ask', envelope, timeoutMs: options.timeoutMs, onTimeout: options.onTimeout });
    return SEND_OUTCOME[admission] as SendOutcome;
  }

  replyTo<R extends Message>(_request: Request<R>): ReplyTo<R> {
    const { kind, sender, generation, askId } = this.#running().current;
    return {
      path: this.sender,
      actorId: sender,
      generation: kind <= KIND.asked ? generation : OUTSIDE,
      askId: kind === KIND.asked ? askId : TOLD,
    };
  }

  reply<R extends Message>(to: ReplyTo<R>, answer: R, options?: SendOptions): void {
    const core = this.#asking();
    const ref = { path: to.path, id: to.actorId };
    const target = this.#delivery.find(to.actorId, to.path);
    if (to.askId !== TOLD) {
      core.outbox.push(this.#envelope(ref, target, answer, options, KIND.reply, to.generation, to.askId));
      return;
    }
    const kind = to.generation === OUTSIDE ? KIND.told : KIND.answer;
    const envelope = this.#envelope(ref, target, answer, options, kind, to.generation);
    // Whoever injected the request is no actor: the answer leaves the system.
    envelope.admission = target === undefined ? ADMISSION.outside : this.#admit(target, envelope);
    core.outbox.push(envelope);
  }

  call(
    port: string,
    method: string,
    args: readonly unknown[],
    options: PortCallOptions & {
      readonly timeoutMs: number;
      readonly done: (outcome: PortOutcome<never>) => M | readonly M[];
      readonly correlate?: (message: M) => CorrelationId | undefined;
      readonly from?: (message: M) => string | undefined;
    },
  ): void {
    const core = this.#asking();
    const request = this.#request(port, method, args, options);
    const { timeoutMs, done, correlate, from } = options;
    core.outbox.push({ op: 'call', request, reaction: { timeoutMs, done, correlate, from } });
  }

  open(
    port: string,
    method: string,
    args: readonly unknown[],
    options: PortCallOptions & {
      readonly key: string;
      readonly item: (value: never) => M;
      readonly end: (outcome: PortOutcome<undefined>) => M;
      readonly correlate?: (message: M) => CorrelationId | undefined;
      readonly from?: (message: M) => string | undefined;
    },
  ): void {
    const core = this.#asking();
    const request = this.#request(port, method, args, options);
    const { key, item, end, correlate, from } = options;
    core.outbox.push({ op: 'open', request, reaction: { key, item, end, correlate, from } });
  }

  close(key: string): void {
    this.#asking().outbox.push({ op: 'close', key });
  }

  timer(key: string, delayMs: number, message: M): void {
    const core = this.#asking();
    this.#delivery.reserve(this.#cell);
    core.outbox.push({ op: 'timer', key, delayMs, message });
  }

  cancelTimer(key: string): void {
    this.#asking().outbox.push({ op: 'cancelTimer', key });
  }

  spawn<S, C extends Message, A, Q extends PortMap>(behaviour: Behaviour<S, C, A, Q>, name: string, args: A): Ref<C> {
    const core = this.#asking();
    if (name === '' || name.includes('/'))
      throw new LogicError('ACTOR_NAME', `an actor's name has no slash and is not empty: ${name}`);
    const parent = this.#cell;
    const path = parent.parent === undefined ? name : `${parent.path}/${name}`;
    const id = core.names.pathId(path, core.seq);
    if (core.cells[id]?.alive === true || core.outbox.spawning.has(id))
      throw new LogicError('ACTOR_NAME_TAKEN', `${path} lives already`);
    core.outbox.spawning.add(id);
    core.outbox.push({ op: 'spawn', id, path, name, behaviour, args });
    return { path, id };
  }

  stop(target: Ref<never> | ActorPath): void {
    this.#asking().outbox.push({ op: 'stop', path: typeof target === 'string' ? target : target.path });
  }

  watch(target: Ref<never>, onTerminated: M): void {
    const core = this.#asking();
    this.#delivery.reserve(this.#cell);
    core.outbox.push({ op: 'watch', path: target.path, message: onTerminated });
  }

  refOf(path: ActorPath): Ref<never>;
  refOf<T extends Message>(path: ActorPath): Ref<T>;
  refOf(path: ActorPath): Ref<never> {
    const { names, seq } = this.#running();
    const id = names.pathId(path, seq);
    return { path: names.path(id, seq), id };
  }

  random(): number {
    return this.#running().environment.random();
  }

  /** Written at once: what a handler said before it crashed is worth reading. */
  log(level: LogLevel, text: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#running().log(this.#cell.path, level, text, fields);
  }

  #running(): Core {
    const core = this.#core;
    if (core.running !== this.#id) this.#refuse();
    return core;
  }

  /** Before anything is counted for one more effect. */
  #asking(): Core {
    const core = this.#core;
    if (core.running !== this.#id || core.outbox.room === 0) this.#refuse();
    return core;
  }

  #refuse(): never {
    const { running, limits } = this.#core;
    const { path } = this.#cell;
    if (running !== this.#id)
      throw new LogicError('CTX_OUTSIDE_HANDLER', `the context of ${path} was used outside its handler`);
    throw new LogicError(
      'TOO_MANY_EFFECTS',
      `${path} asked for more than ${limits.effectsPerHandler} effects in one handler call`,
    );
  }

  /** Decides what becomes of a message; an actor that this very handler spawns has no mailbox yet. */
  #admit(target: ActorCell | undefined, envelope: QueuedEnvelope): Admission {
    const admission = this.#delivery.admit(target, envelope.type, this.#cell);
    return admission === ADMISSION.deadLetter && this.#core.outbox.spawning.has(envelope.target)
      ? ADMISSION.late
      : admission;
  }

  #envelope(
    to: Ref<never>,
    target: ActorCell | undefined,
    message: Message,
    options: SendOptions | undefined,
    kind: Kind = KIND.told,
    generation = 0,
    askId = TOLD,
  ): QueuedEnvelope {
    const core = this.#core;
    const id = target === undefined ? core.names.pathId(to.path, core.seq) : target.id;
    let story = core.currentStory;
    let cause = core.currentSeq;
    if (options !== undefined) {
      const { correlationId, trace } = options;
      const chosen = correlationId ?? trace?.correlationId;
      if (chosen !== undefined) story = core.names.storyId(chosen, core.seq);
      if (trace !== undefined) cause = trace.cause ?? 0;
    }
    return core.envelope(message, this.#cell.id, id, story, cause, kind, generation, askId);
  }

  /** Keeps the place of the outcome, and the envelope that shows the request in the record. */
  #request(port: string, method: string, args: readonly unknown[], options: PortCallOptions): PortRequest {
    const methods = this.#ports[port];
    if (typeof methods?.[method] !== 'function') {
      throw new LogicError('NO_SUCH_PORT', `there is no port method ${port}.${method}`);
    }
    this.#delivery.reserve(this.#cell);
    const party = options.party ?? `port:${port}`;
    const envelope = this.#envelope(
      { path: party, id: 0 },
      undefined,
      { type: options.as ?? method, args } as Message,
      options,
    );
    return { invoke: () => methods[method]?.(...args), party, envelope };
  }
}
