import type { SystemEnvironment } from '../system.ts';
import { Later } from './later.ts';
import { isPromise, settlePromise } from './promises.ts';
import {
  type CrashPoint,
  type Delivered,
  type KernelClock,
  type Pump,
  type Runnable,
  type Settle,
  Task,
} from './pump.ts';
import { seededRandom } from './seeded-random.ts';
import { TaskHeap } from './task-heap.ts';
import { TraceHash } from './trace-hash.ts';

type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** What a simulated port returns where the real one returns a promise: how the call ends, and when. */
export class SimulatedAnswer {
  readonly delayMs: number;
  /** Asked for when the call ends. */
  readonly outcome: () => Outcome;

  constructor(delayMs: number, outcome: () => Outcome) {
    this.delayMs = delayMs;
    this.outcome = outcome;
  }
}

export const answerAfter = (delayMs: number, value: unknown): SimulatedAnswer =>
  new SimulatedAnswer(delayMs, () => ({ value }));
/** Answers with what `look` finds when the time has come. */
export const lookAfter = (delayMs: number, look: () => unknown): SimulatedAnswer =>
  new SimulatedAnswer(delayMs, () => ({ value: look() }));
export const failAfter = (delayMs: number, error: unknown): SimulatedAnswer =>
  new SimulatedAnswer(delayMs, () => ({ error }));

export interface SimulationOptions {
  /** A whole number from 0, below 2^53. */
  readonly seed: number;
  /** Unix ms at which virtual time begins. */
  readonly startMs?: number;
  /** Extra delay of a port's promise once it has settled. Default: none. */
  readonly promiseDelayMs?: (random: () => number) => number;
  readonly crash?: (point: CrashPoint, random: () => number) => Error | undefined;
}

class RunActor extends Task {
  readonly #actor: Runnable;
  constructor(actor: Runnable) {
    super();
    this.#actor = actor;
  }
  fire(): void {
    this.#actor.run(1, Infinity);
  }
}

class SettleCall extends Task {
  readonly #to: Settle;
  readonly #outcome: () => Outcome;
  constructor(to: Settle, outcome: () => Outcome) {
    super();
    this.#to = to;
    this.#outcome = outcome;
  }
  fire(): void {
    const outcome = this.#outcome();
    if ('error' in outcome) this.#to.failed(outcome.error);
    else this.#to.ok(outcome.value);
  }
}

/**
 * Runs actors in virtual time. Whatever can happen next (an actor's next message, a timer, a port's answer, an event of
 * the simulated world) waits in one heap ordered by (time, seeded priority, sequence): same seed, same run (INV-27).
 */
export class SimulationPump implements Pump {
  readonly random: () => number;
  readonly environment: SystemEnvironment;
  readonly crash: ((point: CrashPoint) => Error | undefined) | undefined;
  readonly #heap = new TaskHeap();
  readonly #hash = new TraceHash();
  readonly #priority: () => number;
  readonly #promiseDelayMs: () => number;
  #nowMs: number;
  #events = 0;
  #awaited = 0;
  #clock: KernelClock | undefined;

  constructor(options: SimulationOptions) {
    // Two streams: what actors draw doesn't change the order in which they run.
    this.random = seededRandom(options.seed);
    this.#priority = seededRandom(options.seed ^ 0x5bd1_e995);
    this.#nowMs = options.startMs ?? 1_700_000_000_000;
    const { promiseDelayMs, crash } = options;
    this.#promiseDelayMs = promiseDelayMs === undefined ? () => 0 : () => promiseDelayMs(this.#priority);
    this.crash = crash === undefined ? undefined : (point) => crash(point, this.#priority);
    this.environment = { nowMs: () => this.#nowMs, monotonicUs: () => this.#nowMs * 1_000, random: this.random };
  }

  get nowMs(): number {
    return this.#nowMs;
  }
  /** Events run so far. */
  get events(): number {
    return this.#events;
  }
  /** Events that wait, cancelled timers included. */
  get waiting(): number {
    return this.#heap.size;
  }
  /** Real promises of ports that have not settled yet: let the event loop turn before the next step. */
  get awaited(): number {
    return this.#awaited;
  }
  /** The hash of every delivery so far, in order. */
  get traceHash(): string {
    return this.#hash.digest();
  }

  attach(clock: KernelClock): void {
    this.#clock = clock;
  }

  ready(actor: Runnable): void {
    this.#heap.push(new RunActor(actor), this.#nowMs, this.#priority());
  }

  schedule(delayMs: number, task: Task): void {
    this.#heap.push(task, this.#nowMs + Math.max(0, delayMs), this.#priority());
  }

  perform(invoke: () => unknown, to: Settle): void {
    let returned: unknown;
    try {
      returned = invoke();
    } catch (error) {
      returned = failAfter(0, error);
    }
    if (returned instanceof SimulatedAnswer) {
      this.schedule(returned.delayMs, new SettleCall(to, returned.outcome));
    } else if (isPromise(returned)) {
      this.#awaited++;
      const settled = (outcome: Outcome): void => {
        this.#awaited--;
        this.schedule(this.#promiseDelayMs(), new SettleCall(to, () => outcome));
      };
      settlePromise(returned, { ok: (value) => settled({ value }), failed: (error) => settled({ error }) });
    } else {
      this.schedule(0, new SettleCall(to, () => ({ value: returned })));
    }
  }

  delivered(delivery: Delivered): void {
    this.#hash.add(delivery);
  }

  /** An event of the simulated world, after `delayMs`. Returns the function that cancels it. */
  after(delayMs: number, run: () => void): () => void {
    const task = new Later(run);
    this.schedule(delayMs, task);
    return () => {
      task.cancelled = true;
    };
  }

  /** Runs the next event; false when none waits. */
  step(): boolean {
    const task = this.#heap.pop();
    if (task === undefined) return false;
    this.#nowMs = Math.max(this.#nowMs, task.atMs);
    this.#clock?.readClock();
    this.#events++;
    task.fire();
    return true;
  }

  /** Runs all events of the next `durationMs` and moves the time to their end. */
  runFor(durationMs: number): void {
    const endMs = this.#nowMs + durationMs;
    for (let next = this.#heap.peek(); next !== undefined && next.atMs <= endMs; next = this.#heap.peek()) this.step();
    this.#nowMs = endMs;
    this.#clock?.readClock();
  }

  /** Runs until `reached()`, at most `withinMs` of virtual time. Says whether it was reached. */
  runUntil(reached: () => boolean, withinMs: number): boolean {
    const endMs = this.#nowMs + withinMs;
    while (!reached()) {
      const next = this.#heap.peek();
      if (next === undefined || next.atMs > endMs) return false;
      this.step();
    }
    return true;
  }

  /** Runs until nothing waits, at most `maxEvents`. Says whether it came to rest. */
  runUntilIdle(maxEvents = 1_000_000): boolean {
    for (let events = 0; events < maxEvents; events++) if (!this.step()) return true;
    return this.#heap.peek() === undefined;
  }
}
