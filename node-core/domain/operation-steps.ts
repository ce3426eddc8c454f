/** One step of a peg operation's life, as the operator reads it. Times in Unix ms. */
export interface OperationStep {
  readonly atMs: number;
  readonly event: string;
  readonly state: string;
  readonly detail: string | null;
}

/** An operation's first steps tell how it began and its last where it stands; of more than this the middle is left out. */
const MAX_STEPS = 64;
const FIRST_STEPS_KEPT = 8;

export function addStep(steps: readonly OperationStep[], step: OperationStep): readonly OperationStep[] {
  const all = [...steps, step];
  return all.length <= MAX_STEPS ? all : [...all.slice(0, FIRST_STEPS_KEPT), ...all.slice(FIRST_STEPS_KEPT + 1)];
}
