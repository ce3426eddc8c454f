import type { KernelClock } from './pump/pump.ts';
import type { SystemEnvironment } from './system.ts';

/** Reading a clock costs as much as a whole message: handlers known to be quick are timed so many together. */
const TOGETHER = 32;
/** A message type whose handler took no longer than so much, so many times in a row, is known to be quick. */
const QUICK_US = 5;
const PROVEN = 8;
/** The wall clock is read anew when the monotonic clock has moved on by so much. */
const WALL_EVERY_US = 1_000;

/** How often in a row a behaviour has handled each message type quickly, by the type's id. */
export class Quickness {
  #inARow = new Uint8Array(64);

  isQuick(type: number): boolean {
    return type < this.#inARow.length && (this.#inARow[type] as number) >= PROVEN;
  }

  prove(type: number, handlingUs: number): void {
    if (handlingUs > QUICK_US) {
      this.doubt(type);
      return;
    }
    if (type >= this.#inARow.length) {
      const grown = new Uint8Array(2 * type);
      grown.set(this.#inARow);
      this.#inARow = grown;
    }
    if (!this.isQuick(type)) this.#inARow[type] = (this.#inARow[type] as number) + 1;
  }

  doubt(type: number): void {
    if (type < this.#inARow.length) this.#inARow[type] = 0;
  }
}

/** Who learns how long its handlers took. */
export interface Timed {
  readonly kind: { readonly quickness: Quickness };
  countHandling(handlingUs: number, times: number): void;
}

/** Told of a slice whose handlers took at least half a microsecond each: where it began in the record, and their mean time. */
export type OnSlice = (first: number, count: number, handlingUs: number) => void;

/**
 * The kernel's clock, and the time that each handler took: exact for a handler that takes more than a few microseconds,
 * the mean of a slice of up to 32 for those that don't. When a slice was slow all its types are timed one by one again.
 */
export class HandlerClock implements KernelClock {
  /** The latest reading. */
  clockUs = 0.5;
  nowMs = 0.5;
  readonly #environment: SystemEnvironment;
  readonly #onSlice: OnSlice;
  #wallUs = -Infinity;
  #sliceUs = 0.5;
  #first = 0;
  #count = 0;
  /** Who handled which type, how often in a row: valid up to `#runs`. */
  readonly #timed: (Timed | undefined)[] = new Array<Timed | undefined>(TOGETHER).fill(undefined);
  readonly #types = new Int32Array(TOGETHER);
  readonly #times = new Int32Array(TOGETHER);
  #runs = 0;

  constructor(environment: SystemEnvironment, onSlice: OnSlice) {
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
  tick(): number {
    this.clockUs = this.#environment.monotonicUs();
    if (this.clockUs - this.#wallUs >= WALL_EVERY_US) {
      this.nowMs = this.#environment.nowMs();
      this.#wallUs = this.clockUs;
    }
    return this.clockUs;
  }

  /** A handler that is known to be quick has returned; `position` is its place in the record. */
  quick(timed: Timed, type: number, position: number): void {
    if (this.#count === 0) {
      this.#sliceUs = this.clockUs;
      this.#first = position;
    }
    const last = this.#runs - 1;
    if (last >= 0 && this.#timed[last] === timed && this.#types[last] === type) {
      this.#times[last] = (this.#times[last] as number) + 1;
    } else {
      this.#timed[this.#runs] = timed;
      this.#types[this.#runs] = type;
      this.#times[this.#runs] = 1;
      this.#runs++;
    }
    if (++this.#count === TOGETHER) this.closeSlice();
  }

  /** Ends the slice, so that what follows is timed by itself and idle time is nobody's. */
  closeSlice(): void {
    const count = this.#count;
    if (count === 0) return;
    const runs = this.#runs;
    this.#count = 0;
    this.#runs = 0;
    const each = (this.tick() - this.#sliceUs) / count;
    const handlingUs = each < 0.5 ? 0 : Math.round(each);
    for (let index = 0; index < runs; index++) {
      const timed = this.#timed[index] as Timed;
      timed.countHandling(handlingUs, this.#times[index] as number);
      if (each > QUICK_US) timed.kind.quickness.doubt(this.#types[index] as number);
    }
    if (handlingUs > 0) this.#onSlice(this.#first, count, handlingUs);
  }
}
