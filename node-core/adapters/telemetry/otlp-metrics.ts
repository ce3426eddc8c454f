import { setImmediate } from 'node:timers/promises';
import { type HrTime, ValueType } from '@opentelemetry/api';
import { AggregationTemporalityPreference, OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationTemporality, type DataPoint, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import type { Metric, MetricPoint, MetricsCollectorPort } from '../../ports/telemetry.ts';
import { inPieces } from './actor-metrics.ts';
import { type CollectorOptions, endpointOf, exported, resourceOf } from './collector.ts';
import { bucketCounts, BOUNDS_SECONDS, US_PER_SECOND } from './duration-buckets.ts';
import { hrTime } from './hr-time.ts';

/** Series in one request, which is made without a turn of the event loop between them. */
const PIECE = 32;

/** What all points of one export share: since when they count, and when they were read. */
interface Span {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

/** A metric as OpenTelemetry's exporters take it: with the counts that are there, not counted once more. */
function metricData(metric: Metric, span: Span): MetricData {
  const { name, help: description, unit } = metric;
  const described = { name, description, unit };
  const aggregationTemporality = AggregationTemporality.CUMULATIVE;
  const points = <From, To>(of: readonly MetricPoint<From>[], to: (value: From) => To): DataPoint<To>[] =>
    of.map(({ labels, value }) => ({ ...span, attributes: labels, value: to(value) }));
  if (metric.kind === 'histogram')
    return {
      descriptor: { ...described, valueType: ValueType.DOUBLE },
      aggregationTemporality,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: points(metric.points, (value) => ({
        buckets: { boundaries: [...BOUNDS_SECONDS], counts: bucketCounts(value) },
        sum: value.sumUs / US_PER_SECOND,
        count: value.count,
      })),
    };
  const dataPoints = points(metric.points, (value) => value);
  // A share is a fraction; all else is counted.
  const descriptor = { ...described, valueType: unit === '1' ? ValueType.DOUBLE : ValueType.INT };
  return metric.kind === 'gauge'
    ? { descriptor, aggregationTemporality, dataPointType: DataPointType.GAUGE, dataPoints }
    : { descriptor, aggregationTemporality, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
}

/**
 * Metrics to an OpenTelemetry collector, by OTLP over HTTP, cumulative since `sinceMs` (Unix ms).
 * OpenTelemetry's conventions name no metrics of mailboxes and handlers: the names are those of the Prometheus text.
 */
export function createOtlpMetrics(
  { url: collector, nodeName, timeoutMs }: CollectorOptions,
  sinceMs: number,
): MetricsCollectorPort {
  const url = endpointOf(collector, 'metrics');
  const exporter = new OTLPMetricExporter({
    url,
    timeoutMillis: timeoutMs,
    temporalityPreference: AggregationTemporalityPreference.CUMULATIVE,
  });
  const resource = resourceFromAttributes(resourceOf(nodeName));
  const startTime = hrTime(sinceMs);
  return {
    async send(metrics, atMs) {
      const span = { startTime, endTime: hrTime(atMs) };
      const filled = metrics.filter(({ points }) => points.length > 0);
      for (const piece of inPieces(filled, PIECE)) {
        const scopeMetrics = [
          { scope: { name: 'alys-kernel' }, metrics: piece.map((metric) => metricData(metric, span)) },
        ];
        await exported(exporter, { resource, scopeMetrics }, url);
        await setImmediate();
      }
    },
    close: () => exporter.shutdown(),
  };
}
