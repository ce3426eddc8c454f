import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { WebSocket } from 'ws';

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** Plain HTTP, so that every header can be wrong. */
export class HttpClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  send(body: string | Uint8Array, headers: Record<string, string> = {}, method = 'POST'): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const sending = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          agent: this.#agent,
          method,
          headers: { 'content-type': 'application/json', ...headers },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
          });
          response.on('error', reject);
        },
      );
      sending.on('error', reject);
      sending.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

const SENTINEL = 'sentinel';
const SENTINEL_REQUEST = JSON.stringify({ jsonrpc: '2.0', id: SENTINEL, method: 'net_version' });

/** A WebSocket client that knows when a message is answered, even if it gets no answer of its own. */
export class SocketClient {
  readonly #url: string;
  #socket: WebSocket | null = null;

  constructor(port: number) {
    this.#url = `ws://127.0.0.1:${port}`;
  }

  /** The answer; null where there is none; `closed` where the server ends the connection. */
  async send(data: string | Uint8Array, expectsAnswer: boolean): Promise<string | null> {
    const socket = (this.#socket ??= await this.#connect());
    return new Promise((resolve) => {
      let answer: string | null = null;
      let isAlive = false;
      const end = (result: string | null): void => {
        socket.off('message', onMessage);
        socket.off('close', onClose);
        resolve(result);
      };
      const onMessage = (message: Buffer): void => {
        const text = message.toString();
        if (text.includes(`"id":"${SENTINEL}"`)) isAlive = true;
        else if (!text.includes('"method":"eth_subscription"')) answer = text;
        if (isAlive && (answer !== null || !expectsAnswer)) end(answer);
      };
      const onClose = (): void => {
        this.#socket = null;
        end('closed');
      };
      socket.on('message', onMessage);
      socket.on('close', onClose);
      socket.send(data);
      socket.send(SENTINEL_REQUEST);
    });
  }

  #connect(): Promise<WebSocket> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(this.#url);
      socket.once('open', () => {
        resolve(socket);
      });
      // After the opening, an error is followed by the close that everybody waits for.
      socket.on('error', reject);
    });
  }

  close(): void {
    this.#socket?.terminate();
  }
}

/** What the server says before it ends the connection; nothing when it only ends it. */
export function sendRaw(port: number, data: string | Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.end(data);
    });
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(answer);
    });
  });
}
