import { LogicError } from '../primitives/errors.ts';
import { BoundedLog } from './bounded-log.ts';
import type { LogLevel } from './behaviour.ts';
import type { ActorCell } from './cell.ts';

import type { CorrelationId, Message, Trace } from './envelope.ts';
import { EventRecord, OUTCOME_CODE } from './event-record.ts';
import { HandlerClock, Quickness, type Timed } from './handler-clock.ts';
import { FORGOTTEN, InternTable } from './interning.ts';
import type { KernelLimits } from './limits.ts';
import { Outbox } from './outbox.ts';
import { PayloadStore } from './payload-store.ts';
import type { Pump } from './pump/pump.ts';
import { EnvelopePool, type QueuedEnvelope } from './queue.ts';
import type { DeliveryOutcome, RecordedLifecycle, RecordedLog, RecordedMessage } from './record.ts';
import type { SystemEnvironment } from './system.ts';

/** In front of the correlation id that the kernel gives a message which begins a story: `#` and its seq in base 36. */
const OWN_STORY = '#';

/** What every part of the kernel shares: the clock, the names, the record, and the handler call that is going on. */
export class Core {
  readonly limits: KernelLimits;
  readonly environment: SystemEnvironment;
  readonly pump: Pump;
  readonly paths: InternTable;
  readonly types: InternTable;
  readonly record: EventRecord;
  readonly logs: BoundedLog<RecordedLog>;
  readonly lifecycle: BoundedLog<RecordedLifecycle>;
  readonly pool = new EnvelopePool();
  /** Actors by the id of their path. */
  readonly cells: (ActorCell | undefined)[] = [];
  readonly #correlations: InternTable;
  readonly #payloads: PayloadStore;
  readonly #quickness = new WeakMap<object, Quickness>();
  /** False only where the cost of tracing is measured. */
  readonly #tracing: boolean;

  readonly clock: HandlerClock;
  #lastType = '';
  #lastTypeId = 0;
  seq = 0;

  /** The actor whose handler runs now, and the message that it handles. */
  running: ActorCell | undefined = undefined;
  currentSeq = 0;
  currentCorrelation = 0;
  currentSender = 0;
  currentAskId = 0;
  currentGeneration = 0;
  /** What the running handler has asked for so far; it happens when the handler has returned. */
  readonly outbox = new Outbox();

  constructor(limits: KernelLimits, environment: SystemEnvironment, pump: Pump, tracing: boolean) {
    this.limits = limits;
    this.environment = environment;
    this.pump = pump;
    this.paths = new InternTable(limits.paths, (id) => this.cells[id]?.alive === true);
    this.types = new InternTable(limits.types);
    this.#correlations = new InternTable(limits.correlations);
    this.record = new EventRecord(limits.recordEntries);
    this.logs = new BoundedLog(limits.logLines);
    this.lifecycle = new BoundedLog(limits.lifecycleEntries);
    this.#payloads = new PayloadStore(limits.payloads);
    this.#tracing = tracing;
    const { record } = this;
    this.clock = new HandlerClock(environment, (entries, count, handlingUs) => {
      record.setHandling(entries, count, handlingUs);
    });
  }

  /** @throws LogicError when every place of the table belongs to a living actor. */
  pathId(path: string): number {
    const id = this.paths.intern(path, this.seq);
    if (id === 0) throw new LogicError('TOO_MANY_ACTORS', `more than ${this.limits.paths} living actors`);
    return id;
  }

  typeId(type: string): number {
    if (type === this.#lastType) return this.#lastTypeId;
    this.#lastType = type;
    this.#lastTypeId = this.types.intern(type, this.seq);
    return this.#lastTypeId;
  }

  /** What is known of how quickly a behaviour handles its messages; all its actors share it. */
  quicknessOf(behaviour: object): Quickness {
    const known = this.#quickness.get(behaviour) ?? new Quickness();
    this.#quickness.set(behaviour, known);
    return known;
  }

  /** The number of a story: of a name that an actor chose above 0, of one that message `seq` began `-seq`. */
  correlationNumber(correlationId: CorrelationId): number {
    if (correlationId.startsWith(OWN_STORY)) {
      const seq = Number.parseInt(correlationId.slice(OWN_STORY.length), 36);
      if (seq > 0 && seq <= this.seq) return -seq;
    }
    return this.#correlations.intern(correlationId, this.seq);
  }

  /** As `correlationNumber`, but undefined for a story that nobody told of. */
  findCorrelation(correlationId: CorrelationId): number | undefined {
    return correlationId.startsWith(OWN_STORY)
      ? this.correlationNumber(correlationId)
      : this.#correlations.find(correlationId);
  }

  correlationName(correlation: number, seq: number): CorrelationId {
    return correlation < 0 ? OWN_STORY + (-correlation).toString(36) : this.#correlations.nameAt(correlation, seq);
  }

  /** A story that was told of at message `seq`: itself, unless its name had to make room since. */
  story(correlation: number, seq: number): number {
    return correlation <= 0 || this.#correlations.holds(correlation, seq)
      ? correlation
      : this.#correlations.intern(FORGOTTEN, this.seq);
  }

  /** The story of the message that is handled now. */
  currentTrace(): Trace {
    return {
      correlationId: this.correlationName(this.currentCorrelation, this.seq),
      cause: this.currentSeq === 0 ? null : this.currentSeq,
    };
  }

  /** A new envelope around `payload`, sent now. */
  envelope(payload: Message, sender: number, target: number, correlation: number, cause: number): QueuedEnvelope {
    const envelope = this.pool.take();
    envelope.payload = payload;
    envelope.seq = ++this.seq;
    envelope.cause = cause;
    envelope.correlation = correlation === 0 ? -envelope.seq : correlation;
    envelope.atMs = this.clock.nowMs;
    envelope.sentUs = this.clock.clockUs;
    envelope.sender = sender;
    envelope.target = target;
    envelope.type = this.typeId(payload.type);
    envelope.kind = 0;
    envelope.admission = 0;
    envelope.generation = 0;
    envelope.askId = 0;
    return envelope;
  }

  /** Writes how a message ended that no handler saw, and gives the envelope back. */
  delivered(envelope: QueuedEnvelope, outcome: DeliveryOutcome): void {
    this.deliveredAfter(envelope, outcome, this.queueWaitUs(envelope), 0);
  }

  /** Writes the delivery of a message whose handler was timed by itself. */
  deliveredAfter(envelope: QueuedEnvelope, outcome: DeliveryOutcome, queueWaitUs: number, handlingUs: number): void {
    if (this.#tracing) this.#write(envelope, outcome, queueWaitUs, handlingUs);
    this.pool.give(envelope);
  }

  /** Writes the delivery of a message whose handler is known to be quick; its time is told by the clock's slice. */
  deliveredQuickly(envelope: QueuedEnvelope, timed: Timed, queueWaitUs: number): void {
    const entry = this.#tracing ? this.#write(envelope, 'handled', queueWaitUs, 0) : 0;
    this.clock.quick(timed, envelope.type, entry);
    this.pool.give(envelope);
  }

  queueWaitUs(envelope: QueuedEnvelope): number {
    const waited = Math.round(this.clock.clockUs - envelope.sentUs);
    return waited > 0 ? waited : 0;
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
      from: this.paths.nameAt(from, seq),
      to: this.paths.nameAt(to, seq),
      type: this.types.nameAt(type, seq),
      correlationId: this.correlationName(correlation, seq),
      cause: cause === 0 ? null : cause,
      queueWaitUs,
      handlingUs,
      outcome,
    };
  }

  log(path: string, level: LogLevel, text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const correlationId = this.currentCorrelation === 0 ? '' : this.correlationName(this.currentCorrelation, this.seq);
    this.logs.push({ seq: ++this.seq, atMs: this.clock.nowMs, path, level, text, fields, correlationId });
  }

  #write(envelope: QueuedEnvelope, outcome: DeliveryOutcome, queueWaitUs: number, handlingUs: number): number {
    this.#payloads.keep(envelope.seq, envelope.payload);
    if (this.pump.delivered !== undefined) this.#tellPump(envelope, outcome);
    return this.record.write(envelope, OUTCOME_CODE[outcome], queueWaitUs, handlingUs);
  }

  #tellPump({ seq, atMs, sender, target, type, correlation, cause }: QueuedEnvelope, outcome: DeliveryOutcome): void {
    this.pump.delivered?.({
      seq,
      atMs,
      from: this.paths.nameAt(sender, seq),
      to: this.paths.nameAt(target, seq),
      type: this.types.nameAt(type, seq),
      correlationId: this.correlationName(correlation, seq),
      cause,
      outcome,
    });
  }
}
