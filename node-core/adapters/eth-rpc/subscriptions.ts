import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import { EthApiError, type EthApiPort } from '../../ports/eth-api.ts';
import type { ChainChange, HeadBlock, HeadFeed } from './head-feed.ts';
import { type Handler, type JsonRpc } from './json-rpc.ts';
import { LIMITS } from './limits.ts';

const invalidParams = (message: string): EthApiError => new EthApiError({ code: -32602, message });

/** One WebSocket's client: its requests, and what it subscribed to. */
export class WebSocketSession {
  readonly #socket: WebSocket;
  readonly #api: EthApiPort;
  readonly #feed: HeadFeed;
  /** Ends of its subscriptions, by id. */
  readonly #subscriptions = new Map<string, () => void>();
  /** Notifications leave in order, each after the answer that opened its subscription. */
  #sending: Promise<void> = Promise.resolve();

  constructor(socket: WebSocket, api: EthApiPort, feed: HeadFeed) {
    this.#socket = socket;
    this.#api = api;
    this.#feed = feed;
  }

  /** Answers until the socket closes; `handle` has the methods that need no socket. */
  serve(rpc: JsonRpc, handle: Handler): void {
    const handler: Handler = (method, params) => {
      if (method === 'eth_subscribe') return this.#subscribe(params);
      if (method === 'eth_unsubscribe') return this.#unsubscribe(params);
      return handle(method, params);
    };
    this.#socket.on('message', (message, isBinary) => {
      if (isBinary) {
        this.#socket.close(1003, 'text only');
        return;
      }
      void rpc.answer(String(message), handler).then((answer) => {
        if (answer !== null) this.#send(answer);
      });
    });
    this.#socket.on('close', () => {
      for (const end of this.#subscriptions.values()) end();
      this.#subscriptions.clear();
    });
    // A broken connection is followed by its close.
    this.#socket.on('error', () => undefined);
  }

  async #subscribe([kind, filter]: readonly unknown[]): Promise<string> {
    if (this.#subscriptions.size >= LIMITS.subscriptions) {
      throw new EthApiError({ code: -32005, message: `more than ${LIMITS.subscriptions} subscriptions` });
    }
    if (kind !== 'newHeads' && kind !== 'logs') throw invalidParams('subscriptions: newHeads, logs');
    const query = kind === 'logs' ? await this.#logQuery(filter) : null;
    const id = `0x${randomBytes(16).toString('hex')}`;
    const end = await this.#feed.listen((change) => {
      this.#sending = this.#sending
        .then(() => (query === null ? this.#sendHeads(id, change) : this.#sendLogs(id, change, query)))
        // What can't be read is not told; the socket stays good for the next.
        .catch(() => undefined);
    });
    this.#subscriptions.set(id, end);
    return id;
  }

  /** The filter, once the API has found nothing wrong with it. */
  async #logQuery(filter: unknown): Promise<Readonly<Record<string, unknown>>> {
    const { address, topics } = (filter ?? {}) as Readonly<Record<string, unknown>>;
    const query = { ...(address === undefined ? {} : { address }), ...(topics === undefined ? {} : { topics }) };
    await this.#api.request('eth_getLogs', [{ ...query, fromBlock: 'latest', toBlock: 'latest' }]);
    return query;
  }

  async #unsubscribe([id]: readonly unknown[]): Promise<boolean> {
    const end = typeof id === 'string' ? this.#subscriptions.get(id) : undefined;
    if (end === undefined) throw new EthApiError({ code: -32000, message: 'subscription not found' });
    end();
    return this.#subscriptions.delete(id as string);
  }

  async #sendHeads(id: string, { added }: ChainChange): Promise<void> {
    for (const { header } of added) this.#notify(id, header);
  }

  async #sendLogs(
    id: string,
    { removed, added }: ChainChange,
    query: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const logs = async ({ hash }: HeadBlock): Promise<readonly Record<string, unknown>[]> =>
      (await this.#api.request('eth_getLogs', [{ ...query, blockHash: hash }])) as readonly Record<string, unknown>[];
    for (const block of removed)
      for (const log of (await logs(block)).toReversed()) this.#notify(id, { ...log, removed: true });
    for (const block of added) for (const log of await logs(block)) this.#notify(id, log);
  }

  #notify(id: string, result: unknown): void {
    if (!this.#subscriptions.has(id)) return;
    this.#send(JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params: { subscription: id, result } }));
  }

  #send(text: string): void {
    if (this.#socket.bufferedAmount > LIMITS.unreadBytes) this.#socket.terminate();
    else if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(text);
  }
}
