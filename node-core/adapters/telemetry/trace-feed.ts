import type { RecordReader } from '../../kernel/record.ts';
import type { TracesPort } from '../../ports/telemetry.ts';

export interface TraceFeedOptions {
  readonly reader: RecordReader;
  readonly traces: TracesPort;
  readonly everyMs: number;
  /** Deliveries sent at once; what comes faster is missed, and counted. */
  readonly batch: number;
}

/** What became of the deliveries so far. */
export interface TraceFeedCounts {
  readonly sent: number;
  /** Overwritten in the event record before they were read. */
  readonly missed: number;
  /** Read, and not taken by the collector. */
  readonly failed: number;
}

/** Brings what the event record holds to a collector, batch by batch. It never holds the actors up: it falls behind instead. */
export class TraceFeed {
  readonly #options: TraceFeedOptions;
  #counts: TraceFeedCounts = { sent: 0, missed: 0, failed: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: TraceFeedOptions) {
    this.#options = options;
    this.#later();
  }

  get counts(): TraceFeedCounts {
    return this.#counts;
  }

  /** Sends what is left, at most one batch, and ends. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#sending;
    await this.#send();
    this.#options.reader.close();
    await this.#options.traces.close();
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
    const { reader, traces, batch } = this.#options;
    const { messages, missed } = reader.read(batch);
    const { counts } = this;
    this.#counts = { ...counts, missed: counts.missed + missed };
    if (messages.length === 0) return;
    try {
      await traces.send(messages);
      this.#counts = { ...this.#counts, sent: this.#counts.sent + messages.length };
    } catch {
      this.#counts = { ...this.#counts, failed: this.#counts.failed + messages.length };
    }
  }
}
