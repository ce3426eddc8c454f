import type { Metric, MetricsCollectorPort } from '../../ports/telemetry.ts';
import { CollectorLink, type CollectorLog } from './collector.ts';

export interface MetricsFeedOptions {
  readonly read: () => readonly Metric[];
  readonly collector: MetricsCollectorPort;
  readonly everyMs: number;
  /** Unix ms. */
  readonly nowMs: () => number;
  readonly log: CollectorLog;
}

/** What became of the exports so far, each of all metrics. */
export interface MetricsFeedCounts {
  readonly sent: number;
  /** Not taken by the collector, or not as a whole. */
  readonly failed: number;
}

/**
 * Brings all metrics to a collector, every so often after the export before has ended: one that is slow or down is sent
 * less, and nothing waits for it.
 */
export class MetricsFeed {
  readonly #options: MetricsFeedOptions;
  readonly #link: CollectorLink;
  #counts: MetricsFeedCounts = { sent: 0, failed: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: MetricsFeedOptions) {
    this.#options = options;
    this.#link = new CollectorLink('metrics', options.log);
    this.#later();
  }

  get counts(): MetricsFeedCounts {
    return this.#counts;
  }

  /** Sends how it ended, to a collector that has taken what came before, and ends. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#sending;
    if (this.#link.takes) await this.#send();
    await this.#options.collector.close();
  }

  #later(): void {
    this.#timer = setTimeout(() => {
      this.#sending = this.#send().then(() => {
        if (!this.#stopped) this.#later();
      });
    }, this.#options.everyMs);
    this.#timer.unref();
  }

  async #send(): Promise<void> {
    const { read, collector, nowMs } = this.#options;
    try {
      await collector.send(read(), nowMs());
      this.#counts = { ...this.#counts, sent: this.#counts.sent + 1 };
      this.#link.took();
    } catch (error) {
      this.#counts = { ...this.#counts, failed: this.#counts.failed + 1 };
      this.#link.refused(error);
    }
  }
}
