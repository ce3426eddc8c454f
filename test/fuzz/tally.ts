/** Inputs of one target that ended at one stage. */
export interface StageCount {
  readonly target: string;
  readonly stage: string;
  readonly inputs: number;
}

/** Counts where inputs end, and keeps what must not have happened. */
export class Tally {
  readonly #stages = new Map<string, Map<string, number>>();
  /** Sentences; empty when nothing is wrong. Bounded: the first ones tell most. */
  readonly problems: string[] = [];
  inputs = 0;
  /** Valid inputs that were changed and then signed, or hashed, again. */
  signedAgain = 0;

  count(target: string, stage: string, signedAgain: boolean): void {
    this.inputs++;
    if (signedAgain) this.signedAgain++;
    const stages = this.#stages.get(target) ?? new Map<string, number>();
    this.#stages.set(target, stages);
    stages.set(stage, (stages.get(stage) ?? 0) + 1);
  }

  problem(sentence: string): void {
    if (this.problems.length < 50) this.problems.push(sentence);
  }

  reached(target: string, stage: string): number {
    return this.#stages.get(target)?.get(stage) ?? 0;
  }

  get table(): readonly StageCount[] {
    return [...this.#stages].flatMap(([target, stages]) =>
      [...stages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([stage, inputs]) => ({ target, stage, inputs })),
    );
  }
}
