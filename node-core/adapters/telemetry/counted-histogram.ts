import type { Histogram } from 'prom-client';
import type { DurationCounts } from '../../kernel/record.ts';

const US_PER_SECOND = 1e6;
/**
 * Upper bounds, from 10 µs to 10.5 s: the doubles of 10 µs are bounds of the kernel's buckets too, so that each of those
 * lies on one side and every count is exact.
 */
const BOUNDS_US = Array.from({ length: 21 }, (_, doubled) => 10 * 2 ** doubled);

export interface CountedSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly durations: DurationCounts;
}

/** One line of the exposition, as the registry takes it. */
interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/**
 * A histogram of durations that were counted elsewhere. prom-client's own counts single observations; its registry asks
 * every metric alike, by `get`, and writes and escapes what that returns.
 */
export class CountedHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly #read: () => readonly CountedSeries[];

  /** `name` ends in `_seconds`. */
  constructor(name: string, help: string, read: () => readonly CountedSeries[]) {
    this.name = name;
    this.help = help;
    this.#read = read;
  }

  /** As the registry's type wants it, which lists prom-client's own metrics alone. */
  get asMetric(): Histogram {
    return this as unknown as Histogram;
  }

  get(): Promise<{ readonly name: string; readonly help: string; readonly type: string; readonly values: Sample[] }> {
    const { name, help, type } = this;
    return Promise.resolve({ name, help, type, values: this.#read().flatMap((series) => this.#samplesOf(series)) });
  }

  #samplesOf({ labels, durations: { count, sumUs, buckets } }: CountedSeries): Sample[] {
    const samples: Sample[] = [];
    let next = 0;
    let below = 0;
    for (const boundUs of BOUNDS_US) {
      // Rounded down to whole microseconds, what is shorter than the bound is at least one below it.
      for (let bucket = buckets[next]; bucket !== undefined && bucket.upToUs < boundUs; bucket = buckets[++next])
        below += bucket.count;
      samples.push(this.#sample('bucket', { ...labels, le: boundUs / US_PER_SECOND }, below));
    }
    samples.push(
      this.#sample('bucket', { ...labels, le: '+Inf' }, count),
      this.#sample('sum', labels, sumUs / US_PER_SECOND),
      this.#sample('count', labels, count),
    );
    return samples;
  }

  #sample(part: 'bucket' | 'sum' | 'count', labels: Sample['labels'], value: number): Sample {
    return { metricName: `${this.name}_${part}`, labels, value };
  }
}
