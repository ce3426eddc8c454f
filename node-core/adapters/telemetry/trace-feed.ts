import type { RecordReader } from '../../kernel/record.ts';
import type { TracesPort } from '../../ports/telemetry.ts';
import { CollectorLink, type CollectorLog } from './collector.ts';
import { Rounds } from './rounds.ts';

export interface TraceFeedOptions {
  readonly reader: RecordReader;
  readonly traces: TracesPort;
  readonly everyMs: number;
  /** Deliveries in one request. */
  readonly batch: number;
  readonly log: CollectorLog;
}

/** What became of the deliveries so far. */
export interface TraceFeedCounts {
  readonly sent: number;
  /** Overwritten in the event record before they were read. */
  readonly missed: number;
  /** Read, and not taken by the collector. */
  readonly failed: number;
}

/**
 * Brings what the event record holds to a collector: every so often all that is there, batch by batch. It never holds the
 * actors up: where the collector is slower than they are, it falls behind, and counts what it missed.
 */
export class TraceFeed {
  readonly #options: TraceFeedOptions;
  readonly #link: CollectorLink;
  readonly #rounds: Rounds;
  #counts: TraceFeedCounts = { sent: 0, missed: 0, failed: 0 };

  constructor(options: TraceFeedOptions) {
    this.#options = options;
    this.#link = new CollectorLink('traces', options.log);
    this.#rounds = new Rounds(options.everyMs, () => this.#drain());
  }

  get counts(): TraceFeedCounts {
    return this.#counts;
  }

  /** Sends what is left, at most one batch, to a collector that has taken what came before, and ends. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
    if (this.#link.takes) await this.#send();
    this.#options.reader.close();
    await this.#options.traces.close();
  }

  async #drain(): Promise<void> {
    for (let full = true; full && !this.#rounds.stopped;) full = await this.#send();
  }

  /** Says whether the batch was full, so that more may be waiting. */
  async #send(): Promise<boolean> {
    const { reader, traces, batch } = this.#options;
    const { messages, missed } = reader.read(batch);
    this.#count({ missed });
    if (messages.length === 0) return false;
    try {
      await traces.send(messages);
      this.#count({ sent: messages.length });
      this.#link.took();
    } catch (error) {
      this.#count({ failed: messages.length });
      this.#link.refused(error);
    }
    return messages.length === batch;
  }

  #count({ sent = 0, missed = 0, failed = 0 }: Partial<TraceFeedCounts>): void {
    const { counts } = this;
    this.#counts = { sent: counts.sent + sent, missed: counts.missed + missed, failed: counts.failed + failed };
  }
}
