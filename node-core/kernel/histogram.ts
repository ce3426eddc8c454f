/** Each power of two is divided into so many buckets: a quantile is at most 1/8 above the true value. */
const SUB_BUCKETS = 8;
const SUB_BITS = 3;
/** Values are counted up to 2^31 - 1. */
const BUCKETS = (31 - SUB_BITS + 1) * SUB_BUCKETS;
const MAX_VALUE = 0x7fff_ffff;

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

/** Counts whole numbers (microseconds here) in fixed memory of about 1 kB. */
export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  max = 0;

  /** Counts `value`, a whole number from 0, so many times; larger than 2^31 - 1 counts as that. */
  add(value: number, times = 1): void {
    const bucket = value < SUB_BUCKETS ? value : bucketOf(value > MAX_VALUE ? MAX_VALUE : value);
    this.#counts[bucket] = (this.#counts[bucket] as number) + times;
    if (value > this.max) this.max = value;
  }

  /** Counts all that `other` has counted. */
  merge(other: Histogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++)
      this.#counts[bucket] = (this.#counts[bucket] as number) + (other.#counts[bucket] as number);
    this.max = Math.max(this.max, other.max);
  }

  /** The value that a share `q` (0 to 1) of all values doesn't exceed; 0 when there are none. */
  quantile(q: number): number {
    const rank = Math.ceil(this.#counts.reduce((sum, count) => sum + count, 0) * q);
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket] as number;
      if (seen >= rank && seen > 0) return Math.min(upperEdge(bucket), this.max);
    }
    return 0;
  }
}
