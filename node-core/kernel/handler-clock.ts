import type { KernelClock } from './pump/pump.ts';
import { EnvelopeQueue, type QueuedEnvelope } from './queue.ts';
import type { SystemEnvironment } from './system.ts';

/** Reading a clock costs as much as a whole message: handlers known to be quick are timed so many together. */
const TOGETHER = 32;
/** A message type whose handler took no longer than so much, so many times in a row, is known to be quick. */
export const QUICK_US = 5;
const PROVEN = 8;
/** The wall clock is read anew when the monotonic clock has moved on by so much. */
const WALL_EVERY_US = 1_000;

/** A wait or a handling time that is longer, about 36 minutes, is written as this: the longest that fits a word. */
const LONGEST_US = 0x7fff_ffff;
/** In whole microseconds, rounded down. */
export const wholeUs = (us: number): number => (us < LONGEST_US ? us | 0 : LONGEST_US);

/** How often in a row a behaviour has handled each message type quickly, by the type's id. */
export class Quickness {
  readonly #inARow: number[] = [];

  isQuick(type: number): boolean {
    return type < this.#inARow.length && (this.#inARow[type] as number) >= PROVEN;
  }

  /** One of `together` handlers that took so long on an average: a quick one by itself proves something. */
  learn(type: number, tookUs: number, together: number): void {
    if (tookUs > QUICK_US) this.#doubt(type);
    else if (together === 1) this.#prove(type);
  }

  #doubt(type: number): void {
    if (type < this.#inARow.length) this.#inARow[type] = 0;
  }

  #prove(type: number): void {
    while (this.#inARow.length <= type) this.#inARow.push(0);
    this.#inARow[type] = Math.min(PROVEN, (this.#inARow[type] as number) + 1);
  }
}

/** What ended since the clock was last read, and how long that took. */
export interface Slice {
  /** In the order of their ends. */
  readonly ended: EnvelopeQueue;
  /** How many of them a handler has seen. */
  readonly handlers: number;
  /** By the monotonic clock: when the first handler was called, which is also when all these messages ceased to wait. */
  readonly startedUs: number;
  readonly tookUs: number;
}

/**
 * The kernel's clock, and the time that handlers took: exact for a handler that takes more than a few microseconds,
 * the mean of a slice of up to 32 for those that don't. When a slice was slow all its types are timed one by one again.
 * Within a slice the clock stands still.
 */
export class HandlerClock implements KernelClock {
  /** The latest reading. */
  clockUs = 0.5;
  nowMs = 0.5;
  readonly #environment: SystemEnvironment;
  readonly #onSlice: (slice: Slice) => void;
  #wallUs = -Infinity;
  readonly #ended = new EnvelopeQueue();
  #handlers = 0;

  constructor(environment: SystemEnvironment, onSlice: (slice: Slice) => void) {
    this.#environment = environment;
    this.#onSlice = onSlice;
    this.readClock();
  }

  /** Reads both clocks. */
  readClock(): number {
    this.closeSlice();
    this.clockUs = this.#environment.monotonicUs();
    this.nowMs = this.#environment.nowMs();
    this.#wallUs = this.clockUs;
    return this.clockUs;
  }

  /** Reads the monotonic clock, and the wall clock when it is time. */
  tick(): void {
    if (this.#ended.count > 0) this.closeSlice();
    else this.#read();
  }

  /** A message has ended without a handler. */
  ended(envelope: QueuedEnvelope): void {
    this.#ended.push(envelope);
  }

  /** A handler has returned or thrown; `alone`: it is timed by itself. */
  handled(envelope: QueuedEnvelope, alone: boolean): void {
    this.#ended.push(envelope);
    if (++this.#handlers === TOGETHER || alone) this.closeSlice();
  }

  /** Ends the slice, so that what follows is timed by itself and idle time is nobody's. */
  closeSlice(): void {
    if (this.#ended.count === 0) return;
    const startedUs = this.clockUs;
    const handlers = this.#handlers;
    this.#handlers = 0;
    this.#read();
    this.#onSlice({ ended: this.#ended, handlers, startedUs, tookUs: this.clockUs - startedUs });
  }

  #read(): void {
    this.clockUs = this.#environment.monotonicUs();
    if (this.clockUs - this.#wallUs < WALL_EVERY_US) return;
    this.nowMs = this.#environment.nowMs();
    this.#wallUs = this.clockUs;
  }
}
