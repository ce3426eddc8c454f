import { wholeUs } from './handler-clock.ts';

/** Each power of two is divided into so many buckets: a quantile is at most 1/8 above the true value. */
const SUB_BUCKETS = 8;
const SUB_BITS = 3;
/** Of values up to 2^31 - 1. */
const BUCKETS = (31 - SUB_BITS + 1) * SUB_BUCKETS;

/** For values from `SUB_BUCKETS` on; those below have buckets of their own. */
function bucketOf(value: number): number {
  const shift = 31 - Math.clz32(value) - SUB_BITS;
  return ((shift + 1) << SUB_BITS) + ((value >>> shift) - SUB_BUCKETS);
}

/** The largest value of a bucket. */
function upperEdge(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket;
  const shift = (bucket >>> SUB_BITS) - 1;
  return ((bucket & (SUB_BUCKETS - 1)) + SUB_BUCKETS + 1) * 2 ** shift - 1;
}

/** Durations in microseconds, told apart as whole ones, rounded down: in fixed memory of about 2 kB. */
export class Histogram {
  /** Doubles: 32 bits would be full after days of a busy actor's messages. */
  readonly #counts = new Float64Array(BUCKETS);
  /** Exact, of the durations as they were given. */
  sum = 0;
  /** The longest, rounded down. */
  max = 0;

  /** Counts a duration so many times; one longer than 2^31 - 1 is counted among those of that length. */
  add(us: number, times = 1): void {
    const value = wholeUs(us);
    const bucket = value < SUB_BUCKETS ? value : bucketOf(value);
    this.#counts[bucket] = (this.#counts[bucket] as number) + times;
    this.sum += us * times;
    if (value > this.max) this.max = value;
  }

  /** Counts all that `other` has counted. */
  merge(other: Histogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++)
      this.#counts[bucket] = (this.#counts[bucket] as number) + (other.#counts[bucket] as number);
    this.sum += other.sum;
    this.max = Math.max(this.max, other.max);
  }

  get count(): number {
    let count = 0;
    for (const inBucket of this.#counts) count += inBucket;
    return count;
  }

  /** Its buckets that aren't empty, ascending: their largest whole value, and how many durations are in each. */
  get buckets(): { readonly upToUs: number; readonly count: number }[] {
    const buckets: { readonly upToUs: number; readonly count: number }[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = this.#counts[bucket] as number;
      if (count > 0) buckets.push({ upToUs: upperEdge(bucket), count });
    }
    return buckets;
  }

  /** The value that a share `q` (0 to 1) of all values doesn't exceed; 0 when there are none. */
  quantile(q: number): number {
    const rank = Math.ceil(this.count * q);
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket] as number;
      if (seen >= rank && seen > 0) return Math.min(upperEdge(bucket), this.max);
    }
    return 0;
  }
}
