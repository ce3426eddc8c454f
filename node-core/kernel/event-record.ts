import { OUTCOME, type QueuedEnvelope } from './queue.ts';
import type { DeliveryOutcome } from './record.ts';

/** 64 bytes an entry: four doubles, then six 32-bit words, then room. */
const ENTRY_BYTES = 64;
/** An entry begins at its index shifted by so many bits, in doubles and in words. */
const DOUBLES_SHIFT = 3;
const WORDS_SHIFT = 4;
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

const { crashed: CRASHED } = OUTCOME;

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

  write(envelope: QueuedEnvelope, queueWaitUs: number, handlingUs: number): void {
    const index = this.#written & this.#mask;
    const doubles = this.#doubles;
    const d = index << DOUBLES_SHIFT;
    doubles[d | SEQ] = envelope.seq;
    doubles[d | AT_MS] = envelope.atMs;
    doubles[d | CAUSE] = envelope.cause;
    doubles[d | CORRELATION] = envelope.story;
    const words = this.#words;
    const w = index << WORDS_SHIFT;
    words[w | FROM] = envelope.sender;
    words[w | TO] = envelope.target;
    words[w | TYPE] = envelope.type;
    words[w | HOW] = envelope.outcome;
    words[w | QUEUE_WAIT_US] = queueWaitUs;
    words[w | HANDLING_US] = envelope.outcome > CRASHED ? 0 : handlingUs;
    this.#written++;
  }

  /** The entry at a position from `oldest` to `written - 1`. */
  at(position: number): RecordEntry {
    const word = (field: number): number => this.#words[((position & this.#mask) << WORDS_SHIFT) | field] as number;
    return {
      seq: this.#double(position, SEQ),
      atMs: this.#double(position, AT_MS),
      cause: this.#double(position, CAUSE),
      correlation: this.#double(position, CORRELATION),
      from: word(FROM),
      to: word(TO),
      type: word(TYPE),
      outcome: OUTCOME_NAMES[word(HOW)] as DeliveryOutcome,
      queueWaitUs: word(QUEUE_WAIT_US),
      handlingUs: word(HANDLING_US),
    };
  }

  /** The positions of the entries of one story, oldest first. */
  positionsOf(correlation: number): number[] {
    const positions: number[] = [];
    for (let position = this.oldest; position < this.#written; position++) {
      if (this.#double(position, CORRELATION) === correlation) positions.push(position);
    }
    return positions;
  }

  #double(position: number, field: number): number {
    return this.#doubles[((position & this.#mask) << DOUBLES_SHIFT) | field] as number;
  }
}
