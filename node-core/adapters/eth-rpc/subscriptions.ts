import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { EthApiPort } from '../../ports/eth-api.ts';
import type { Client } from './client.ts';
import { rpcError } from './errors.ts';
import { checkQuery, logsOfBlock, takenBack } from './filters.ts';
import type { ChainChange, HeadFeed } from './head-feed.ts';
import type { Handler, JsonRpc } from './json-rpc.ts';
import { LIMITS } from './limits.ts';
import type { NodeAnswers } from './node-status.ts';
import { type WalletApi, logQuery } from './wallet-api.ts';

/** What subscriptions are told from. */
export interface Sources {
  readonly wallet: WalletApi;
  readonly client: EthApiPort;
  readonly feed: HeadFeed;
  readonly node: NodeAnswers;
}

type Tell = (result: unknown) => void;
/** Begins to tell, and returns the function that ends it. */
type Begin = (tell: Tell) => Promise<() => void> | (() => void);

/** One WebSocket's client: its requests, and what it subscribed to. */
export class WebSocketSession {
  readonly #socket: WebSocket;
  readonly #client: Client;
  readonly #sources: Sources;
  /** Ends of its subscriptions, by id. */
  readonly #subscriptions = new Map<string, () => void>();
  /** Notifications leave in order, each after the answer that opened its subscription. */
  #sending: Promise<void> = Promise.resolve();
  /** Notifications whose content is still to be read. */
  #unsent = 0;

  constructor(socket: WebSocket, client: Client, sources: Sources) {
    this.#socket = socket;
    this.#client = client;
    this.#sources = sources;
  }

  /** Answers until the socket closes; `handle` has the methods that need no socket. */
  serve(rpc: JsonRpc, handle: Handler): void {
    const handler: Handler = (method, params, asker) => {
      if (method === 'eth_subscribe') return this.#subscribe(params);
      if (method === 'eth_unsubscribe') return this.#unsubscribe(params);
      return handle(method, params, asker);
    };
    this.#socket.on('message', (message, isBinary) => {
      if (isBinary) {
        this.#socket.close(1003, 'text only');
        return;
      }
      void rpc.answer(String(message), handler, this.#client).then((answer) => {
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

  async #subscribe([kind, option]: readonly unknown[]): Promise<string> {
    const begin = await this.#kind(kind, option);
    if (this.#subscriptions.size >= LIMITS.subscriptions) {
      throw rpcError('limit', `more than ${LIMITS.subscriptions} subscriptions`);
    }
    const id = `0x${randomBytes(16).toString('hex')}`;
    // It counts from here on, so that those which are asked for at once are counted too.
    this.#subscriptions.set(id, () => undefined);
    try {
      const end = await begin((result) => {
        this.#notify(id, result);
      });
      if (this.#subscriptions.has(id)) this.#subscriptions.set(id, end);
      else end();
    } catch (error) {
      this.#subscriptions.delete(id);
      throw error;
    }
    return id;
  }

  async #kind(kind: unknown, option: unknown): Promise<Begin> {
    const { client, feed, node, wallet } = this.#sources;
    const onChange = (tell: (change: ChainChange) => Promise<void> | void) =>
      feed.listen((change) => {
        this.#later(() => tell(change));
      });
    switch (kind) {
      case 'newHeads':
        return (tell) =>
          onChange(({ added }) => {
            for (const { header } of added) tell(header);
          });
      case 'logs': {
        const query = logQuery(option ?? {});
        await checkQuery(query, wallet, this.#client.asker);
        return (tell) => onChange((change) => this.#tellLogs(change, query, tell));
      }
      case 'newPendingTransactions': {
        if (option !== undefined && option !== null && typeof option !== 'boolean')
          throw rpcError('invalidParams', 'newPendingTransactions: true for whole transactions');
        return (tell) =>
          client.onPendingTransaction((hash) => {
            this.#later(async () => {
              tell(
                option === true ? await wallet.request('eth_getTransactionByHash', [hash], this.#client.asker) : hash,
              );
            });
          });
      }
      case 'syncing':
        return (tell) => node.onSync(tell);
      default:
        throw rpcError('invalidParams', 'subscriptions: newHeads, logs, newPendingTransactions, syncing');
    }
  }

  /** In order with all else that is told; what can't be read is not told, and the socket stays good for the next. */
  #later(tell: () => Promise<void> | void): void {
    if (this.#unsent >= LIMITS.unsentNotifications) {
      this.#socket.terminate();
      return;
    }
    this.#unsent++;
    this.#sending = this.#sending
      .then(tell)
      .catch(() => undefined)
      .finally(() => this.#unsent--);
  }

  async #unsubscribe([id]: readonly unknown[]): Promise<boolean> {
    const end = typeof id === 'string' ? this.#subscriptions.get(id) : undefined;
    if (end === undefined) throw rpcError('server', 'subscription not found');
    end();
    return this.#subscriptions.delete(id as string);
  }

  async #tellLogs(
    { removed, added }: ChainChange,
    query: Readonly<Record<string, unknown>>,
    tell: Tell,
  ): Promise<void> {
    const { wallet } = this.#sources;
    const { asker } = this.#client;
    for (const { hash } of removed)
      for (const log of takenBack(await logsOfBlock(query, hash, wallet, asker))) tell(log);
    for (const { hash } of added) for (const log of await logsOfBlock(query, hash, wallet, asker)) tell(log);
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
