/** One measured figure. Shape: commands.md, `bench`. `p50` and `p99` are in `unit`, null where there is no distribution. */
export interface BenchResult {
  readonly suite: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly baseline: { readonly name: string; readonly value: number } | null;
  readonly ratio: number | null;
  readonly target: { readonly text: string; readonly value: number } | null;
}

/** A suite's module exports this as `run`; `log` writes progress for people. */
export type Suite = (log: (line: string) => void) => Promise<readonly BenchResult[]>;

/** A figure without a distribution; what is not given is null. */
export function figure(
  row: Pick<BenchResult, 'suite' | 'name' | 'value' | 'unit'> & Partial<BenchResult>,
): BenchResult {
  return { p50: null, p99: null, baseline: null, ratio: null, target: null, ...row };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
