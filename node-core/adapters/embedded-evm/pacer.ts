import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { ServiceError } from '../../primitives/errors.ts';

/** How long code runs before the event loop gets a turn. */
const TURN_MS = 8;

/** Code was broken off because its time was over. What it changed has to be taken back. */
export class OutOfTime extends ServiceError {
  constructor() {
    super('EXECUTION_TIMEOUT', 'the execution was broken off: its time is over');
  }
}

/**
 * Makes code that runs for long give the event loop its turns, and breaks it off at a deadline. The EVM runs on promises
 * alone, between which nothing else gets a turn; a gas limit of 30 million is many seconds of it.
 */
export class Pacer {
  readonly #clock: () => number;
  #deadlineMs = Infinity;
  /** The next time that something is to be done. */
  #nextMs = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** What runs from now on is broken off at `deadlineMs`. */
  start(deadlineMs: number): void {
    this.#deadlineMs = deadlineMs;
    this.#nextMs = Math.min(deadlineMs, this.#clock() + TURN_MS);
  }

  /** To be called every few milliseconds at least; costs a look at the clock. @throws OutOfTime */
  readonly pace = (): Promise<void> | undefined => {
    const nowMs = this.#clock();
    if (nowMs < this.#nextMs) return undefined;
    if (nowMs >= this.#deadlineMs) throw new OutOfTime();
    return this.#takeTurn();
  };

  async #takeTurn(): Promise<void> {
    await eventLoopTurn();
    this.#nextMs = Math.min(this.#deadlineMs, this.#clock() + TURN_MS);
  }
}
