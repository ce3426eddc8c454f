import type { Metric, MetricsCollectorPort } from '../../ports/telemetry.ts';
import { CollectorLink, type CollectorLog } from './collector.ts';
import { Rounds } from './rounds.ts';

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
  readonly #rounds: Rounds;
  #counts: MetricsFeedCounts = { sent: 0, failed: 0 };

  constructor(options: MetricsFeedOptions) {
    this.#options = options;
    this.#link = new CollectorLink('metrics', options.log);
    this.#rounds = new Rounds(options.everyMs, () => this.#send());
  }

  get counts(): MetricsFeedCounts {
    return this.#counts;
  }

  /** Sends how it ended, to a collector that has taken what came before, and ends. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
    if (this.#link.takes) await this.#send();
    await this.#options.collector.close();
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
