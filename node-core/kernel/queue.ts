import type { Message } from './envelope.ts';

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

/** A message on its way, linked into the queue in which it waits. Pooled, so that sending allocates nothing but the message. */
export class QueuedEnvelope {
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
  kind: Kind = KIND.told;
  admission: Admission = ADMISSION.queue;
  /** The sender's, or of what is valid for one generation that one. */
  generation = 0;
  askId = 0;
  next: QueuedEnvelope | undefined = undefined;
  /** Whose message it is, while it waits at a door. */
  producer: Producer | undefined = undefined;
  /** Its producer handles nothing but control messages until it has found room. */
  holds = false;
}

/** First in, first out; no memory of its own. */
export class EnvelopeQueue {
  #head: QueuedEnvelope | undefined = undefined;
  #tail: QueuedEnvelope | undefined = undefined;
  count = 0;

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
    let kept: QueuedEnvelope | undefined;
    let count = 0;
    for (let envelope = this.#head; envelope !== undefined && envelope.seq <= seq; envelope = envelope.next) {
      kept = envelope;
      count++;
    }
    const removed = this.count - count;
    if (removed === 0) return 0;
    if (kept === undefined) this.#head = undefined;
    else kept.next = undefined;
    this.#tail = kept;
    this.count = count;
    return removed;
  }
}

/** Envelopes kept for reuse at most; the rest is left to the garbage collector. */
const POOLED = 65_536;

export class EnvelopePool {
  #free: QueuedEnvelope | undefined = undefined;
  #count = 0;

  take(): QueuedEnvelope {
    const envelope = this.#free;
    if (envelope === undefined) return new QueuedEnvelope();
    this.#free = envelope.next;
    envelope.next = undefined;
    this.#count--;
    return envelope;
  }

  give(envelope: QueuedEnvelope): void {
    envelope.payload = NOTHING;
    if (this.#count >= POOLED) return;
    envelope.next = this.#free;
    this.#free = envelope;
    this.#count++;
  }
}
