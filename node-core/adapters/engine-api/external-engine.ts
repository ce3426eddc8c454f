import { setTimeout as sleep } from 'node:timers/promises';
import type { Transaction } from 'ethers';
import { DEFAULT_RPC_BOUNDS, type RpcBounds } from '../../config/rpc-bounds.ts';
import type { ExecutionPayload } from '../../domain/consensus/types.ts';
import { EthApiError, type EthApiPort, type EthAsker } from '../../ports/eth-api.ts';
import type {
  ExecutionLog,
  ExecutionPort,
  ExecutionStatus,
  PayloadRequest,
  Reconfigured,
} from '../../ports/execution.ts';
import { ServiceError } from '../../primitives/errors.ts';
import { type Hex, isHex } from '../../primitives/hex.ts';
import {
  type BlockHeight,
  type BlockRoot,
  type EvmBlockHash,
  type EvmTxHash,
  evmAddress,
} from '../../primitives/ids.ts';
import { wei } from '../../primitives/units.ts';
import {
  attributesToWire,
  payloadToWire,
  type BlockSummary,
  readBlockSummary,
  readBuiltPayload,
  readBytes,
  readForkchoiceAnswer,
  readHash,
  readNames,
  readPayloadStatus,
  readReceipts,
} from './convert.ts';
import { changeBounds } from './change-bounds.ts';
import { HeavyPlaces } from './heavy-places.ts';
import { JsonRpcClient, RpcFailure, malformed } from './json-rpc-client.ts';
import { BLOB_TYPE_PREFIX, decodeTransaction, transactionRefused } from './submitted.ts';

export interface ExternalEngineOptions {
  /** Engine API, mostly port 8551. */
  readonly engineUrl: string;
  /** Wallet JSON-RPC of the same client, mostly port 8545. */
  readonly rpcUrl: string;
  /** 32 bytes, shared with the client by file. */
  readonly jwtSecret: Uint8Array;
  readonly timeoutMs: number;
  /** Block 0 of this network, which the client must have too. */
  readonly genesis: ExecutionPayload;
}

type Submitted = Awaited<ReturnType<ExecutionPort['submitTransaction']>>;
type Forkchoice = Parameters<ExecutionPort['setForkchoice']>[0];

const REQUIRED = ['engine_newPayloadV3', 'engine_forkchoiceUpdatedV3', 'engine_getPayloadV3'];
/** Share of a building budget that the client gets before its payload is fetched. */
const WAIT_SHARE = 0.8;
const INVALID_FORKCHOICE = -38002;
const METHOD_NOT_FOUND = -32601;
/** In the words of the embedded EVM. */
const OUT_OF_TIME = 'execution aborted: its time is over';

/** An execution client of its own process, as geth and reth are, over the Engine API V3. */
export class ExternalEngine implements ExecutionPort, EthApiPort {
  readonly #options: ExternalEngineOptions;
  readonly #engine: JsonRpcClient;
  readonly #rpc: JsonRpcClient;
  readonly #headListeners = new Set<(blockHash: Hex) => void>();
  readonly #pendingListeners = new Set<(evmTxHash: Hex) => void>();
  readonly #heavyPlaces: HeavyPlaces;
  #forkchoice: Forkchoice;
  #bounds = DEFAULT_RPC_BOUNDS;

  constructor(options: ExternalEngineOptions) {
    this.#options = options;
    this.#engine = new JsonRpcClient({
      url: options.engineUrl,
      jwtSecret: options.jwtSecret,
      timeoutMs: options.timeoutMs,
    });
    this.#rpc = new JsonRpcClient({ url: options.rpcUrl, jwtSecret: null, timeoutMs: options.timeoutMs });
    const { blockHash, gasLimit } = options.genesis;
    this.#heavyPlaces = new HeavyPlaces((method, params) => this.#onRpc(method, params), gasLimit);
    this.#forkchoice = { head: blockHash, safe: blockHash, finalized: blockHash };
  }

  /** @throws ServiceError `ENGINE_INCOMPATIBLE` when it lacks a method, `GENESIS_MISMATCH` when it is of another chain. */
  async genesis(): Promise<ExecutionPayload> {
    const method = 'engine_exchangeCapabilities';
    const capabilities = readNames(method, await this.#onEngine(method, [REQUIRED]));
    const missing = REQUIRED.filter((name) => !capabilities.includes(name));
    if (missing.length > 0) {
      throw new ServiceError('ENGINE_INCOMPATIBLE', `the execution client lacks ${missing.join(', ')}`, { missing });
    }
    const { genesis } = this.#options;
    const block = readBlockSummary('eth_getBlockByNumber', await this.#onRpc('eth_getBlockByNumber', ['0x0', false]));
    if (block?.hash !== genesis.blockHash) {
      throw new ServiceError('GENESIS_MISMATCH', "the execution client's block 0 is not this network's", {
        expected: genesis.blockHash,
        found: block?.hash ?? null,
      });
    }
    return genesis;
  }

  async build(request: PayloadRequest): Promise<ExecutionPayload> {
    const choice = { ...this.#forkchoice, head: request.parentHash };
    const { payloadStatus, payloadId } = await this.#updateForkchoice(choice, attributesToWire(request));
    if (payloadStatus.status !== 'VALID') {
      throw new ServiceError('UNKNOWN_PARENT', 'the execution client does not have the parent', {
        parentHash: request.parentHash,
        status: payloadStatus.status,
      });
    }
    if (payloadId === undefined || payloadId === null) {
      // Clients don't build on an ancestor of their head.
      throw new ServiceError('ENGINE_REFUSED', 'the execution client does not build on this parent', {
        parentHash: request.parentHash,
      });
    }
    await sleep(request.timeBudgetMs * WAIT_SHARE);
    const method = 'engine_getPayloadV3';
    const payload = readBuiltPayload(method, await this.#onEngine(method, [payloadId]));
    if (payload.parentHash !== request.parentHash) throw malformed(method, 'the payload is on another parent');
    if (payload.transactions.some((raw) => raw.startsWith(BLOB_TYPE_PREFIX))) {
      throw malformed(method, 'the payload has a blob transaction');
    }
    return payload;
  }

  async execute(payload: ExecutionPayload, parentBeaconBlockRoot: BlockRoot): Promise<ExecutionStatus> {
    if (payload.transactions.some((raw) => raw.startsWith(BLOB_TYPE_PREFIX))) {
      return { status: 'INVALID', reason: 'blobs are not part of this chain' };
    }
    const method = 'engine_newPayloadV3';
    let answer: unknown;
    try {
      answer = await this.#engine.call(method, [payloadToWire(payload), [], parentBeaconBlockRoot]);
    } catch (error) {
      // A payload that is not even one gets an error for an answer.
      if (error instanceof RpcFailure && error.code === -32602) return { status: 'INVALID', reason: error.message };
      throw toServiceError(error, method);
    }
    const { status, validationError } = readPayloadStatus(method, answer);
    if (status === 'INVALID') return { status, reason: validationError ?? 'the execution client gave no reason' };
    if (status !== 'VALID') return { status: 'SYNCING' };
    return { status, burnedFeesWei: wei(payload.gasUsed * payload.baseFeePerGas), staged: null };
  }

  async setForkchoice(choice: Forkchoice): Promise<void> {
    await this.#moveTo(choice);
    const latest = await this.#latest();
    if (latest.hash !== choice.head && (await this.#isAhead(choice.head, latest)))
      await this.#forgetAbove(latest, choice);
    this.#heavyPlaces.headMoved(latest);
    const moved = this.#forkchoice.head !== choice.head;
    this.#forkchoice = choice;
    if (moved) for (const listener of this.#headListeners) listener(choice.head);
  }

  async #moveTo(choice: Forkchoice): Promise<void> {
    const { payloadStatus } = await this.#updateForkchoice(choice, null);
    if (payloadStatus.status === 'VALID') return;
    throw new ServiceError('UNKNOWN_BLOCK', 'the execution client does not have the head', {
      head: choice.head,
      status: payloadStatus.status,
    });
  }

  async #latest(): Promise<BlockSummary> {
    const method = 'eth_getBlockByNumber';
    const block = readBlockSummary(method, await this.#onRpc(method, ['latest', false]));
    if (block === null) throw malformed(method, 'there is no latest block');
    return block;
  }

  async #isAhead(hash: EvmBlockHash, { number }: BlockSummary): Promise<boolean> {
    const method = 'eth_getBlockByHash';
    const block = readBlockSummary(method, await this.#onRpc(method, [hash, false]));
    return block !== null && block.number > number;
  }

  /**
   * After a crash geth may have lost the states of its newest blocks and kept the blocks: it then calls a head among them
   * valid, says that it has it already, and stays where it is. Those that were final lie in its ancient store, which nothing
   * but `debug_setHead` takes them out of. Without them it is led along the store's blocks like one that never had them.
   * @throws ServiceError `UNKNOWN_BLOCK` once they are gone, `ENGINE_STUCK` when the operator has to act.
   */
  async #forgetAbove({ hash, number }: BlockSummary, { head }: Forkchoice): Promise<never> {
    const lost = `the execution client lost the states of its blocks above ${number}`;
    const method = 'debug_setHead';
    try {
      await this.#rpc.call(method, [`0x${number.toString(16)}`]);
    } catch (error) {
      if (!(error instanceof RpcFailure)) throw error;
      const { code, message } = error;
      const cure =
        code === METHOD_NOT_FOUND
          ? 'start geth with debug among its --http.api, or begin anew with an empty data folder'
          : `${method} answers "${message}"; begin anew with an empty data folder`;
      throw new ServiceError('ENGINE_STUCK', `${lost} and keeps the blocks: ${cure}`, { head, number, rpcCode: code });
    }
    // A geth that finds itself back at block 0 waits for peers to sync from, and takes no payload, until its head is chosen.
    const { blockHash } = this.#options.genesis;
    await this.#moveTo({ head: hash, safe: blockHash, finalized: blockHash });
    throw new ServiceError('UNKNOWN_BLOCK', lost, { head, number });
  }

  async #updateForkchoice(
    { head, safe, finalized }: Forkchoice,
    attributes: object | null,
  ): Promise<ReturnType<typeof readForkchoiceAnswer>> {
    const method = 'engine_forkchoiceUpdatedV3';
    const state = { headBlockHash: head, safeBlockHash: safe, finalizedBlockHash: finalized };
    try {
      return readForkchoiceAnswer(method, await this.#engine.call(method, [state, attributes]));
    } catch (error) {
      if (error instanceof RpcFailure && error.code === INVALID_FORKCHOICE) {
        throw new ServiceError('UNKNOWN_BLOCK', `the execution client refused the chain: ${error.message}`, { head });
      }
      throw toServiceError(error, method);
    }
  }

  async logs(blockHash: EvmBlockHash, _height: BlockHeight): Promise<readonly ExecutionLog[]> {
    const method = 'eth_getBlockReceipts';
    const receipts = readReceipts(method, await this.#onRpc(method, [blockHash]));
    if (receipts === null) {
      throw new ServiceError('UNKNOWN_BLOCK', 'the execution client does not have the block', { blockHash });
    }
    return receipts.flatMap(({ status, from, to, logs }) =>
      status === '0x0'
        ? []
        : logs.map(({ transactionHash, ...log }) => ({
            ...log,
            evmTxHash: transactionHash,
            contractCreation: to === null,
            sender: from,
          })),
    );
  }

  async submitTransaction(raw: Hex): Promise<Submitted> {
    const transaction = decodeTransaction(raw);
    return this.#heavyPlaces.handOver(raw, transaction, () => this.#send(raw, transaction));
  }

  async #send(raw: Hex, transaction: Transaction): Promise<Submitted> {
    const to = transaction.to === null ? null : evmAddress(transaction.to);
    const method = 'eth_sendRawTransaction';
    try {
      const evmTxHash = readHash(method, await this.#rpc.call(method, [raw]));
      for (const listener of this.#pendingListeners) listener(evmTxHash);
      return { evmTxHash, to, alreadyKnown: false };
    } catch (error) {
      if (!(error instanceof RpcFailure)) throw error;
      if (/already known/i.test(error.message)) {
        return { evmTxHash: transaction.hash as EvmTxHash, to, alreadyKnown: true };
      }
      throw transactionRefused(error.message, error.code);
    }
  }

  async pendingTransactions(limit: number): Promise<readonly Hex[]> {
    const { pending } = (await this.#onRpc('txpool_content', [])) as {
      readonly pending?: Readonly<Record<string, Readonly<Record<string, { readonly hash?: unknown }>>>>;
    };
    const hashes = Object.values(pending ?? {}).flatMap((byNonce) => Object.values(byNonce).map(({ hash }) => hash));
    const found: Hex[] = [];
    for (const hash of hashes.slice(0, limit)) {
      const raw = readBytes('eth_getRawTransactionByHash', await this.#onRpc('eth_getRawTransactionByHash', [hash]));
      // Empty when it left the pool since.
      if (raw !== '0x') found.push(raw);
    }
    return found;
  }

  async reconfigure(settings: string): Promise<Reconfigured> {
    const changed = changeBounds(this.#bounds, settings);
    if (!changed.ok) return { applied: false, reasons: changed.reasons };
    this.#bounds = changed.bounds;
    return { applied: true };
  }

  async settings(): Promise<string> {
    return JSON.stringify({ rpc: this.#bounds });
  }

  async request(method: string, params: readonly unknown[], asker?: EthAsker): Promise<unknown> {
    const timeoutMs = Math.min(this.#options.timeoutMs, this.#bounds.callTimeoutMs);
    try {
      return await this.#rpc.call(method, params, timeoutMs, asker?.signal);
    } catch (error) {
      throw toWalletError(error);
    }
  }

  onHead(listener: (blockHash: Hex) => void): () => void {
    this.#headListeners.add(listener);
    return () => this.#headListeners.delete(listener);
  }

  onPendingTransaction(listener: (evmTxHash: Hex) => void): () => void {
    this.#pendingListeners.add(listener);
    return () => this.#pendingListeners.delete(listener);
  }

  bounds(): RpcBounds {
    return this.#bounds;
  }

  async #onEngine(method: string, params: readonly unknown[]): Promise<unknown> {
    return this.#engine.call(method, params).catch((error: unknown) => {
      throw toServiceError(error, method);
    });
  }

  async #onRpc(method: string, params: readonly unknown[]): Promise<unknown> {
    return this.#rpc.call(method, params).catch((error: unknown) => {
      throw toServiceError(error, method);
    });
  }
}

/** What the other side refused without a reason that this node knows how to act on. */
function toServiceError(error: unknown, method: string): unknown {
  if (!(error instanceof RpcFailure)) return error;
  return new ServiceError('ENGINE_REFUSED', `${method}: ${error.message}`, { method, rpcCode: error.code });
}

/** The client's own answer as it is; or that it gave none. */
function toWalletError(error: unknown): unknown {
  if (error instanceof RpcFailure) {
    const { code, message, data } = error;
    return new EthApiError({ code, message, ...(isHex(data) ? { data } : {}) });
  }
  if (!(error instanceof ServiceError)) return error;
  const message = error.code === 'ENGINE_TIMEOUT' ? OUT_OF_TIME : "the execution client can't be asked";
  return new EthApiError({ code: -32000, message });
}
