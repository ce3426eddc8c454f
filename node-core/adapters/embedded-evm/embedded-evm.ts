import type { Common } from '@ethereumjs/common';
import type { Network } from '../../config/network.ts';
import type { RpcBounds } from '../../config/rpc-bounds.ts';
import type { ExecutionPayload } from '../../domain/consensus/types.ts';
import type {
  ExecutionLog,
  ExecutionPort,
  ExecutionStatus,
  PayloadRequest,
  Reconfigured,
  StagedState,
} from '../../ports/execution.ts';
import type { EthApiPort, EthAsker } from '../../ports/eth-api.ts';
import { AlysError, ServiceError } from '../../primitives/errors.ts';
import { type Hex, hexToBytes } from '../../primitives/hex.ts';
import {
  type BlockHeight,
  type BlockRoot,
  type EvmAddress,
  type EvmBlockHash,
  type EvmTxHash,
  blockHeight,
} from '../../primitives/ids.ts';
import { wei } from '../../primitives/units.ts';
import { BlockExecutor, type BlockOutcome } from './block-executor.ts';
import { BlockFiller } from './block-filler.ts';
import type { BridgeArtefact } from './bridge-artefact.ts';
import { CallExecutor } from './call-executor.ts';
import { chainCommon } from './chain-common.ts';
import { ChainIndex } from './chain-index.ts';
import type { CallExecutors } from './eth-api/call-lanes.ts';
import { EthApi } from './eth-api/eth-api.ts';
import { type ExecutedBlock, burnedFees, encodeExecutedBlock } from './executed-block.ts';
import { DEFAULT_EXECUTION_CONFIG, type ExecutionConfig, changeConfig } from './execution-config.ts';
import { nextBaseFee, nextGasLimit } from './fees.ts';
import { genesisAllocation, genesisBlock, genesisState } from './genesis.ts';
import { JobQueue } from './job-queue.ts';
import { type UnhashedPayload, executedBlock, headerHash, payloadHeader } from './payload.ts';
import { validatePayload } from './payload-rules.ts';
import { decodeSubmitted } from './pool/submitted.ts';
import { type PoolAccount, type PoolChain, TransactionPool } from './pool/transaction-pool.ts';
import { senderThreads } from './senders/sender-threads.ts';
import { StateView } from './state/accounts.ts';
import { NodeStore, durableMark } from './state/node-store.ts';
import type { StateReader } from './state/state-reader.ts';
import { decodeTransaction, rawTxHash } from './transactions.ts';

/** Jobs that may wait for the one engine. */
const MAX_WAITING_JOBS = 1024;
/** Share of a building budget for transactions; the rest is for the roots. */
const EXECUTION_SHARE = 0.7;

export interface EmbeddedEvmOptions {
  readonly network: Network;
  readonly bridge: BridgeArtefact;
  readonly state: StateReader;
  readonly config?: ExecutionConfig;
  /** Milliseconds from any start; measures time budgets. */
  readonly clock?: () => number;
}

/** The `@ethereumjs` EVM as this node's execution client, its state in the node's store. */
export class EmbeddedEvm implements ExecutionPort, EthApiPort {
  readonly #network: Network;
  readonly #common: Common;
  readonly #nodes: NodeStore;
  readonly #chain: ChainIndex;
  readonly #executor: BlockExecutor;
  readonly #pool: TransactionPool;
  readonly #filler: BlockFiller;
  readonly #api: EthApi;
  readonly #clock: () => number;
  readonly #jobs = new JobQueue(MAX_WAITING_JOBS);
  readonly #headListeners = new Set<(blockHash: Hex) => void>();
  readonly #pendingListeners = new Set<(evmTxHash: Hex) => void>();
  readonly #givenUpListeners = new Set<(evmTxHash: EvmTxHash, reason: string) => void>();
  /** Staged states of valid blocks that the store may lack. */
  readonly #staged = new Map<EvmBlockHash, StagedState>();
  #config: ExecutionConfig;
  /** What building the last payload gave: its own execution needs no second run. */
  #lastBuilt: { readonly block: ExecutedBlock; readonly outcome: BlockOutcome } | null = null;

  private constructor(
    options: EmbeddedEvmOptions,
    parts: { common: Common; nodes: NodeStore; chain: ChainIndex; executor: BlockExecutor; callers: CallExecutors },
  ) {
    this.#network = options.network;
    this.#config = options.config ?? DEFAULT_EXECUTION_CONFIG;
    this.#clock = options.clock ?? (() => performance.now());
    this.#common = parts.common;
    this.#nodes = parts.nodes;
    this.#chain = parts.chain;
    this.#executor = parts.executor;
    const view = new StateView((hash) => this.#nodes.get(hash));
    const chain = this.#chain;
    const poolChain: PoolChain = {
      account: (address): PoolAccount => {
        const account = view.account(hexToBytes(chain.head.payload.stateRoot), hexToBytes(address));
        return {
          nonce: account?.nonce ?? 0n,
          balanceWei: account?.balance ?? 0n,
          hasCode: account?.isContract() ?? false,
        };
      },
      get gasLimit() {
        return chain.head.payload.gasLimit;
      },
      get baseFeeWei() {
        return nextBaseFee(chain.head.payload);
      },
    };
    this.#pool = new TransactionPool(this.#config, poolChain, (evmTxHash, reason) => {
      for (const listener of this.#givenUpListeners) listener(evmTxHash, reason);
    });
    this.#filler = new BlockFiller(this.#pool, this.#executor, this.#clock);
    this.#api = new EthApi({
      chain,
      view,
      pool: this.#pool,
      callers: parts.callers,
      common: this.#common,
      config: () => this.#config,
      clock: this.#clock,
    });
  }

  /** Sets the EVM up with block 0 as its chain. `setForkchoice` leads it to the stored head. */
  static async create(options: EmbeddedEvmOptions): Promise<EmbeddedEvm> {
    const common = chainCommon(options.network.chainId);
    const { root, nodes } = await genesisState(genesisAllocation(options.network, options.bridge));
    const store = new NodeStore(options.state, nodes);
    const chain = new ChainIndex(store, genesisBlock(options.network, common, root));
    const clock = options.clock ?? (() => performance.now());
    const executor = await BlockExecutor.create(common, store, clock);
    const callers = {
      quick: await CallExecutor.create(common, store, clock),
      patient: await CallExecutor.create(common, store, clock),
    };
    return new EmbeddedEvm(options, { common, nodes: store, chain, executor, callers });
  }

  async genesis(): Promise<ExecutionPayload> {
    return this.#chain.genesis.payload;
  }

  async reconfigure(settings: string): Promise<Reconfigured> {
    const changed = changeConfig(this.#config, settings, this.#network.gasLimit);
    if (!changed.ok) return { applied: false, reasons: changed.reasons };
    this.#config = changed.config;
    this.#pool.configure(changed.config);
    return { applied: true };
  }

  async settings(): Promise<string> {
    return JSON.stringify(this.#config);
  }

  build(request: PayloadRequest): Promise<ExecutionPayload> {
    return this.#jobs.run(() => this.#build(request));
  }

  async #build(request: PayloadRequest): Promise<ExecutionPayload> {
    const startMs = this.#clock();
    const parent = this.#chain.block(request.parentHash);
    if (parent === undefined) {
      throw new ServiceError('UNKNOWN_PARENT', 'the parent was not executed here', { parentHash: request.parentHash });
    }
    const baseFeeWei = nextBaseFee(parent.payload);
    const gasLimit = nextGasLimit(
      parent.payload.gasLimit,
      BigInt(this.#config.gasLimitTarget ?? this.#network.gasLimit),
    );
    const blockNumber = blockHeight(parent.payload.blockNumber + 1);
    const environment = { ...request, number: BigInt(blockNumber), gasLimit, baseFeeWei };
    await this.#executor.begin(parent.payload.stateRoot, environment, this.#chain.ancestorHash(parent));
    let transactions: readonly Hex[];
    let outcome: BlockOutcome;
    try {
      transactions = await this.#filler.fill(baseFeeWei, startMs, startMs + request.timeBudgetMs * EXECUTION_SHARE);
      outcome = await this.#executor.finish(request.withdrawals);
    } catch (error) {
      this.#executor.abort();
      throw error;
    }
    const unhashed: UnhashedPayload = {
      parentHash: request.parentHash,
      feeRecipient: request.feeRecipient,
      stateRoot: outcome.stateRoot,
      receiptsRoot: outcome.receiptsRoot,
      logsBloom: outcome.logsBloom,
      prevRandao: request.prevRandao,
      blockNumber,
      gasLimit,
      gasUsed: outcome.gasUsed,
      timestampS: request.timestampS,
      extraData: '0x',
      baseFeePerGas: wei(baseFeeWei),
      transactions,
      withdrawals: request.withdrawals,
      blobGasUsed: 0n,
      excessBlobGas: 0n,
    };
    const { parentBeaconBlockRoot } = request;
    const header = payloadHeader(this.#common, unhashed, parentBeaconBlockRoot);
    const payload = { ...unhashed, blockHash: headerHash(header) };
    this.#lastBuilt = { block: executedBlock(header, payload, parentBeaconBlockRoot, outcome.receipts), outcome };
    return payload;
  }

  execute(payload: ExecutionPayload, parentBeaconBlockRoot: BlockRoot): Promise<ExecutionStatus> {
    return this.#jobs.run(() => this.#execute(payload, parentBeaconBlockRoot));
  }

  async #execute(payload: ExecutionPayload, parentBeaconBlockRoot: BlockRoot): Promise<ExecutionStatus> {
    const parent = this.#chain.block(payload.parentHash);
    if (parent === undefined) return { status: 'SYNCING' };
    const refusal = validatePayload(payload, parent.payload, parentBeaconBlockRoot);
    if (refusal !== null) return { status: 'INVALID', reason: refusal };
    // The hash is of all that the payload says, so that one hash stands for one execution.
    const header = payloadHeader(this.#common, payload, parentBeaconBlockRoot);
    const blockHash = headerHash(header);
    if (blockHash !== payload.blockHash) return { status: 'INVALID', reason: `blockHash is not ${blockHash}` };
    if (this.#chain.block(blockHash) !== undefined) return this.#valid(payload);
    if (this.#lastBuilt?.block.payload.blockHash === blockHash) {
      this.#accept(this.#lastBuilt.block, this.#lastBuilt.outcome);
      return this.#valid(payload);
    }
    const run = await this.#run(payload, parentBeaconBlockRoot, parent);
    if (typeof run === 'string') return { status: 'INVALID', reason: run };
    this.#accept(executedBlock(header, payload, parentBeaconBlockRoot, run.receipts), run);
    return this.#valid(payload);
  }

  #valid(payload: ExecutionPayload): ExecutionStatus {
    const staged = this.#nodes.isDurable(payload.blockHash) ? null : (this.#staged.get(payload.blockHash) ?? null);
    return { status: 'VALID', burnedFeesWei: burnedFees(payload), staged };
  }

  /** Executes a payload whose form is valid; a text says why it isn't. */
  async #run(
    payload: ExecutionPayload,
    parentBeaconBlockRoot: BlockRoot,
    parent: ExecutedBlock,
  ): Promise<BlockOutcome | string> {
    const environment = {
      ...payload,
      number: BigInt(payload.blockNumber),
      baseFeeWei: payload.baseFeePerGas,
      parentBeaconBlockRoot,
    };
    await this.#executor.begin(parent.payload.stateRoot, environment, this.#chain.ancestorHash(parent));
    try {
      const pooled = payload.transactions.map((raw) => this.#pool.get(rawTxHash(raw)));
      const unknown = payload.transactions.filter((_, index) => pooled[index] === undefined);
      const senderOf = senderThreads.find(unknown, this.#network.chainId);
      for (const [index, raw] of payload.transactions.entries()) {
        try {
          await this.#executor.apply(pooled[index] ?? decodeTransaction(raw, this.#common, await senderOf(raw)));
        } catch (error) {
          if (error instanceof AlysError) throw error;
          this.#executor.abort();
          return `transaction ${index}: ${(error as Error).message}`;
        }
      }
      const outcome = await this.#executor.finish(payload.withdrawals);
      for (const field of ['stateRoot', 'receiptsRoot', 'logsBloom', 'gasUsed'] as const) {
        if (outcome[field] !== payload[field]) return `${field} is ${payload[field]}, execution gave ${outcome[field]}`;
      }
      return outcome;
    } catch (error) {
      this.#executor.abort();
      throw error;
    }
  }

  #accept(block: ExecutedBlock, outcome: BlockOutcome): void {
    const { blockHash, blockNumber } = block.payload;
    const receipts = encodeExecutedBlock(block);
    const { created, replaced, code } = outcome.changes;
    const nodes = [...code, ...this.#chain.takeUnindexed(blockHash), durableMark(blockHash)];
    this.#nodes.stage(blockHash, blockNumber, [...created, ...nodes], receipts);
    this.#chain.add(block);
    for (const known of this.#staged.keys()) {
      if (this.#nodes.isHeld(known)) break;
      this.#staged.delete(known);
    }
    const trie = { created, replaced, keepBlocks: this.#config.keepStateBlocks };
    this.#staged.set(blockHash, { blockHash, nodes, trie, receipts });
  }

  async setForkchoice(choice: {
    readonly head: EvmBlockHash;
    readonly safe: EvmBlockHash;
    readonly finalized: EvmBlockHash;
  }): Promise<void> {
    return this.#jobs.run(async () => {
      const before = this.#chain.head.payload.blockHash;
      const { removed, added } = this.#chain.setForkchoice(choice);
      const senders = new Set<EvmAddress>(added.flatMap(({ receipts }) => receipts.map(({ sender }) => sender)));
      const orphaned = removed.flatMap(({ payload }) =>
        payload.transactions.map((raw) => decodeTransaction(raw, this.#common)),
      );
      this.#pool.onHeadMoved(senders, orphaned);
      if (before === choice.head) return;
      for (const listener of this.#headListeners) listener(choice.head);
    });
  }

  async logs(blockHash: EvmBlockHash, _height: BlockHeight): Promise<readonly ExecutionLog[]> {
    const block = this.#chain.block(blockHash);
    if (block === undefined) {
      throw new ServiceError('UNKNOWN_BLOCK', 'the block was not executed here', { blockHash });
    }
    return block.receipts
      .flatMap(({ logs, evmTxHash, to, sender }, transactionIndex) =>
        logs.map((log) => ({ ...log, evmTxHash, transactionIndex, contractCreation: to === null, sender })),
      )
      .map((log, logIndex) => ({ ...log, logIndex }));
  }

  async submitTransaction(
    raw: Hex,
  ): Promise<{ readonly evmTxHash: EvmTxHash; readonly to: EvmAddress | null; readonly alreadyKnown: boolean }> {
    const transaction = decodeSubmitted(raw, this.#common, this.#config.pool.maxTransactionBytes);
    const { alreadyKnown } = this.#pool.add(transaction);
    const to = transaction.tx.to === undefined ? null : (transaction.tx.to.toString() as EvmAddress);
    if (!alreadyKnown) for (const listener of this.#pendingListeners) listener(transaction.evmTxHash);
    return { evmTxHash: transaction.evmTxHash, to, alreadyKnown };
  }

  async pendingTransactions(limit: number): Promise<readonly Hex[]> {
    return this.#pool.pending(limit).map(({ raw }) => raw);
  }

  request(method: string, params: readonly unknown[], asker?: EthAsker): Promise<unknown> {
    return this.#api.request(method, params, asker);
  }

  onHead(listener: (blockHash: Hex) => void): () => void {
    this.#headListeners.add(listener);
    return () => this.#headListeners.delete(listener);
  }

  onPendingTransaction(listener: (evmTxHash: Hex) => void): () => void {
    this.#pendingListeners.add(listener);
    return () => this.#pendingListeners.delete(listener);
  }

  /** Transactions that the pool forgets for good, because they don't end in the time that a block has for one. */
  onGivenUp(listener: (evmTxHash: EvmTxHash, reason: string) => void): () => void {
    this.#givenUpListeners.add(listener);
    return () => this.#givenUpListeners.delete(listener);
  }

  bounds(): RpcBounds {
    return this.#config.rpc;
  }
}
