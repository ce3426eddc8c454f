import { settlePromise } from './promises.ts';
import type { KernelClock, Pump, Runnable, Settle, Task } from './pump.ts';
import { TaskHeap } from './task-heap.ts';

/** How long one batch holds the event loop before IO gets its turn. */
const BATCH_US = 1_000;
/** How many messages one actor handles before the next one's turn. */
const MESSAGES_PER_TURN = 64;
/** Tasks fired between two readings of the clock. */
const TASKS_PER_READING = 16;
/** setTimeout's own limit; a later task is armed again when it is reached. */
const MAX_TIMEOUT_MS = 0x7fff_ffff;

/** Runs actors on the event loop: in the order in which they got work, in batches of about 1 ms, with IO between batches. */
export class ProductionPump implements Pump {
  readonly #tasks = new TaskHeap();
  /** A ring of the actors that have work; its length is a power of two. */
  #ready: (Runnable | undefined)[] = new Array<Runnable | undefined>(64).fill(undefined);
  #head = 0;
  #count = 0;
  #turnPending = false;
  #timeout: ReturnType<typeof setTimeout> | undefined;
  #armedForMs = Infinity;
  #clock: KernelClock = { clockUs: 0, readClock: () => 0, closeSlice: () => undefined };

  attach(clock: KernelClock): void {
    this.#clock = clock;
  }

  ready(actor: Runnable): void {
    if (this.#count === this.#ready.length) this.#grow();
    this.#ready[(this.#head + this.#count) & (this.#ready.length - 1)] = actor;
    this.#count++;
    if (!this.#turnPending) {
      this.#turnPending = true;
      setImmediate(this.#turn);
    }
  }

  schedule(delayMs: number, task: Task): void {
    this.#tasks.push(task, performance.now() + delayMs, 0);
    this.#arm();
  }

  perform(invoke: () => unknown, to: Settle): void {
    settlePromise(new Promise((resolve) => resolve(invoke())), to);
  }

  readonly #turn = (): void => {
    const untilUs = this.#clock.readClock() + BATCH_US;
    try {
      do {
        this.#next()?.run(MESSAGES_PER_TURN, untilUs);
      } while (this.#count > 0 && this.#clock.clockUs < untilUs);
    } finally {
      // Also after an error of the kernel's own: it surfaces, and the other actors still get their turns.
      this.#clock.closeSlice();
      this.#turnPending = this.#count > 0;
      if (this.#turnPending) setImmediate(this.#turn);
    }
  };

  #next(): Runnable | undefined {
    const actor = this.#ready[this.#head];
    this.#ready[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ready.length - 1);
    this.#count--;
    return actor;
  }

  #grow(): void {
    const mask = this.#ready.length - 1;
    const grown = new Array<Runnable | undefined>(this.#ready.length * 2).fill(undefined);
    for (let index = 0; index < this.#count; index++) grown[index] = this.#ready[(this.#head + index) & mask];
    this.#ready = grown;
    this.#head = 0;
  }

  /** One timeout of the event loop stands for all tasks: the earliest one's. */
  #arm(): void {
    const next = this.#tasks.peek();
    if (next === undefined || next.atMs >= this.#armedForMs) return;
    clearTimeout(this.#timeout);
    this.#armedForMs = next.atMs;
    this.#timeout = setTimeout(
      this.#due,
      Math.min(MAX_TIMEOUT_MS, Math.max(0, Math.ceil(next.atMs - performance.now()))),
    );
  }

  /** Fires what is due, for the time of a batch; the rest after the event loop's next turn. */
  readonly #due = (): void => {
    const nowMs = performance.now();
    const untilMs = nowMs + BATCH_US / 1_000;
    let more = false;
    try {
      for (let fired = 1; !more; fired++) {
        const next = this.#tasks.peek();
        if (next === undefined || next.atMs > nowMs) break;
        this.#tasks.pop();
        next.fire();
        more = fired % TASKS_PER_READING === 0 && performance.now() >= untilMs;
      }
    } finally {
      // Also after an error of the kernel's own, as above.
      if (more) {
        setImmediate(this.#due);
      } else {
        this.#armedForMs = Infinity;
        this.#arm();
      }
    }
  };
}
