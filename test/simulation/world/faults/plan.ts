import type { Fault } from '../options.ts';
import type { World } from '../world.ts';

const WINDOW_MS = 40_000;

/** The faults of one run: which are on, what was injected, and how all of it ends when the world heals. */
export class FaultPlan {
  readonly world: World;
  readonly durationMs: number;
  /** How often each fault was injected. */
  readonly counts = new Map<string, number>();
  /** States that a run may reach, counted. */
  readonly sometimes = new Map<string, number>();
  readonly #heals: (() => void)[] = [];
  healed = false;

  constructor(world: World, durationMs: number) {
    this.world = world;
    this.durationMs = durationMs;
  }

  has(fault: Fault): boolean {
    return this.world.options.faults.includes(fault);
  }

  injected(fault: Fault, times = 1): void {
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + times);
  }

  count(state: string, times = 1): void {
    if (times > 0) this.sometimes.set(state, (this.sometimes.get(state) ?? 0) + times);
  }

  onHeal(heal: () => void): void {
    this.#heals.push(heal);
  }

  /** A fault that lasts: begins `times` times and ends after a while, or when the world heals. */
  windows(times: number, turn: (begins: boolean) => void, fault?: Fault): void {
    this.world.sometime(times, this.durationMs, () => {
      if (this.healed) return;
      turn(true);
      if (fault !== undefined) this.injected(fault);
      this.world.pump.after(2000 + this.world.below(WINDOW_MS), () => {
        if (!this.healed) turn(false);
      });
    });
    this.onHeal(() => turn(false));
  }

  /** Everything works again from now on. */
  heal(): void {
    this.healed = true;
    for (const heal of this.#heals) heal();
  }
}
