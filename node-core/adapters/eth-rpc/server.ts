import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { keccak256 } from 'ethers';
import { WebSocketServer } from 'ws';
import type { EthApiPort } from '../../ports/eth-api.ts';
import { ServiceError } from '../../primitives/errors.ts';
import { type Hex, isHex } from '../../primitives/hex.ts';
import { type EvmTxHash, evmTxHash } from '../../primitives/ids.ts';
import { isAllowed } from './access.ts';
import { Client } from './client.ts';
import { rpcError } from './errors.ts';
import { Filters } from './filters.ts';
import { HeadFeed } from './head-feed.ts';
import { type Handler, JsonRpc } from './json-rpc.ts';
import { LIMITS } from './limits.ts';
import { NodeAnswers, type NodeStatus } from './node-status.ts';
import { type Sources, WebSocketSession } from './subscriptions.ts';
import { WalletApi } from './wallet-api.ts';

export interface EthRpcServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly api: EthApiPort;
  readonly node: NodeStatus;
  /** Takes a raw transaction; resolves with its hash, or rejects with `TRANSACTION_REFUSED` and `{ rpcCode, rpcMessage }`. */
  readonly submit: (raw: Hex, evmTxHash: EvmTxHash) => Promise<Hex>;
  /** Origins of pages that may ask besides loopback ones, as browsers send them. */
  readonly allowedOrigins?: readonly string[];
  /** Names in the Host header besides `host` and the loopback ones. */
  readonly allowedHosts?: readonly string[];
}

export interface EthRpcServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const JSON_TYPES = ['application/json', 'application/json-rpc', 'application/jsonrequest'];

/**
 * The wallet JSON-RPC over HTTP and WebSocket on one port.
 * @throws ServiceError `PORT_BUSY` with the port when another program has it.
 */
export async function startEthRpcServer(options: EthRpcServerOptions): Promise<EthRpcServer> {
  const rpc = new JsonRpc();
  const sources = sourcesOf(options);
  const handle = handlerOf(options, sources);
  const clients = new WeakMap<object, Client>();
  const clientOf = ({ socket }: IncomingMessage): Client => {
    const known = clients.get(socket);
    if (known !== undefined) return known;
    const client = new Client();
    clients.set(socket, client);
    socket.once('close', () => {
      client.leave();
    });
    return client;
  };
  const server = createServer((request, response) => {
    // A connection that breaks while it is answered has nobody left to tell.
    serveHttp(request, response, options, (text) => rpc.answer(text, handle, clientOf(request))).catch(() =>
      response.destroy(),
    );
  });
  server.maxConnections = LIMITS.connections;
  server.requestTimeout = LIMITS.receiveMs;
  server.headersTimeout = LIMITS.receiveMs;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LIMITS.bodyBytes });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node takes its own listener away here: a client that is gone before it is answered would end the process.
    socket.on('error', () => socket.destroy());
    if (!isAllowed(request, options) || sockets.clients.size >= LIMITS.webSockets) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      new WebSocketSession(webSocket, clientOf(request), sources).serve(rpc, handle);
    });
  });
  const port = await listen(server, options);
  return {
    url: `http://${options.host}:${port}`,
    port,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeAllConnections();
      sources.node.close();
      await closed;
    },
  };
}

function sourcesOf({ api, node }: EthRpcServerOptions): Sources {
  return { client: api, wallet: new WalletApi(api), feed: new HeadFeed(api), node: new NodeAnswers(node) };
}

/** All methods but those that need a WebSocket. */
function handlerOf(options: EthRpcServerOptions, sources: Sources): Handler {
  const filters = new Filters({ ...sources, clock: () => performance.now() });
  const own = new Map(Object.entries({ ...sources.node.methods, ...filters.methods }));
  return async (method, params, asker) => {
    if (method === 'eth_sendRawTransaction') return sendRawTransaction(options, params);
    const answer = own.get(method);
    return answer === undefined ? sources.wallet.request(method, params, asker) : answer(params, asker);
  };
}

function listen(server: Server, { host, port }: EthRpcServerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new ServiceError('PORT_BUSY', `port ${port} is taken by another program`, { host, port })
          : new ServiceError('RPC_LISTEN', `can't listen on ${host}:${port}: ${error.message}`, { host, port }),
      );
    });
    server.listen(port, host, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function sendRawTransaction({ submit }: EthRpcServerOptions, [raw]: readonly unknown[]): Promise<Hex> {
  if (!isHex(raw) || raw.length === 2) throw rpcError('invalidParams', 'raw transaction: 0x and hex bytes');
  const bytes = raw.toLowerCase() as Hex;
  return submit(bytes, evmTxHash(keccak256(bytes)));
}

async function serveHttp(
  request: IncomingMessage,
  response: ServerResponse,
  options: EthRpcServerOptions,
  answerTo: (text: string) => Promise<string | null>,
): Promise<void> {
  const refuse = (status: number, text: string): void => {
    response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${text}\n`);
  };
  if (!isAllowed(request, options)) {
    refuse(403, 'this Host or Origin is not allowed');
    return;
  }
  const { origin } = request.headers;
  if (origin !== undefined) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('vary', 'origin');
  }
  if (request.method === 'OPTIONS') {
    response.setHeader('access-control-allow-methods', 'POST');
    response.setHeader('access-control-allow-headers', 'content-type');
    response.setHeader('access-control-allow-private-network', 'true');
    response.setHeader('access-control-max-age', '600');
    response.writeHead(204).end();
    return;
  }
  if (request.method !== 'POST') {
    refuse(405, 'POST a JSON-RPC request');
    return;
  }
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type === undefined || !JSON_TYPES.includes(type)) {
    refuse(415, 'the content type is application/json');
    return;
  }
  const text = await readBody(request);
  if (text === null) {
    refuse(413, `a body has at most ${LIMITS.bodyBytes} bytes`);
    return;
  }
  const answer = await answerTo(text);
  if (answer === null) response.writeHead(204).end();
  else response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
}

/** The body's text; null as soon as it is over the bound. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  if (Number(request.headers['content-length'] ?? 0) > LIMITS.bodyBytes) return null;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LIMITS.bodyBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
