import { timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NetworkError } from '../../../primitives/errors.ts';
import type { CallFault } from '../faults.ts';
import { sha256 } from '../hash.ts';
import { type RpcReply, answer, methodOf, parseErrorReply } from './dispatch.ts';
import type { RpcContext } from './method.ts';

const LOOPBACK = '127.0.0.1';
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MAX_BATCH = 100;
const MAX_CONNECTIONS = 128;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** As long as Core's: a shorter one would meet callers just as they use a connection again. */
const KEEP_ALIVE_TIMEOUT_MS = 30_000;

export interface HttpOptions {
  /** 0 for any free port. */
  readonly port: number;
  readonly rpcUser: string;
  readonly rpcPassword: string;
}

export interface HttpServer {
  readonly port: number;
  /** Ends all connections, waiting calls with them. */
  close(): Promise<void>;
}

/** Serves JSON-RPC over HTTP on the loopback address. @throws NetworkError PORT_UNAVAILABLE */
export async function serveHttp(options: HttpOptions, context: RpcContext): Promise<HttpServer> {
  const expected = credentialHash(`Basic ${base64(`${options.rpcUser}:${options.rpcPassword}`)}`);
  const server = createServer((request, response) => {
    handle(request, response, expected, context).catch(() => response.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  await listen(server, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new NetworkError('PORT_UNAVAILABLE', `can't listen on ${LOOPBACK}:${port}`, { port }, { cause }));
    });
    server.listen(port, LOOPBACK, resolve);
  });
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** Hashes of equal length compare in constant time, whatever was sent. */
const credentialHash = (header: string): Uint8Array => sha256(new TextEncoder().encode(header));

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  expected: Uint8Array,
  context: RpcContext,
): Promise<void> {
  const { headers, method, url } = request;
  if (method !== 'POST') return end(response, 405, 'JSONRPC server handles only POST requests', 'text/plain');
  if (!timingSafeEqual(credentialHash(headers.authorization ?? ''), expected)) {
    response.setHeader('WWW-Authenticate', 'Basic realm="jsonrpc"');
    return end(response, 401, '', 'text/plain');
  }
  if (url !== '/') return end(response, 404, '', 'text/plain');
  const body = await readBody(request);
  if (body === null) {
    response.setHeader('Connection', 'close');
    return end(response, 413, '', 'text/plain');
  }
  serve(body, response, context);
}

/** The body, or null if it is over the bound. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function serve(body: string, response: ServerResponse, context: RpcContext): void {
  const request = parse(body);
  const requests = Array.isArray(request) ? request : [request];
  const fault = context.faults.take(requests.flatMap((single) => methodOf(single) ?? []));
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'status') return end(response, fault.status, '', 'text/plain');
  const reply = request === undefined ? parseErrorReply() : answerAll(request, context);
  const text = reply.body === null ? '' : `${JSON.stringify(reply.body)}\n`;
  if (fault !== null) return spoil(fault, response, text);
  end(response, reply.status, text, 'application/json');
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function answerAll(request: unknown, context: RpcContext): RpcReply {
  if (!Array.isArray(request)) return answer(request, context);
  if (request.length > MAX_BATCH) {
    const error = { code: -32600, message: `A batch has at most ${MAX_BATCH} requests` };
    return { body: { result: null, error, id: null }, status: 400 };
  }
  const bodies = request.map((single) => answer(single, context).body).filter((single) => single !== null);
  // A batch of nothing but notifications has no answer.
  return bodies.length === 0 && request.length > 0 ? { body: null, status: 204 } : { body: bodies, status: 200 };
}

function spoil(fault: CallFault, response: ServerResponse, text: string): void {
  if (fault.kind === 'reset') response.destroy();
  else if (fault.kind === 'truncate')
    end(response, 200, text.slice(0, Math.floor(text.length / 2)), 'application/json');
}

function end(response: ServerResponse, status: number, text: string, type: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
