import type { EthApiPort, EthAsker } from '../../ports/eth-api.ts';
import { methodNotFound, rpcError } from './errors.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What is asked of the execution client. Nothing that isn't here reaches it: nor keys, nor another way to submit. */
const METHODS: ReadonlySet<string> = new Set([
  'web3_clientVersion',
  'web3_sha3',
  'net_version',
  'eth_chainId',
  'eth_blockNumber',
  'eth_gasPrice',
  'eth_maxPriorityFeePerGas',
  'eth_blobBaseFee',
  'eth_feeHistory',
  'eth_getBalance',
  'eth_getCode',
  'eth_getStorageAt',
  'eth_getTransactionCount',
  'eth_getProof',
  'eth_call',
  'eth_estimateGas',
  'eth_createAccessList',
  'eth_getBlockByHash',
  'eth_getBlockByNumber',
  'eth_getBlockReceipts',
  'eth_getBlockTransactionCountByHash',
  'eth_getBlockTransactionCountByNumber',
  'eth_getUncleCountByBlockHash',
  'eth_getUncleCountByBlockNumber',
  'eth_getUncleByBlockHashAndIndex',
  'eth_getUncleByBlockNumberAndIndex',
  'eth_getTransactionByHash',
  'eth_getTransactionByBlockHashAndIndex',
  'eth_getTransactionByBlockNumberAndIndex',
  'eth_getRawTransactionByHash',
  'eth_getRawTransactionByBlockHashAndIndex',
  'eth_getRawTransactionByBlockNumberAndIndex',
  'eth_getTransactionReceipt',
  'eth_getLogs',
]);
const CALLS: ReadonlySet<string> = new Set(['eth_call', 'eth_estimateGas', 'eth_createAccessList']);
const CALL_FIELDS = [
  'from',
  'to',
  'gas',
  'gasPrice',
  'maxFeePerGas',
  'maxPriorityFeePerGas',
  'value',
  'nonce',
  'data',
  'input',
  'accessList',
  'chainId',
  'type',
];
const QUERY_FIELDS = ['address', 'topics', 'fromBlock', 'toBlock', 'blockHash'];
/** Geth takes numbers to 2^63 - 1; what JavaScript can't count is no block of this chain. */
const BLOCK_NUMBER = /^0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,12})$/;
const QUANTITY = /^0x[0-9a-fA-F]{1,64}$/;

/** An execution client within the bounds of wallets, the same for each client. */
export class WalletApi {
  readonly #client: EthApiPort;

  constructor(client: EthApiPort) {
    this.#client = client;
  }

  /** @throws EthApiError */
  async request(method: string, params: readonly unknown[], asker: EthAsker): Promise<unknown> {
    if (!METHODS.has(method)) throw methodNotFound(method);
    if (CALLS.has(method)) {
      return this.#client.request(method, [await this.#capGas(method, params[0], asker), ...params.slice(1)], asker);
    }
    if (method === 'eth_getLogs') return this.#logs(params[0], asker);
    return this.#client.request(method, params, asker);
  }

  async #capGas(method: string, call: unknown, asker: EthAsker): Promise<unknown> {
    if (!isObject(call)) throw rpcError('invalidParams', 'call: an object');
    const known = pick(call, CALL_FIELDS);
    const cap = BigInt(this.#client.bounds().callGasLimit);
    const { gas } = known;
    if (gas === undefined || gas === null) {
      const most = method === 'eth_estimateGas' ? min(cap, await this.#blockGasLimit(asker)) : cap;
      return { ...known, gas: `0x${most.toString(16)}` };
    }
    if (typeof gas !== 'string' || !QUANTITY.test(gas)) throw rpcError('invalidParams', 'gas: a quantity');
    return BigInt(gas) > cap ? { ...known, gas: `0x${cap.toString(16)}` } : known;
  }

  async #blockGasLimit(asker: EthAsker): Promise<bigint> {
    const { gasLimit } = (await this.#client.request('eth_getBlockByNumber', ['latest', false], asker)) as Fields;
    return BigInt(gasLimit as string);
  }

  async #logs(value: unknown, asker: EthAsker): Promise<unknown> {
    let query = logQuery(value);
    const { maxLogRange, maxLogs } = this.#client.bounds();
    const isOneBlock = query['blockHash'] !== undefined && query['blockHash'] !== null;
    if (!isOneBlock) {
      const head = await this.#blockNumber('latest', asker, 0);
      const from = await this.#blockNumber(query['fromBlock'], asker, head);
      const to = await this.#blockNumber(query['toBlock'], asker, head);
      if (from > to) throw rpcError('server', 'invalid block range params');
      if (Math.min(to, head) - from >= maxLogRange)
        throw rpcError('limit', `query spans more than ${maxLogRange} blocks`);
      // Blocks to come have no logs yet, and not every client says so.
      if (from > head) return [];
      query = { ...query, ...toLatest(query, 'fromBlock', from, head), ...toLatest(query, 'toBlock', to, head) };
    }
    const logs = (await this.#client.request('eth_getLogs', [query], asker)) as readonly unknown[];
    // One block's logs are bounded by its gas.
    if (!isOneBlock && logs.length > maxLogs) throw rpcError('limit', `query returned more than ${maxLogs} results`);
    return logs;
  }

  /** Number of the block that `choice` names in a query for logs. */
  async #blockNumber(choice: unknown, asker: EthAsker, head: number): Promise<number> {
    if (typeof choice === 'string' && BLOCK_NUMBER.test(choice)) return Number(choice);
    switch (choice) {
      case undefined:
      case null:
      case 'pending':
        return head;
      case 'earliest':
        return 0;
      case 'latest':
        return Number(await this.#client.request('eth_blockNumber', [], asker));
      case 'safe':
      case 'finalized': {
        const block = await this.#client.request('eth_getBlockByNumber', [choice, false], asker);
        return Number((block as Fields | null)?.['number'] ?? 0);
      }
      default:
        throw rpcError('invalidParams', 'fromBlock, toBlock: a block number or tag');
    }
  }
}

/** A query's end that is at the head or beyond it, in a word that each client knows. */
const toLatest = (query: Fields, end: string, number: number, head: number): Fields =>
  number > head || query[end] === 'pending' ? { [end]: 'latest' } : {};

/**
 * What of a query for logs is known. A client may read names whatever their case, as geth does: what isn't looked at here
 * must not reach it.
 * @throws EthApiError
 */
export function logQuery(value: unknown): Fields {
  if (!isObject(value)) throw rpcError('invalidParams', 'filter: an object');
  return pick(value, QUERY_FIELDS);
}

const pick = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(names.flatMap((name) => (Object.hasOwn(fields, name) ? [[name, fields[name]]] : [])));

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
