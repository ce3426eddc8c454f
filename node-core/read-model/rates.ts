/** The window over which rates are shown: long enough to read, short enough to see a change. */
const WINDOW_MS = 3000;

/** Turns counters that only grow into events per second over the last three seconds. */
export class RateMeter {
  readonly #samples = new Map<string, { atMs: number; count: number }[]>();

  /** Records that `key` stood at `count` at `nowMs` and returns its rate, 0 until two samples are apart. */
  sample(key: string, count: number, nowMs: number): number {
    const samples = this.#samples.get(key) ?? [];
    const last = samples.at(-1);
    if (last !== undefined && count < last.count) samples.length = 0;
    samples.push({ atMs: nowMs, count });
    while (samples.length > 2 && nowMs - (samples[1]?.atMs ?? nowMs) >= WINDOW_MS) samples.shift();
    this.#samples.set(key, samples);
    const first = samples[0] ?? { atMs: nowMs, count };
    const elapsedMs = nowMs - first.atMs;
    return elapsedMs > 0 ? ((count - first.count) * 1000) / elapsedMs : 0;
  }

  /** Forgets keys that are gone. */
  keep(keys: ReadonlySet<string>): void {
    for (const key of this.#samples.keys()) if (!keys.has(key)) this.#samples.delete(key);
  }
}
