import { setImmediate } from 'node:timers/promises';
import { type Metric as LibraryMetric, Registry } from 'prom-client';
import type { DurationCounts } from '../../kernel/record.ts';
import type { Metric, MetricsPort } from '../../ports/telemetry.ts';
import { inPieces } from './actor-metrics.ts';
import { bucketCounts, BOUNDS_SECONDS, US_PER_SECOND } from './duration-buckets.ts';

/** Series written without a turn of the event loop between them: a histogram's have 24 lines each. */
const PIECE = 16;

/** One line of the exposition, as the registry takes it: what many lines share is written once. */
interface Sample {
  readonly metricName: string;
  readonly labels: { readonly le?: number | '+Inf' };
  readonly sharedLabels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The lines of a histogram's series, whose buckets are cumulative. */
function histogramSamples(name: string, value: DurationCounts, sharedLabels: Sample['sharedLabels']): Sample[] {
  let below = 0;
  const sample = (part: string, labels: Sample['labels'], its: number): Sample => ({
    metricName: `${name}_${part}`,
    labels,
    sharedLabels,
    value: its,
  });
  return [
    ...bucketCounts(value).map((count, index) =>
      sample('bucket', { le: BOUNDS_SECONDS[index] ?? '+Inf' }, (below += count)),
    ),
    sample('sum', {}, value.sumUs / US_PER_SECOND),
    sample('count', {}, value.count),
  ];
}

function samplesOf(metric: Metric, node: string): readonly Sample[] {
  const { name: metricName } = metric;
  return metric.kind === 'histogram'
    ? metric.points.flatMap(({ labels, value }) => histogramSamples(metricName, value, { ...labels, node }))
    : metric.points.map(({ labels, value }) => ({ metricName, labels: {}, sharedLabels: { ...labels, node }, value }));
}

/** prom-client counts single observations; of what was counted elsewhere, its registry writes and escapes the text. */
function textOf(piece: readonly Metric[], node: string): Promise<string> {
  const registry = new Registry();
  for (const metric of piece) {
    const { name, help, kind: type } = metric;
    const get = () => Promise.resolve({ name, help, type, values: samplesOf(metric, node) });
    // As the registry's type wants it, which lists prom-client's own metrics alone.
    registry.registerMetric({ name, help, type, get } as unknown as LibraryMetric);
  }
  return registry.metrics();
}

/** Without `# HELP` and `# TYPE` of its first metric. */
const withoutHead = (text: string): string => text.slice(text.indexOf('\n', text.indexOf('\n') + 1) + 1);

/**
 * Metrics as Prometheus text, of one moment each. It is written in pieces, between which others have their turn: a busy
 * node's is half a megabyte.
 */
export function createPrometheusMetrics(read: () => readonly Metric[], nodeName: string): MetricsPort {
  return {
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    async text() {
      let written = '';
      let latest: Metric | undefined;
      for (const piece of inPieces(read(), PIECE)) {
        const text = await textOf(piece, nodeName);
        if (latest === undefined) written = text;
        // What a metric is stands above its first series alone.
        else written += piece[0]?.name === latest.name ? withoutHead(text) : `\n${text}`;
        latest = piece.at(-1);
        await setImmediate();
      }
      return written;
    },
  };
}
