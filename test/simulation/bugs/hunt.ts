import { Worker } from 'node:worker_threads';
import type { PlantedBug } from './bug.ts';
import { plantedBugs } from './planted-bugs.ts';

export interface HuntedBug {
  readonly id: string;
  readonly title: string;
  readonly caught: boolean;
  /** The first that did not hold; null when none was broken. */
  readonly invariant: string | null;
  /** Seeds played, the one that caught it included. */
  readonly seeds: number;
  readonly wallMs: number;
  /** Events of the run that caught it. */
  readonly traceEvents: number;
}

/** What `--bugs` prints with `--json`. Source: commands.md. */
export interface Hunt {
  readonly bugs: readonly HuntedBug[];
  readonly caught: number;
  readonly of: number;
}

/** What a worker says when it has played its seeds. */
export type Finding = Pick<HuntedBug, 'invariant' | 'seeds' | 'traceEvents'>;

const MINUTE_MS = 60_000;

/** Plays seeds against each planted bug until an invariant is broken: so many seeds, or as many as the minutes allow. */
export async function huntBugs(
  { from, seeds, minutes }: { readonly from: number; readonly seeds: number; readonly minutes: number | null },
  say: (line: string) => void,
): Promise<Hunt> {
  const bugs: HuntedBug[] = [];
  const shareMs = minutes === null ? Infinity : (minutes * MINUTE_MS) / plantedBugs.length;
  for (const bug of plantedBugs) {
    const startMs = performance.now();
    const finding = await huntBug(bug, { from, seeds, shareMs });
    const { id, title } = bug;
    const caught = finding.invariant !== null;
    bugs.push({ id, title, caught, ...finding, wallMs: performance.now() - startMs });
    say(`${caught ? 'caught' : 'NOT CAUGHT'} ${id} by ${finding.invariant ?? 'nothing'} in ${finding.seeds} seeds`);
  }
  return { bugs, caught: bugs.filter(({ caught }) => caught).length, of: bugs.length };
}

/** A process' modules are loaded once: each bug gets a worker of its own, whose loader patches what it reads. */
export function huntBug(
  bug: PlantedBug,
  bounds: { readonly from: number; readonly seeds: number; readonly shareMs: number },
): Promise<Finding> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./hunting-worker.ts', import.meta.url), { workerData: { bug, bounds } });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
