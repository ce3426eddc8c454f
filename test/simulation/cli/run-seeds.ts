import { TraceHash } from '../../../node-core/kernel/pump/trace-hash.ts';
import { optionsOf, type WorldOptions } from '../world/options.ts';
import { simulate, type Violation } from '../world/simulation.ts';

/** What `npm run simulate` prints with `--json`. Source: commands.md. */
export interface SimulationResult {
  readonly seeds: number;
  readonly from: number;
  readonly violations: readonly Violation[];
  readonly federationHours: number;
  readonly federationHoursPerMinute: number;
  readonly events: number;
  readonly faults: number;
  readonly wallMs: number;
  readonly sometimes: Readonly<Record<string, number>>;
  /** Of a single seed its own; of several a hash over theirs. */
  readonly traceHash: string;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Plays seeds from `from` on: so many, or as many as the minutes allow. */
export async function runSeeds(
  { from, seeds, minutes }: { readonly from: number; readonly seeds: number; readonly minutes: number | null },
  say: (line: string) => void,
): Promise<{ readonly result: SimulationResult; readonly options: readonly WorldOptions[] }> {
  const startMs = performance.now();
  const endMs = minutes === null ? Infinity : startMs + minutes * MINUTE_MS;
  const violations: Violation[] = [];
  const sometimes = new Map<string, number>();
  const options: WorldOptions[] = [];
  const hashes: string[] = [];
  let [virtualMs, events, faults] = [0, 0, 0];
  for (let seed = from; seed < from + seeds && performance.now() < endMs; seed++) {
    const played = await simulate(optionsOf(seed));
    options.push(played.options);
    hashes.push(played.traceHash);
    virtualMs += played.virtualMs;
    events += played.events;
    faults += played.faults;
    violations.push(...played.violations);
    for (const [state, times] of played.sometimes) sometimes.set(state, (sometimes.get(state) ?? 0) + times);
    for (const { invariant, detail } of played.violations) say(`seed ${seed}: ${invariant}: ${detail}`);
  }
  const wallMs = performance.now() - startMs;
  const federationHours = virtualMs / HOUR_MS;
  const result = {
    seeds: hashes.length,
    from,
    violations,
    federationHours,
    federationHoursPerMinute: federationHours / (wallMs / MINUTE_MS),
    events,
    faults,
    wallMs,
    sometimes: Object.fromEntries([...sometimes].sort(([a], [b]) => (a < b ? -1 : 1))),
    traceHash: hashes.length === 1 ? (hashes[0] as string) : hashOf(hashes),
  };
  return { result, options };
}

function hashOf(hashes: readonly string[]): string {
  const all = new TraceHash();
  for (const hash of hashes) all.text(hash);
  return all.digest();
}
