import { LogicError } from '../primitives/errors.ts';
import { BoundedLog } from './bounded-log.ts';
import type { LogLevel } from './behaviour.ts';
import type { ActorCell } from './cell.ts';
import type { Effect } from './effects.ts';
import type { CorrelationId, Message, Trace } from './envelope.ts';
import { EventRecord, OUTCOME_CODE } from './event-record.ts';
import { FORGOTTEN, InternTable } from './interning.ts';
import type { KernelLimits } from './limits.ts';
import type { KernelClock, Pump } from './pump/pump.ts';
import { EnvelopePool, type QueuedEnvelope } from './queue.ts';
import type { DeliveryOutcome, RecordedLifecycle, RecordedLog, RecordedMessage } from './record.ts';
import type { SystemEnvironment } from './system.ts';

/** In front of the correlation id that the kernel gives a message which begins a story: `#` and its seq in base 36. */
const OWN_STORY = '#';

/** What every part of the kernel shares: the clock, the names, the record, and the handler call that is going on. */
export class Core implements KernelClock {
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
  readonly #payloads: (Message | undefined)[];
  readonly #payloadSeqs: Float64Array;

  seq = 0;
  clockUs = 0;
  nowMs = 0;

  /** The actor whose handler runs now, and the message that it handles. */
  running: ActorCell | undefined = undefined;
  currentSeq = 0;
  currentCorrelation = 0;
  currentSender = 0;
  currentAskId = 0;
  currentGeneration = 0;
  /** What the running handler has asked for so far; it happens when the handler has returned. */
  readonly outbox: (QueuedEnvelope | Effect)[] = [];
  /** The ids of the actors that it asked to be spawned. */
  readonly spawning = new Set<number>();

  constructor(limits: KernelLimits, environment: SystemEnvironment, pump: Pump) {
    this.limits = limits;
    this.environment = environment;
    this.pump = pump;
    this.paths = new InternTable(limits.paths, (id) => this.cells[id]?.alive === true);
    this.types = new InternTable(limits.types);
    this.#correlations = new InternTable(limits.correlations);
    this.record = new EventRecord(limits.recordEntries);
    this.logs = new BoundedLog(limits.logLines);
    this.lifecycle = new BoundedLog(limits.lifecycleEntries);
    this.#payloads = new Array<Message | undefined>(limits.payloads).fill(undefined);
    this.#payloadSeqs = new Float64Array(limits.payloads);
    this.readClock();
  }

  readClock(): number {
    this.clockUs = this.environment.monotonicUs();
    this.nowMs = this.environment.nowMs();
    return this.clockUs;
  }

  /** @throws LogicError when every place of the table belongs to a living actor. */
  pathId(path: string): number {
    const id = this.paths.intern(path, this.seq);
    if (id === 0) throw new LogicError('TOO_MANY_ACTORS', `more than ${this.limits.paths} living actors`);
    return id;
  }

  typeId(type: string): number {
    return this.types.intern(type, this.seq);
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
    envelope.atMs = this.nowMs;
    envelope.sentUs = this.clockUs;
    envelope.sender = sender;
    envelope.target = target;
    envelope.type = this.typeId(payload.type);
    envelope.kind = 0;
    envelope.admission = 0;
    envelope.generation = 0;
    envelope.askId = 0;
    return envelope;
  }

  /** Writes how a delivery ended, and gives the envelope back. */
  delivered(envelope: QueuedEnvelope, outcome: DeliveryOutcome, queueWaitUs: number, handlingUs: number): void {
    const { seq, atMs, cause, correlation, sender, target, type } = envelope;
    this.record.write(
      seq,
      atMs,
      cause,
      correlation,
      sender,
      target,
      type,
      OUTCOME_CODE[outcome],
      queueWaitUs,
      handlingUs,
    );
    const place = seq % this.limits.payloads;
    this.#payloads[place] = envelope.payload;
    this.#payloadSeqs[place] = seq;
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
    this.pool.give(envelope);
  }

  /** A message that never waited: its end is written as it is sent. */
  ended(envelope: QueuedEnvelope, outcome: DeliveryOutcome): void {
    this.delivered(envelope, outcome, Math.max(0, Math.round(this.clockUs - envelope.sentUs)), 0);
  }

  clearOutbox(): void {
    this.outbox.length = 0;
    if (this.spawning.size > 0) this.spawning.clear();
  }

  payload(seq: number): Message | undefined {
    const place = seq % this.limits.payloads;
    return this.#payloadSeqs[place] === seq ? this.#payloads[place] : undefined;
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
    this.logs.push({ seq: ++this.seq, atMs: this.nowMs, path, level, text, fields, correlationId });
  }
}
