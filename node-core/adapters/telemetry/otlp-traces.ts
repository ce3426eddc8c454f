import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { TracesPort } from '../../ports/telemetry.ts';
import { type CollectorOptions, endpointOf, exported, resourceOf } from './collector.ts';
import { Spans } from './spans.ts';

/** Deliveries as spans to an OpenTelemetry collector, by OTLP over HTTP. */
export function createOtlpTraces({ url: collector, nodeName, timeoutMs }: CollectorOptions): TracesPort {
  const url = endpointOf(collector, 'traces');
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: timeoutMs });
  const spans = new Spans(nodeName, resourceFromAttributes(resourceOf(nodeName)));
  return {
    send: (messages) =>
      exported(
        exporter,
        messages.map((message) => spans.of(message)),
        url,
      ),
    close: () => exporter.shutdown(),
  };
}
