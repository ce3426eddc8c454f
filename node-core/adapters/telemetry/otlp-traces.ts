import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { TracesPort } from '../../ports/telemetry.ts';
import { NetworkError } from '../../primitives/errors.ts';
import { Spans } from './spans.ts';

export interface OtlpOptions {
  /** The collector's traces endpoint, `http://127.0.0.1:4318/v1/traces` for instance. */
  readonly url: string;
  readonly nodeName: string;
  readonly timeoutMs: number;
}

/** Deliveries as spans to an OpenTelemetry collector, by OTLP over HTTP. */
export function createOtlpTraces({ url, nodeName, timeoutMs }: OtlpOptions): TracesPort {
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: timeoutMs });
  const resource = resourceFromAttributes({ 'service.name': 'alys-node', 'service.instance.id': nodeName });
  const spans = new Spans(nodeName, resource);
  return {
    send: (messages) =>
      new Promise((resolve, reject) => {
        exporter.export(
          messages.map((message) => spans.of(message)),
          ({ code, error }) => {
            if (code === 0) resolve();
            else
              reject(
                new NetworkError(
                  'OTLP_EXPORT',
                  error?.message ?? 'the collector refused the spans',
                  { url },
                  { cause: error },
                ),
              );
          },
        );
      }),
    close: () => exporter.shutdown(),
  };
}
