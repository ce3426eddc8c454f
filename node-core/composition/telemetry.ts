import { startMetricsServer } from '../adapters/telemetry/metrics-server.ts';
import { createOtlpTraces } from '../adapters/telemetry/otlp-traces.ts';
import { createPrometheusMetrics } from '../adapters/telemetry/prometheus.ts';
import { TraceFeed } from '../adapters/telemetry/trace-feed.ts';
import type { LocalConfig } from '../config/local.ts';
import type { ActorSystem } from '../kernel/system.ts';

/** How often deliveries go to the collector, and how many in one request: OpenTelemetry's own default is 512. */
const EVERY_MS = 250;
const BATCH = 512;
const COLLECTOR_TIMEOUT_MS = 5000;

/** Opens what the settings ask for: Prometheus text on a loopback port, traces to an OTLP collector. Returns what ends it. */
export async function startTelemetry(
  system: ActorSystem,
  { nodeName, telemetry }: Pick<LocalConfig, 'nodeName' | 'telemetry'>,
): Promise<() => Promise<void>> {
  const { prometheusPort, otlpUrl } = telemetry;
  const feed =
    otlpUrl === null
      ? null
      : new TraceFeed({
          reader: system.read('now'),
          traces: createOtlpTraces({ url: otlpUrl, nodeName, timeoutMs: COLLECTOR_TIMEOUT_MS }),
          everyMs: EVERY_MS,
          batch: BATCH,
        });
  const metrics =
    prometheusPort === null
      ? null
      : await startMetricsServer(
          createPrometheusMetrics({
            tree: () => system.tree(),
            totals: () => system.totals(),
            traces: () => feed?.counts ?? null,
            nodeName,
          }),
          prometheusPort,
        );
  return async () => {
    await feed?.stop();
    await metrics?.close();
  };
}
