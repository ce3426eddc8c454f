import type { DurationCounts } from '../../kernel/record.ts';

export const US_PER_SECOND = 1e6;

/**
 * Upper bounds, from 10 µs to 10.5 s: the doubles of 10 µs are bounds of the kernel's buckets too, so that each of those
 * lies on one side and every count is exact.
 */
const BOUNDS_US = Array.from({ length: 21 }, (_, doubled) => 10 * 2 ** doubled);
export const BOUNDS_SECONDS: readonly number[] = BOUNDS_US.map((boundUs) => boundUs / US_PER_SECOND);

/** How many durations lie between two bounds each, and last those above the highest. */
export function bucketCounts({ count, buckets }: DurationCounts): number[] {
  let next = 0;
  let below = 0;
  const counts = BOUNDS_US.map((boundUs) => {
    let within = 0;
    // Rounded down to whole microseconds, what is shorter than the bound is at least one below it.
    for (let bucket = buckets[next]; bucket !== undefined && bucket.upToUs < boundUs; bucket = buckets[++next])
      within += bucket.count;
    below += within;
    return within;
  });
  return [...counts, count - below];
}
