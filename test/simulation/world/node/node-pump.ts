import {
  type CrashPoint,
  type Delivered,
  type KernelClock,
  type Pump,
  type Runnable,
  type Settle,
  Task,
} from '../../../../node-core/kernel/pump/pump.ts';
import type { SimulationPump } from '../../../../node-core/kernel/pump/simulation.ts';

/** A task of one life of a node: once that life is over it does nothing. */
class TaskOfLife extends Task {
  readonly #task: Task;
  readonly #life: { readonly alive: boolean };
  constructor(task: Task, life: { readonly alive: boolean }) {
    super();
    this.#task = task;
    this.#life = life;
  }
  fire(): void {
    if (this.#life.alive && !this.#task.cancelled) this.#task.fire();
  }
}

/**
 * The shared pump as one life of one node sees it: a dead node's timers and answers come to nothing, and its actors run
 * no more, as after kill -9.
 */
export class NodePump implements Pump {
  readonly crash: ((point: CrashPoint) => Error | undefined) | undefined;
  readonly #pump: SimulationPump;
  readonly #clocks: Set<KernelClock>;
  readonly #life: { alive: boolean };
  #clock: KernelClock | undefined;

  constructor(
    pump: SimulationPump,
    clocks: Set<KernelClock>,
    life: { alive: boolean },
    crash?: (point: CrashPoint) => Error | undefined,
  ) {
    this.#pump = pump;
    this.#clocks = clocks;
    this.#life = life;
    this.crash = crash;
  }

  attach(clock: KernelClock): void {
    this.#clock = clock;
    this.#clocks.add(clock);
  }

  /** Power off. */
  kill(): void {
    this.#life.alive = false;
    if (this.#clock !== undefined) this.#clocks.delete(this.#clock);
  }

  ready(actor: Runnable): void {
    this.#pump.ready({
      run: (max, untilUs) => {
        if (!this.#life.alive) return;
        actor.run(max, untilUs);
        // Handlers at other times are not timed with this one.
        this.#clock?.closeSlice();
      },
    });
  }

  schedule(delayMs: number, task: Task): void {
    this.#pump.schedule(delayMs, new TaskOfLife(task, this.#life));
  }

  perform(invoke: () => unknown, to: Settle): void {
    if (!this.#life.alive) return;
    this.#pump.perform(invoke, {
      ok: (value) => {
        if (this.#life.alive) to.ok(value);
      },
      failed: (error) => {
        if (this.#life.alive) to.failed(error);
      },
    });
  }

  delivered(delivery: Delivered): void {
    this.#pump.delivered(delivery);
  }
}
