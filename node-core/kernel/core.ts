import type { LogLevel } from './behaviour.ts';
import { BoundedLog } from './bounded-log.ts';
import type { ActorCell } from './cell.ts';
import type { Message, Trace } from './envelope.ts';
import { EventRecord, OUTCOME_NAMES } from './event-record.ts';
import { HandlerClock, QUICK_US, type Slice, wholeUs } from './handler-clock.ts';
import type { KernelLimits } from './limits.ts';
import { Names } from './names.ts';
import { Outbox } from './outbox.ts';
import type { Pump } from './pump/pump.ts';
import { EnvelopePool, type EnvelopeQueue, type Kind, OUTCOME, type Outcome, QueuedEnvelope } from './queue.ts';
import type { DeadLetter, DeliveryOutcome, RecordedLifecycle, RecordedLog, RecordedMessage } from './record.ts';
import { ActorStatistics, type TypeStatistics } from './statistics.ts';
import type { SystemEnvironment } from './system.ts';
import { Totals } from './totals.ts';

/** The outcomes up to this one are those that a handler has seen. */
const { crashed: CRASHED } = OUTCOME;

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
  readonly outbox: Outbox;
  readonly totals = new Totals();
  /** The type that the kernel answers itself: no handler sees it. */
  readonly healthCheck: number;
  readonly #pool: EnvelopePool;
  /** False only where the cost of tracing is measured. */
  readonly #tracing: boolean;
  readonly #tellsPump: boolean;

  /** The latest id given to a message, a lifecycle change or a log line. */
  seq = 0;
  /** The id of the actor whose handler runs now, 0 for none, and the message that it handles. */
  running = 0;
  currentSeq = 0;
  currentStory = 0;
  /** What stands in for a message in calls that no message asks for. */
  readonly #own = new QueuedEnvelope();
  current = this.#own;

  constructor(limits: KernelLimits, environment: SystemEnvironment, pump: Pump, tracing: boolean) {
    this.limits = limits;
    this.environment = environment;
    this.pump = pump;
    this.names = new Names(limits, (id) => this.cells[id]?.alive === true || this.outbox.spawning.has(id));
    this.healthCheck = this.names.pinnedTypeId('HealthCheck', this.seq);
    this.outbox = new Outbox(limits.effectsPerHandler, pump.crash === undefined);
    this.record = new EventRecord(limits.recordEntries);
    this.#pool = new EnvelopePool(limits.payloads);
    this.clock = new HandlerClock(environment, (slice) => this.#sliceEnded(slice));
    this.logs = new BoundedLog(limits.logLines);
    this.lifecycle = new BoundedLog(limits.lifecycleEntries);
    this.deadLetters = new BoundedLog(limits.deadLetters);
    this.#tracing = tracing;
    this.#tellsPump = pump.delivered !== undefined;
  }

  /** Opens the call of a handler for a message. */
  begin(cell: ActorCell, envelope: QueuedEnvelope): void {
    const { seq, story } = envelope;
    this.running = cell.id;
    this.currentSeq = seq;
    this.currentStory = story <= 0 ? story : this.names.livingStory(story, seq, this.seq);
    this.current = envelope;
    this.outbox.begin(this.seq);
  }

  /** Opens a call that no message asks for: an actor's first, or its last. */
  beginOwn(cell: ActorCell, seq: number, story: number, sender: number): void {
    this.running = cell.id;
    this.currentSeq = seq;
    this.currentStory = story;
    this.#own.sender = sender;
    this.current = this.#own;
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
    const envelope = this.told(payload, this.names.typeId(payload.type, this.seq + 1), sender, target);
    envelope.story = story === 0 ? -envelope.seq : story;
    envelope.cause = cause;
    envelope.kind = kind;
    envelope.generation = generation;
    envelope.askId = askId;
    return envelope;
  }

  /** A message that the running handler tells, in its own story. */
  told(payload: Message, type: number, sender: number, target: number): QueuedEnvelope {
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
    envelope.type = type;
    return envelope;
  }

  /** Says how a message ended that no handler saw. Its envelope may not be touched after it. */
  delivered(envelope: QueuedEnvelope, outcome: Outcome): void {
    envelope.outcome = outcome;
    this.clock.ended(envelope);
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
    return this.#pool.payload(seq);
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

  /** Enters a slice's messages into their actors' statistics and the record. */
  #sliceEnded({ ended, handlers, startedUs, tookUs }: Slice): void {
    const averageUs = handlers === 0 ? 0 : tookUs / handlers;
    if (handlers > 0) {
      if (handlers === 1 || averageUs > QUICK_US) this.#learn(ended, averageUs, handlers);
      if (tookUs > this.limits.slowHandlerMs * 1_000) this.#logSlow(ended, handlers, tookUs);
    }
    if (this.#tellsPump) this.#tellPump(ended);
    const handlingUs = wholeUs(averageUs);
    let target = 0;
    let type = 0;
    let times = 0;
    let statistics: TypeStatistics | undefined;
    for (let envelope = ended.first; envelope !== undefined; envelope = envelope.next) {
      const queueWaitUs = wholeUs(startedUs - envelope.sentUs);
      if (envelope.outcome <= CRASHED) {
        if (envelope.target !== target || envelope.type !== type) {
          statistics?.handling.add(averageUs, times);
          ({ target, type } = envelope);
          statistics = this.#statisticsOf(envelope);
          times = 0;
        }
        times++;
        statistics?.queueWait.add(queueWaitUs);
      }
      if (this.#tracing) this.record.write(envelope, queueWaitUs, handlingUs);
      envelope.plain();
    }
    statistics?.handling.add(averageUs, times);
    this.#pool.keep(ended);
  }

  #statisticsOf({ target, type, seq }: QueuedEnvelope): TypeStatistics | undefined {
    const cell = this.cells[target];
    if (cell === undefined || type === this.healthCheck) return undefined;
    return (cell.statistics ??= new ActorStatistics()).of(this.names.type(type, seq));
  }

  #learn(ended: EnvelopeQueue, averageUs: number, handlers: number): void {
    for (let envelope = ended.first; envelope !== undefined; envelope = envelope.next) {
      if (envelope.outcome > CRASHED) continue;
      this.cells[envelope.target]?.kind.quickness.learn(envelope.type, averageUs, handlers);
    }
  }

  /** Of several handlers that are known to be quick and were not, the next time it will be known which one it was. */
  #logSlow(ended: EnvelopeQueue, handlers: number, tookUs: number): void {
    const tookMs = Math.round(tookUs / 1_000);
    const handled: Record<string, string> = {};
    for (let envelope = ended.first; envelope !== undefined; envelope = envelope.next) {
      const { outcome, target, type, seq } = envelope;
      if (outcome <= CRASHED) handled[this.names.path(target, seq)] = this.names.type(type, seq);
    }
    const [[path, type] = ['', '']] = Object.entries(handled);
    if (handlers === 1) {
      this.log(path, 'warn', `${type} took ${tookMs} ms to handle`, { handlingUs: wholeUs(tookUs) });
    } else {
      const text = `one of ${handlers} handlers timed together took up to ${tookMs} ms`;
      this.log(path, 'warn', text, { tookMs, handled });
    }
  }

  #tellPump(ended: EnvelopeQueue): void {
    for (let envelope = ended.first; envelope !== undefined; envelope = envelope.next) {
      const { seq, atMs, sender, target, type, story, cause, outcome, payload } = envelope;
      this.pump.delivered?.({
        seq,
        atMs,
        from: this.names.path(sender, seq),
        to: this.names.path(target, seq),
        type: this.names.type(type, seq),
        correlationId: this.names.story(story, seq),
        cause,
        outcome: OUTCOME_NAMES[outcome] as DeliveryOutcome,
        payload,
      });
    }
  }
}
