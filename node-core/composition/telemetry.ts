import { actorMetrics } from '../adapters/telemetry/actor-metrics.ts';
import { MetricsFeed } from '../adapters/telemetry/metrics-feed.ts';
import { startMetricsServer } from '../adapters/telemetry/metrics-server.ts';
import { createOtlpMetrics } from '../adapters/telemetry/otlp-metrics.ts';
import { createOtlpTraces } from '../adapters/telemetry/otlp-traces.ts';
import { createPrometheusMetrics } from '../adapters/telemetry/prometheus.ts';
import { TraceFeed } from '../adapters/telemetry/trace-feed.ts';
import type { LocalConfig } from '../config/local.ts';
import type { ActorSystem } from '../kernel/system.ts';

/** How often deliveries go to the collector, and how many in one request: OpenTelemetry's own default is 512. */
const TRACES_EVERY_MS = 250;
const BATCH = 512;
/** As often as Prometheus asks in its own example. */
const METRICS_EVERY_MS = 15_000;
const COLLECTOR_TIMEOUT_MS = 5000;

/**
 * Opens what the settings ask for: Prometheus text on a loopback port, traces and metrics to an OTLP collector.
 * `sinceMs` is when the actors began to count, Unix ms. Returns what ends it.
 */
export async function startTelemetry(
  system: ActorSystem,
  { nodeName, telemetry }: Pick<LocalConfig, 'nodeName' | 'telemetry'>,
  sinceMs: number,
): Promise<() => Promise<void>> {
  const { prometheusPort, otlpUrl } = telemetry;
  let feeds: { readonly traces: TraceFeed; readonly metrics: MetricsFeed } | null = null;
  const read = () =>
    actorMetrics({
      tree: () => system.tree(),
      totals: () => system.totals(),
      traces: () => feeds?.traces.counts ?? null,
      exports: () => feeds?.metrics.counts ?? null,
    });
  const server =
    prometheusPort === null ? null : await startMetricsServer(createPrometheusMetrics(read, nodeName), prometheusPort);
  if (otlpUrl !== null) {
    const collector = { url: otlpUrl, nodeName, timeoutMs: COLLECTOR_TIMEOUT_MS };
    const log = (level: 'info' | 'warn', text: string): void => system.log('OtlpCollector', level, text);
    feeds = {
      traces: new TraceFeed({
        reader: system.read('now'),
        traces: createOtlpTraces(collector),
        everyMs: TRACES_EVERY_MS,
        batch: BATCH,
        log,
      }),
      metrics: new MetricsFeed({
        read,
        collector: createOtlpMetrics(collector, sinceMs),
        everyMs: METRICS_EVERY_MS,
        nowMs: () => Date.now(),
        log,
      }),
    };
  }
  return async () => {
    await Promise.all([feeds?.traces.stop(), feeds?.metrics.stop()]);
    await server?.close();
  };
}
