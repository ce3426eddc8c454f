import type { DeliveryOutcome } from './record.ts';
import type { QueuedEnvelope } from './queue.ts';

/** 64 bytes an entry: four doubles, then six 32-bit words, then room. */
const ENTRY_BYTES = 64;
const DOUBLES = ENTRY_BYTES / 8;
const WORDS = ENTRY_BYTES / 4;
const SEQ = 0;
const AT_MS = 1;
const CAUSE = 2;
const CORRELATION = 3;
const FROM = 8;
const TO = 9;
const TYPE = 10;
const HOW = 11;
const QUEUE_WAIT_US = 12;
const HANDLING_US = 13;

/** The outcomes by the number that stands for them in an entry. */
export const OUTCOME = {
  handled: 0,
  crashed: 1,
  dropped: 2,
  refused: 3,
  deadLetter: 4,
  staleGeneration: 5,
  sent: 6,
} as const;
export type Outcome = (typeof OUTCOME)[DeliveryOutcome];
/** Their names by these numbers. */
export const OUTCOME_NAMES = Object.keys(OUTCOME) as readonly DeliveryOutcome[];

/** An entry as it stands in the ring, ids not yet turned into names; `cause` 0 is none. */
export interface RecordEntry {
  readonly seq: number;
  readonly atMs: number;
  readonly cause: number;
  readonly correlation: number;
  readonly from: number;
  readonly to: number;
  readonly type: number;
  readonly outcome: DeliveryOutcome;
  readonly queueWaitUs: number;
  readonly handlingUs: number;
}

/** The newest deliveries as fixed-size binary entries in a ring. Writing allocates nothing. */
export class EventRecord {
  /** A power of two. */
  readonly capacity: number;
  readonly #mask: number;
  readonly #doubles: Float64Array;
  readonly #words: Int32Array;
  #written = 0;

  /** @param atLeast entries; rounded up to a power of two. */
  constructor(atLeast: number) {
    this.capacity = 2 ** Math.ceil(Math.log2(atLeast));
    this.#mask = this.capacity - 1;
    const bytes = new ArrayBuffer(this.capacity * ENTRY_BYTES);
    this.#doubles = new Float64Array(bytes);
    this.#words = new Int32Array(bytes);
  }

  /** The position after the newest entry; positions count from 0. */
  get written(): number {
    return this.#written;
  }

  get oldest(): number {
    return Math.max(0, this.#written - this.capacity);
  }

  /** Returns the entry's position. */
  write(envelope: QueuedEnvelope, outcome: Outcome, queueWaitUs: number, handlingUs: number): number {
    const index = this.#written & this.#mask;
    const d = index * DOUBLES;
    const w = index * WORDS;
    const doubles = this.#doubles;
    const words = this.#words;
    doubles[d + SEQ] = envelope.seq;
    doubles[d + AT_MS] = envelope.atMs;
    doubles[d + CAUSE] = envelope.cause;
    doubles[d + CORRELATION] = envelope.story;
    words[w + FROM] = envelope.sender;
    words[w + TO] = envelope.target;
    words[w + TYPE] = envelope.type;
    words[w + HOW] = outcome;
    words[w + QUEUE_WAIT_US] = queueWaitUs;
    words[w + HANDLING_US] = handlingUs;
    return this.#written++;
  }

  /** Writes the handling time into the handled entries from position `first` on: it wasn't known when they were written. */
  setHandling(first: number, handlingUs: number): void {
    for (let position = Math.max(first, this.oldest); position < this.#written; position++) {
      const w = (position & this.#mask) * WORDS;
      if (this.#words[w + HOW] === OUTCOME.handled) this.#words[w + HANDLING_US] = handlingUs;
    }
  }

  /** The entry at a position from `oldest` to `written - 1`. */
  at(position: number): RecordEntry {
    const index = position & this.#mask;
    const d = index * DOUBLES;
    const w = index * WORDS;
    const double = (field: number): number => this.#doubles[d + field] as number;
    const word = (field: number): number => this.#words[w + field] as number;
    return {
      seq: double(SEQ),
      atMs: double(AT_MS),
      cause: double(CAUSE),
      correlation: double(CORRELATION),
      from: word(FROM),
      to: word(TO),
      type: word(TYPE),
      outcome: OUTCOME_NAMES[word(HOW)] as DeliveryOutcome,
      queueWaitUs: word(QUEUE_WAIT_US) >>> 0,
      handlingUs: word(HANDLING_US) >>> 0,
    };
  }

  /** The positions of the entries of one story, oldest first. */
  positionsOf(correlation: number): number[] {
    const positions: number[] = [];
    for (let position = this.oldest; position < this.#written; position++) {
      if (this.#doubles[(position & this.#mask) * DOUBLES + CORRELATION] === correlation) positions.push(position);
    }
    return positions;
  }
}
