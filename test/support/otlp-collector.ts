import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** OTLP's JSON form. Source: opentelemetry-proto, trace.proto and metrics.proto. */
type Attributes = readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number };
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: Attributes;
}

export interface Point {
  readonly attributes: Attributes;
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly asInt?: number;
  readonly asDouble?: number;
  readonly count?: number;
  readonly sum?: number;
  readonly bucketCounts?: readonly number[];
  readonly explicitBounds?: readonly number[];
}

interface Points {
  readonly dataPoints: readonly Point[];
  readonly aggregationTemporality?: number;
  readonly isMonotonic?: boolean;
}

export interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly gauge?: Points;
  readonly sum?: Points;
  readonly histogram?: Points;
}

interface ExportRequest {
  readonly resourceSpans?: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
  readonly resourceMetrics?: readonly {
    readonly resource: { readonly attributes: Attributes };
    readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[];
  }[];
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = '';
  for await (const part of request) body += String(part);
  return body;
};

/** An OpenTelemetry collector that keeps what it is sent by OTLP over HTTP, refuses it, or never answers. */
export async function startCollector() {
  const spans: Span[] = [];
  const metrics: Metric[] = [];
  const nodes = new Set<string | undefined>();
  let answer: number | 'never' = 200;
  let requests = 0;
  const take = (path: string | undefined, { resourceSpans = [], resourceMetrics = [] }: ExportRequest): void => {
    if (path === '/v1/traces')
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
    if (path !== '/v1/metrics') return;
    for (const { resource, scopeMetrics } of resourceMetrics) {
      const instance = resource.attributes.find(({ key }) => key === 'service.instance.id');
      nodes.add(instance?.value.stringValue);
      metrics.push(...scopeMetrics.flatMap((scope) => scope.metrics));
    }
  };
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      requests++;
      if (answer === 'never') return;
      if (answer === 200) take(request.url, JSON.parse(body) as ExportRequest);
      response.writeHead(answer, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    spans,
    metrics,
    nodes,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    /** What it answers from now on: an HTTP status, or nothing at all. */
    answer: (next: number | 'never') => {
      answer = next;
    },
    close: (): Promise<void> =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
