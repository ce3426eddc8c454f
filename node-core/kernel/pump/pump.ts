import type { Message } from '../envelope.ts';

/** What the kernel asks to be run at a time. The pump keeps `atMs`, `priority` and `order`; a cancelled task never fires. */
export abstract class Task {
  cancelled = false;
  atMs = 0;
  priority = 0;
  order = 0;
  abstract fire(): void;
}

/** Something with work to do: an actor, as the pump sees it. */
export interface Runnable {
  /**
   * Handles at most `maxMessages`, and none after the kernel's clock has reached `untilUs`. It asks to be run again by
   * itself when there is more.
   */
  run(maxMessages: number, untilUs: number): void;
}

/** A point at which a simulation may crash an actor: before or after its effect number `index` of one handler call. */
export interface CrashPoint {
  readonly path: string;
  readonly messageType: string;
  readonly effect: string;
  readonly index: number;
  readonly when: 'before' | 'after';
}

/** One delivery, as a simulation's trace hash takes it in. */
export interface Delivered {
  readonly seq: number;
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly correlationId: string;
  readonly cause: number;
  readonly outcome: string;
  readonly payload: Message;
}

/** How an answer of a port reaches the kernel. */
export interface Settle {
  ok(value: unknown): void;
  failed(error: unknown): void;
}

/** The kernel's latest reading of the monotonic clock, and a new one. */
export interface KernelClock {
  readonly clockUs: number;
  readClock(): number;
  /** Ends what is timed together: the event loop has its turn now. */
  closeSlice(): void;
}

/** What runs the actors: the event loop in production, virtual time in simulation. */
export interface Pump {
  attach(clock: KernelClock): void;
  ready(actor: Runnable): void;
  /** Fires `task` once after `delayMs`, unless it is cancelled first. */
  schedule(delayMs: number, task: Task): void;
  /** Calls a port's method and says once how it ended, never before this returns. */
  perform(invoke: () => unknown, to: Settle): void;
  /** Asked around every effect, in simulations that inject crashes. */
  readonly crash?: ((point: CrashPoint) => Error | undefined) | undefined;
  /** Told of every delivery, in simulations that hash their trace. */
  readonly delivered?: ((delivery: Delivered) => void) | undefined;
}
