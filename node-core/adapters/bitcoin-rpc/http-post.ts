import http from 'node:http';
import https from 'node:https';
import { NetworkError, ServiceError } from '../../primitives/errors.ts';

export interface HttpEndpoint {
  readonly url: URL;
  readonly authorization: string;
  /** For the whole exchange, waiting for a free connection included. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** Core serves four requests at a time and queues sixteen; more connections would only be refused there. */
const MAX_CONNECTIONS = 4;
/** What waits for a connection, at most. */
const MAX_WAITING = 256;

/**
 * Posts JSON bodies over a few kept-alive connections.
 * Errors: NetworkError `BITCOIN_UNREACHABLE`, `BITCOIN_TIMEOUT`; ServiceError `BITCOIN_MALFORMED` for a body that is too large.
 */
export function createHttpPost({
  url,
  authorization,
  timeoutMs,
  maxResponseBytes,
}: HttpEndpoint): (body: string) => Promise<HttpAnswer> {
  const client = url.protocol === 'https:' ? https : http;
  const agent = new client.Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
  let running = 0;

  const once = (body: string, signal: AbortSignal): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      const headers = { authorization, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const request = client.request(url, { method: 'POST', agent, headers, signal }, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.byteLength;
          if (size <= maxResponseBytes) chunks.push(chunk);
          else
            response.destroy(
              new ServiceError('BITCOIN_MALFORMED', `the Bitcoin node's answer is over ${maxResponseBytes} bytes`),
            );
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      });
      // A kept connection that the other side has closed meanwhile says nothing about the node: one new one is tried.
      request.on('error', (error) => reject(request.reusedSocket && isReset(error) ? new StaleConnection() : error));
      request.end(body);
    });

  return async (body) => {
    if (running >= MAX_WAITING)
      throw new NetworkError('BITCOIN_UNREACHABLE', 'too many requests wait for the Bitcoin node');
    running += 1;
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await once(body, signal).catch((error: unknown) => {
        if (error instanceof StaleConnection) return once(body, signal);
        throw error;
      });
    } catch (error) {
      if (error instanceof ServiceError) throw error;
      if (signal.aborted)
        throw new NetworkError(
          'BITCOIN_TIMEOUT',
          `the Bitcoin node gave no full answer within ${timeoutMs} ms`,
          {},
          { cause: error },
        );
      const { code, message } = error as NodeJS.ErrnoException;
      throw new NetworkError(
        'BITCOIN_UNREACHABLE',
        `the Bitcoin node at ${url.host} can't be reached: ${code ?? message}`,
        { code },
        { cause: error },
      );
    } finally {
      running -= 1;
    }
  };
}

class StaleConnection extends Error {}

const isReset = (error: NodeJS.ErrnoException): boolean => error.code === 'ECONNRESET' || error.code === 'EPIPE';
