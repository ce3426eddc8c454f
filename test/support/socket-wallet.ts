import { once } from 'node:events';
import { WebSocket } from 'ws';

export type Json = Readonly<Record<string, unknown>>;

/** A wallet's WebSocket: requests with their answers, and what it was told, in order. */
export class SocketWallet {
  readonly #socket: WebSocket;
  readonly #told: Json[] = [];
  readonly #answers = new Map<number, (answer: Json) => void>();
  #wake: () => void = () => undefined;
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as Json;
      if (typeof message['id'] === 'number') this.#answers.get(message['id'])?.(message);
      else this.#told.push(message['params'] as Json);
      this.#wake();
    });
  }

  static async connect(port: number): Promise<SocketWallet> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    await once(socket, 'open');
    return new SocketWallet(socket);
  }

  ask(method: string, ...params: unknown[]): Promise<Json> {
    const id = ++this.#lastId;
    const answer = new Promise<Json>((resolve) => this.#answers.set(id, resolve));
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return answer;
  }

  async subscribe(...params: unknown[]): Promise<string> {
    return (await this.ask('eth_subscribe', ...params))['result'] as string;
  }

  /** What a subscription was told, as soon as it is `count` things. */
  async told(subscription: string, count: number): Promise<readonly Json[]> {
    for (;;) {
      const results = this.#told
        .filter((each) => each['subscription'] === subscription)
        .map((each) => each['result'] as Json);
      if (results.length >= count) return results;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}
