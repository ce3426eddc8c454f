import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MetricsPort } from '../../ports/telemetry.ts';

/** Loopback only, by address and by the name that the caller must use. */
const HOST = '127.0.0.1';
const CONNECTIONS = 16;
const REQUEST_TIMEOUT_MS = 5_000;

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `GET /metrics` on loopback. `port` 0 takes a free one. @throws Error when the port is taken. */
export async function startMetricsServer(metrics: MetricsPort, port: number): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const { port: own } = server.address() as AddressInfo;
    if (request.headers.host !== `${HOST}:${own}` || request.headers.origin !== undefined) {
      response.writeHead(403).end();
    } else if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
    } else {
      metrics.text().then(
        (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
    }
  });
  server.maxConnections = CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://${HOST}:${own}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
