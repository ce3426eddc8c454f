import type { LogLevel } from './behaviour.ts';
import { BoundedLog } from './bounded-log.ts';
import type { ActorCell } from './cell.ts';
import type { Message, Trace } from './envelope.ts';
import { EventRecord, OUTCOME, OUTCOME_NAMES, type Outcome } from './event-record.ts';
import { HandlerClock, type Timed } from './handler-clock.ts';
import type { KernelLimits } from './limits.ts';
import { Names } from './names.ts';
import { Outbox } from './outbox.ts';
import { PayloadStore } from './payload-store.ts';
import type { Pump } from './pump/pump.ts';
import { ADMISSION, EnvelopePool, KIND, type Kind, type QueuedEnvelope } from './queue.ts';
import type { DeadLetter, DeliveryOutcome, RecordedLifecycle, RecordedLog, RecordedMessage } from './record.ts';
import type { SystemEnvironment } from './system.ts';

/** What every part of the kernel shares: the clock, the names, the record, and the handler call that is going on. */
export class Core {
  readonly limits: KernelLimits;
  readonly environment: SystemEnvironment;
  readonly pump: Pump;
  readonly names: Names;
  readonly clock: HandlerClock;
  readonly record: EventRecord;
  readonly logs: BoundedLog<RecordedLog>;
  readonly lifecycle: BoundedLog<RecordedLifecycle>;
  readonly deadLetters: BoundedLog<DeadLetter>;
  /** Actors by the id of their path. */
  readonly cells: (ActorCell | undefined)[] = [undefined];
  readonly outbox = new Outbox();
  readonly #pool = new EnvelopePool();
  readonly #payloads: PayloadStore;
  /** False only where the cost of tracing is measured. */
  readonly #tracing: boolean;

  /** The latest id given to a message, a lifecycle change or a log line. */
  seq = 0;
  /** The actor whose handler runs now, and the message that it handles. */
  running: ActorCell | undefined = undefined;
  currentSeq = 0;
  currentStory = 0;
  currentSender = 0;
  currentGeneration = 0;
  currentAskId = 0;

  constructor(limits: KernelLimits, environment: SystemEnvironment, pump: Pump, tracing: boolean) {
    this.limits = limits;
    this.environment = environment;
    this.pump = pump;
    this.names = new Names(limits, (id) => this.cells[id]?.alive === true);
    const record = new EventRecord(limits.recordEntries);
    this.record = record;
    this.clock = new HandlerClock(environment, (first, count, handlingUs) => {
      record.setHandling(first, handlingUs);
      if (count * handlingUs > limits.slowHandlerMs * 1_000) this.#logSlowSlice(first, count, handlingUs);
    });
    this.logs = new BoundedLog(limits.logLines);
    this.lifecycle = new BoundedLog(limits.lifecycleEntries);
    this.deadLetters = new BoundedLog(limits.deadLetters);
    this.#payloads = new PayloadStore(limits.payloads);
    this.#tracing = tracing;
  }

  /** Opens a handler call. The answer to an asked message is bound to `generation` and `askId`. */
  begin(cell: ActorCell, seq: number, story: number, sender: number, generation: number, askId: number): void {
    this.running = cell;
    this.currentSeq = seq;
    this.currentStory = story;
    this.currentSender = sender;
    this.currentGeneration = generation;
    this.currentAskId = askId;
    this.outbox.begin(this.seq);
  }

  /** Closes it: what happens next belongs to no message. */
  end(): void {
    this.currentSeq = 0;
    this.currentStory = 0;
  }

  /** The story of the message that is handled now. */
  currentTrace(): Trace {
    return {
      correlationId: this.names.story(this.currentStory, this.seq),
      cause: this.currentSeq === 0 ? null : this.currentSeq,
    };
  }

  /** A message from `sender`, now; story 0 begins one of its own. */
  envelope(
    payload: Message,
    sender: number,
    target: number,
    story: number,
    cause: number,
    kind: Kind,
    generation: number,
    askId: number,
  ): QueuedEnvelope {
    const envelope = this.told(payload, sender, target);
    envelope.story = story === 0 ? -envelope.seq : story;
    envelope.cause = cause;
    envelope.kind = kind;
    envelope.generation = generation;
    envelope.askId = askId;
    return envelope;
  }

  /** A message that the running handler tells, in its own story. */
  told(payload: Message, sender: number, target: number): QueuedEnvelope {
    const envelope = this.#pool.take();
    const seq = ++this.seq;
    envelope.payload = payload;
    envelope.seq = seq;
    envelope.story = this.currentStory === 0 ? -seq : this.currentStory;
    envelope.cause = this.currentSeq;
    envelope.atMs = this.clock.nowMs;
    envelope.sentUs = this.clock.clockUs;
    envelope.sender = sender;
    envelope.target = target;
    envelope.type = this.names.typeId(payload.type, seq);
    envelope.kind = KIND.told;
    envelope.admission = ADMISSION.queue;
    envelope.generation = 0;
    envelope.askId = 0;
    return envelope;
  }

  /** Takes back an envelope that was never delivered. */
  forget(envelope: QueuedEnvelope): void {
    this.#pool.give(envelope);
  }

  /** Writes how a message ended that no handler saw. Its envelope is gone after it. */
  delivered(envelope: QueuedEnvelope, outcome: Outcome): void {
    this.deliveredAfter(envelope, outcome, this.queueWaitUs(envelope), 0);
  }

  /** Writes the delivery of a message whose handler was timed by itself. Its envelope is gone after it. */
  deliveredAfter(envelope: QueuedEnvelope, outcome: Outcome, queueWaitUs: number, handlingUs: number): void {
    if (this.#tracing) this.#write(envelope, outcome, queueWaitUs, handlingUs);
    this.#pool.give(envelope);
  }

  /** As above, of a handler that is known to be quick: its time is told by the clock's slice. */
  deliveredQuickly(envelope: QueuedEnvelope, timed: Timed, queueWaitUs: number): void {
    const position = this.#tracing ? this.#write(envelope, OUTCOME.handled, queueWaitUs, 0) : 0;
    this.clock.quick(timed, envelope.type, position);
    this.#pool.give(envelope);
  }

  /** How long a message has waited, in whole microseconds. */
  queueWaitUs(envelope: QueuedEnvelope): number {
    const waitedUs = this.clock.clockUs - envelope.sentUs;
    return waitedUs < 1 ? 0 : Math.round(waitedUs);
  }

  /** Keeps a message that reached nobody, longer than the record keeps its delivery. */
  keepDeadLetter({ seq, atMs, sender, target, story, payload }: QueuedEnvelope): void {
    const { names } = this;
    this.deadLetters.push({
      seq,
      atMs,
      from: names.path(sender, seq),
      to: names.path(target, seq),
      correlationId: names.story(story, seq),
      message: payload,
    });
  }

  payload(seq: number): Message | undefined {
    return this.#payloads.find(seq);
  }

  message(position: number): RecordedMessage {
    const { seq, atMs, cause, correlation, from, to, type, outcome, queueWaitUs, handlingUs } =
      this.record.at(position);
    return {
      seq,
      atMs,
      from: this.names.path(from, seq),
      to: this.names.path(to, seq),
      type: this.names.type(type, seq),
      correlationId: this.names.story(correlation, seq),
      cause: cause === 0 ? null : cause,
      queueWaitUs,
      handlingUs,
      outcome,
    };
  }

  log(path: string, level: LogLevel, text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const correlationId = this.currentStory === 0 ? '' : this.names.story(this.currentStory, this.seq);
    this.logs.push({ seq: ++this.seq, atMs: this.clock.nowMs, path, level, text, fields, correlationId });
  }

  /** Handlers that have always been quick were not: which one of them is not known, the next time it will be. */
  #logSlowSlice(first: number, count: number, handlingUs: number): void {
    const tookMs = Math.round((count * handlingUs) / 1_000);
    const handled: Record<string, string> = {};
    for (let position = Math.max(first, this.record.oldest); position < this.record.written; position++) {
      const { to, type } = this.message(position);
      handled[to] = type;
    }
    const [path = ''] = Object.keys(handled);
    this.log(path, 'warn', `one of ${count} handlers timed together took up to ${tookMs} ms`, { tookMs, handled });
  }

  #write(envelope: QueuedEnvelope, outcome: Outcome, queueWaitUs: number, handlingUs: number): number {
    this.#payloads.keep(envelope.seq, envelope.payload);
    if (this.pump.delivered !== undefined) this.#tellPump(envelope, outcome);
    return this.record.write(envelope, outcome, queueWaitUs, handlingUs);
  }

  #tellPump({ seq, atMs, sender, target, type, story, cause }: QueuedEnvelope, outcome: Outcome): void {
    this.pump.delivered?.({
      seq,
      atMs,
      from: this.names.path(sender, seq),
      to: this.names.path(target, seq),
      type: this.names.type(type, seq),
      correlationId: this.names.story(story, seq),
      cause,
      outcome: OUTCOME_NAMES[outcome] as DeliveryOutcome,
    });
  }
}
