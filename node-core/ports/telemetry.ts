import type { DurationCounts, RecordedMessage } from '../kernel/record.ts';

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

/** One series of a metric. */
export interface MetricPoint<Value> {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: Value;
}

/** A metric with all its series at one moment. Counters and histograms count from the start of the actors on. */
export type Metric = {
  /** As in Prometheus text, where a histogram of durations is one in seconds. */
  readonly name: string;
  readonly help: string;
  /** Of UCUM, as OpenTelemetry has it: what is counted in braces. */
  readonly unit: string;
} & (
  | { readonly kind: 'counter' | 'gauge'; readonly points: readonly MetricPoint<number>[] }
  | { readonly kind: 'histogram'; readonly points: readonly MetricPoint<DurationCounts>[] }
);

/** Where metrics go by themselves, instead of being asked for. */
export interface MetricsCollectorPort {
  /**
   * Resolves when the collector has taken all of them, as they were at `atMs` (Unix ms). Rejects with a NetworkError
   * otherwise; the next ones say what these would have said.
   */
  send(metrics: readonly Metric[], atMs: number): Promise<void>;
  close(): Promise<void>;
}
