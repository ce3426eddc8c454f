import { randomBytes } from 'node:crypto';
import type { EthApiPort, EthAsker } from '../../ports/eth-api.ts';
import type { Hex } from '../../primitives/hex.ts';
import { rpcError } from './errors.ts';
import type { HeadFeed } from './head-feed.ts';
import { Journal } from './journal.ts';
import { type WalletApi, logQuery } from './wallet-api.ts';

/** Blocks and transactions that are remembered for filters which are slow to ask; older ones they miss. */
const MAX_BLOCKS = 2000;
const MAX_TRANSACTIONS = 8192;

type Query = Readonly<Record<string, unknown>>;
type Log = Readonly<Record<string, unknown>>;
interface Filter {
  readonly kind: 'logs' | 'blocks' | 'transactions';
  readonly query: Query;
  /** Up to where in its journal its owner was told. */
  told: number;
  usedMs: number;
}

export interface FiltersOptions {
  readonly client: EthApiPort;
  readonly wallet: WalletApi;
  readonly feed: HeadFeed;
  /** Milliseconds from any start. */
  readonly clock: () => number;
}

type FilterMethod = (params: readonly unknown[], asker: EthAsker) => Promise<unknown>;

/**
 * Filters that are asked for their news, of any client. What happened is kept once for all of them; logs are looked up
 * when they are asked for. Those that nobody asks for are forgotten.
 */
export class Filters {
  readonly #options: FiltersOptions;
  /** By ids that can't be guessed, so that nobody takes another's news. */
  readonly #filters = new Map<string, Filter>();
  readonly #blocks = new Journal<{ readonly hash: Hex; readonly removed: boolean }>(MAX_BLOCKS);
  readonly #transactions = new Journal<Hex>(MAX_TRANSACTIONS);
  #listening: Promise<unknown> | null = null;

  constructor(options: FiltersOptions) {
    this.#options = options;
  }

  readonly methods: Readonly<Record<string, FilterMethod>> = {
    eth_newFilter: async ([value], asker) => {
      const query = logQuery(value);
      await checkQuery(query, this.#options.wallet, asker);
      return this.#open('logs', query);
    },
    eth_newBlockFilter: () => this.#open('blocks', {}),
    eth_newPendingTransactionFilter: () => this.#open('transactions', {}),
    eth_getFilterChanges: async ([id], asker) => {
      const filter = this.#require(id);
      // What a client sees by asking for the head is in the news as well.
      await this.#options.feed.settled();
      return this.#news(filter, asker);
    },
    eth_getFilterLogs: async ([id], asker) => {
      const { kind, query } = this.#require(id);
      if (kind !== 'logs') throw notFound();
      return this.#options.wallet.request('eth_getLogs', [query], asker);
    },
    eth_uninstallFilter: async ([id]) => this.#filters.delete(filterId(id)),
  };

  async #open(kind: Filter['kind'], query: Query): Promise<Hex> {
    const { client, clock } = this.#options;
    await (this.#listening ??= this.#listen());
    this.#forgetIdle();
    const { maxFilters } = client.bounds();
    if (this.#filters.size >= maxFilters) throw rpcError('limit', `more than ${maxFilters} filters`);
    const id: Hex = `0x${randomBytes(16).toString('hex')}`;
    const told = kind === 'transactions' ? this.#transactions.end : this.#blocks.end;
    this.#filters.set(id, { kind, query, told, usedMs: clock() });
    return id;
  }

  /** Follows the chain and the pool from the first filter on. */
  async #listen(): Promise<void> {
    const { client, feed } = this.#options;
    await feed.listen(({ removed, added }) => {
      for (const { hash } of removed) this.#blocks.push({ hash, removed: true });
      for (const { hash } of added) this.#blocks.push({ hash, removed: false });
    });
    client.onPendingTransaction((hash) => {
      this.#transactions.push(hash);
    });
  }

  async #news(filter: Filter, asker: EthAsker): Promise<readonly unknown[]> {
    if (filter.kind === 'transactions') {
      const hashes = this.#transactions.since(filter.told);
      filter.told = this.#transactions.end;
      return hashes;
    }
    const blocks = this.#blocks.since(filter.told);
    filter.told = this.#blocks.end;
    if (filter.kind === 'blocks') return blocks.filter(({ removed }) => !removed).map(({ hash }) => hash);
    const { maxLogs } = this.#options.client.bounds();
    const news: Log[] = [];
    for (const { hash, removed } of blocks) {
      const logs = await logsOfBlock(filter.query, hash, this.#options.wallet, asker);
      news.push(...(removed ? takenBack(logs) : logs));
      if (news.length > maxLogs) throw rpcError('limit', `the news are more than ${maxLogs} logs`);
    }
    return news;
  }

  #require(id: unknown): Filter {
    this.#forgetIdle();
    const filter = this.#filters.get(filterId(id));
    if (filter === undefined) throw notFound();
    filter.usedMs = this.#options.clock();
    return filter;
  }

  #forgetIdle(): void {
    const { client, clock } = this.#options;
    const oldest = clock() - client.bounds().filterIdleMs;
    for (const [id, { usedMs }] of this.#filters) if (usedMs < oldest) this.#filters.delete(id);
  }
}

const notFound = (): Error => rpcError('server', 'filter not found');

function filterId(value: unknown): string {
  if (typeof value !== 'string' || !/^0x[0-9a-f]{1,64}$/i.test(value))
    throw rpcError('invalidParams', 'filter: the id that it was opened with');
  return value.toLowerCase();
}

/** @throws EthApiError when the client finds something wrong with the addresses or topics. */
export async function checkQuery({ address, topics }: Query, wallet: WalletApi, asker: EthAsker): Promise<void> {
  await wallet.request('eth_getLogs', [{ address, topics, fromBlock: 'latest', toBlock: 'latest' }], asker);
}

/** The logs of one block that a query asks for, whatever range it names. */
export async function logsOfBlock(
  { address, topics }: Query,
  blockHash: Hex,
  wallet: WalletApi,
  asker: EthAsker,
): Promise<readonly Log[]> {
  return (await wallet.request('eth_getLogs', [{ address, topics, blockHash }], asker)) as readonly Log[];
}

/** What is told of logs when their block leaves the chain. */
export const takenBack = (logs: readonly Log[]): readonly Log[] =>
  logs.toReversed().map((log) => ({ ...log, removed: true }));
