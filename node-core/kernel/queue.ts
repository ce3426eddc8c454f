import type { Message } from './envelope.ts';
import type { DeliveryOutcome } from './record.ts';

/** How a message came to be; from `reply` on it is valid for one generation only. `answer`: to what was told, not asked. */
export const KIND = { told: 0, asked: 1, reply: 2, timer: 3, outcome: 4, item: 5, notice: 6, answer: 7 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

/** What was decided about a message when it was sent. `late`: its actor is spawned by the same handler, so decide then. */
export const ADMISSION = {
  queue: 0,
  control: 1,
  dropOldest: 2,
  dropNewest: 3,
  refuse: 4,
  hold: 5,
  deadLetter: 6,
  outside: 7,
  late: 8,
} as const;
export type Admission = (typeof ADMISSION)[keyof typeof ADMISSION];

/** How a delivery ended, as a number. */
export const OUTCOME = {
  handled: 0,
  crashed: 1,
  dropped: 2,
  refused: 3,
  deadLetter: 4,
  staleGeneration: 5,
  sent: 6,
} as const satisfies Record<DeliveryOutcome, number>;
export type Outcome = (typeof OUTCOME)[DeliveryOutcome];

/** Constants of a module's own are part of its code; those that stand in an object are read anew for every message. */
const { told: TOLD } = KIND;
const { queue: QUEUED } = ADMISSION;
const { handled: HANDLED } = OUTCOME;

/** The generation of those who ask from outside: no actor has it. */
export const OUTSIDE = 0;

/** An actor with messages of its own at the doors of others. */
export interface Producer {
  /** One of them has found room or is gone. */
  leftDoor(envelope: QueuedEnvelope): void;
}

/** Not a whole number, so that the engine keeps a time as a double from the start and writing it allocates nothing. */
const DOUBLE = 0.5;
const NOTHING: Message = { type: '' };

/** A message on its way, linked into the queue in which it waits: the `MessageEnvelope` of communication-flows.md, section 7. */
export class QueuedEnvelope {
  // What every message needs comes first: the other fields are hardly ever touched.
  next: QueuedEnvelope | undefined = undefined;
  payload = NOTHING;
  seq = 0;
  /** The story's number; below 0 when it has no other name than the message that began it. */
  story = 0;
  /** 0 when nothing inside caused it. */
  cause = 0;
  atMs = DOUBLE;
  sentUs = DOUBLE;
  sender = 0;
  target = 0;
  type = 0;
  kind: Kind = TOLD;
  admission: Admission = QUEUED;
  outcome: Outcome = HANDLED;
  /** The sender's, or of what is valid for one generation that one. */
  generation = 0;
  askId = 0;
  /** Whose message it is, while it waits at a door. */
  producer: Producer | undefined = undefined;
  /** Its producer handles nothing but control messages until it has found room. */
  holds = false;

  /** Makes it a told message's again. */
  plain(): void {
    if (this.kind === TOLD && this.admission === QUEUED && this.outcome === HANDLED) return;
    this.kind = TOLD;
    this.admission = QUEUED;
    this.outcome = HANDLED;
    this.generation = 0;
    this.askId = 0;
  }
}

/** First in, first out; no memory of its own. */
export class EnvelopeQueue {
  #head: QueuedEnvelope | undefined = undefined;
  #tail: QueuedEnvelope | undefined = undefined;
  count = 0;

  /** The first, from which `next` leads to the others. */
  get first(): QueuedEnvelope | undefined {
    return this.#head;
  }

  push(envelope: QueuedEnvelope): void {
    if (this.#tail === undefined) this.#head = envelope;
    else this.#tail.next = envelope;
    this.#tail = envelope;
    this.count++;
  }

  shift(): QueuedEnvelope | undefined {
    const envelope = this.#head;
    if (envelope === undefined) return undefined;
    const { next } = envelope;
    this.#head = next;
    if (next === undefined) this.#tail = undefined;
    else envelope.next = undefined;
    this.count--;
    return envelope;
  }

  /** Puts all behind what `other` holds. */
  moveTo(other: EnvelopeQueue): void {
    if (this.#head === undefined) return;
    if (other.#tail === undefined) other.#head = this.#head;
    else other.#tail.next = this.#head;
    other.#tail = this.#tail;
    other.count += this.count;
    this.#head = undefined;
    this.#tail = undefined;
    this.count = 0;
  }

  /** Takes out the first that `matches`. */
  removeFirst(matches: (envelope: QueuedEnvelope) => boolean): QueuedEnvelope | undefined {
    let previous: QueuedEnvelope | undefined;
    for (let envelope = this.#head; envelope !== undefined; previous = envelope, envelope = envelope.next) {
      if (!matches(envelope)) continue;
      if (previous === undefined) return this.shift();
      previous.next = envelope.next;
      if (this.#tail === envelope) this.#tail = previous;
      envelope.next = undefined;
      this.count--;
      return envelope;
    }
    return undefined;
  }

  /** Takes out all that were sent after message `seq`, which are the last ones. Returns how many. */
  removeAfter(seq: number): number {
    if (this.#tail === undefined || this.#tail.seq <= seq) return 0;
    let kept: QueuedEnvelope | undefined;
    let count = 0;
    for (let envelope = this.#head; envelope !== undefined && envelope.seq <= seq; envelope = envelope.next) {
      kept = envelope;
      count++;
    }
    const removed = this.count - count;
    if (kept === undefined) this.#head = undefined;
    else kept.next = undefined;
    this.#tail = kept;
    this.count = count;
    return removed;
  }
}

/** Envelopes kept for reuse besides; the rest is left to the garbage collector. */
const SPARE = 65_536;

/**
 * The envelopes of the newest deliveries with their payloads, for whoever looks; the oldest of them is used again, so
 * that sending allocates nothing but the message.
 */
export class EnvelopePool {
  readonly #kept = new EnvelopeQueue();
  readonly #least: number;
  readonly #most: number;
  #spare: QueuedEnvelope | undefined = undefined;
  #spares = 0;

  /** @param payloads how many are kept at most, and a quarter of it at least. */
  constructor(payloads: number) {
    this.#least = payloads >> 2;
    this.#most = payloads;
    // Made at once, so that they lie side by side.
    for (let made = 0; 2 * made < payloads; made++) this.#kept.push(new QueuedEnvelope());
  }

  /** A told message's, but for what every message has. */
  take(): QueuedEnvelope {
    return this.#kept.count > this.#least ? (this.#kept.shift() as QueuedEnvelope) : this.#takeSpare();
  }

  /** Takes all that `ended` holds. */
  keep(ended: EnvelopeQueue): void {
    ended.moveTo(this.#kept);
    while (this.#kept.count > this.#most) this.#giveSpare(this.#kept.shift() as QueuedEnvelope);
  }

  /** The payload of message `seq`, while it is kept. */
  payload(seq: number): Message | undefined {
    for (let envelope = this.#kept.first; envelope !== undefined; envelope = envelope.next)
      if (envelope.seq === seq) return envelope.payload;
    return undefined;
  }

  #takeSpare(): QueuedEnvelope {
    const envelope = this.#spare;
    if (envelope === undefined) return new QueuedEnvelope();
    this.#spare = envelope.next;
    envelope.next = undefined;
    this.#spares--;
    return envelope;
  }

  #giveSpare(envelope: QueuedEnvelope): void {
    if (this.#spares === SPARE) return;
    envelope.payload = NOTHING;
    envelope.next = this.#spare;
    this.#spare = envelope;
    this.#spares++;
  }
}
