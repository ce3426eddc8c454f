import type { RecordedMessage } from '../kernel/record.ts';

/** Where deliveries go to be looked at with other tools. */
export interface TracesPort {
  /** Resolves when the collector has taken them. Rejects with a NetworkError otherwise; they are not sent again. */
  send(messages: readonly RecordedMessage[]): Promise<void>;
  close(): Promise<void>;
}

/** What the actors do at this moment, as text for a metrics collector. */
export interface MetricsPort {
  /** The media type of `text`. */
  readonly contentType: string;
  text(): Promise<string>;
}
