import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { limits } from '../contract/frames.ts';
import type { ConsoleServer } from '../ipc/console-server.ts';
import { fileHeaders } from '../ipc/content-policy.ts';
import { rendererFile } from '../ipc/renderer-files.ts';
import { SessionGate } from './session.ts';

const LOOPBACK = '127.0.0.1';
const MAX_TOKEN_CHARS = 128;
/** A window that doesn't read is ended rather than buffered for without bound. */
const MAX_BUFFERED_BYTES = 32 * 1024 * 1024;

export interface BrowserHostOptions {
  readonly server: ConsoleServer;
  /** Folder of the built renderer. */
  readonly rendererDir: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface BrowserHost {
  readonly port: number;
  /** Opens a session once: `http://127.0.0.1:PORT/#token=TOKEN`. The fragment never reaches a server or its log. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the console to a browser on this machine: loopback only, Host and Origin checked, one session.
 * Rejects with Node's `EADDRINUSE` when the port is busy.
 */
export async function startBrowserHost({ server, rendererDir, port }: BrowserHostOptions): Promise<BrowserHost> {
  const http = createServer({ requestTimeout: 10_000, headersTimeout: 5_000, maxHeaderSize: 16_384 });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, LOOPBACK, resolve);
  });
  const bound = (http.address() as AddressInfo).port;
  const authority = `${LOOPBACK}:${bound}`;
  const gate = new SessionGate(bound);
  const isOwn = ({ headers }: IncomingMessage): boolean => headers.host === authority;
  const isOwnOrigin = (request: IncomingMessage): boolean =>
    isOwn(request) && request.headers.origin === `http://${authority}`;

  http.on('request', (request, response) => {
    if (!isOwn(request)) return end(response, 421);
    if (request.method === 'POST' && request.url === '/session') {
      if (!isOwnOrigin(request)) return end(response, 403);
      return void openSession(request, response, gate);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405);
    void serveFile(request, response, rendererDir, `'self' ws://${authority}`);
  });

  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.clientFrameChars * 4 });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node takes its own listener away here: a page that is gone before it is answered would end the process.
    socket.on('error', () => socket.destroy());
    if (request.url !== '/frames' || !isOwnOrigin(request)) return refuse(socket, '403 Forbidden');
    if (!gate.admits(request.headers.cookie)) return refuse(socket, '401 Unauthorized');
    sockets.handleUpgrade(request, socket, head, (client) => {
      const connection = server.connect((text) => {
        if (client.bufferedAmount > MAX_BUFFERED_BYTES) client.terminate();
        else client.send(text);
      });
      if (connection === null) return client.close(1013, 'too many windows');
      client.on('message', (data, isBinary) => connection.receive(isBinary ? data : String(data)));
      client.on('close', () => connection.close());
      client.on('error', () => client.terminate());
    });
  });

  return {
    port: bound,
    url: `http://${authority}/#token=${gate.token}`,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Cache-Control': 'no-store' }).end();
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

async function serveFile(
  request: IncomingMessage,
  response: ServerResponse,
  root: string,
  connect: string,
): Promise<void> {
  const file = await rendererFile(root, (request.url ?? '').split('?', 1)[0] ?? '');
  if (file === null) return end(response, 404);
  response.writeHead(200, { ...fileHeaders(connect), 'Content-Type': file.type, 'Content-Length': file.body.length });
  response.end(request.method === 'HEAD' ? undefined : file.body);
}

/** 204 with the cookie for the token, 204 without one for a browser that has its session already, else 401. */
async function openSession(request: IncomingMessage, response: ServerResponse, gate: SessionGate): Promise<void> {
  let token = '';
  request.setEncoding('utf8');
  try {
    for await (const part of request) {
      token += part as string;
      if (token.length > MAX_TOKEN_CHARS) return end(response, 413);
    }
  } catch {
    return;
  }
  const cookie = token === '' ? null : gate.open(token);
  if (cookie !== null) response.writeHead(204, { 'Set-Cookie': cookie, 'Cache-Control': 'no-store' }).end();
  else end(response, gate.admits(request.headers.cookie) ? 204 : 401);
}
