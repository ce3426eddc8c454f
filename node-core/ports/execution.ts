import type { EvmAddress, EvmBlockHash, EvmTxHash, BlockHeight, BlockRoot } from '../primitives/ids.ts';
import type { Hex } from '../primitives/hex.ts';
import type { Wei } from '../primitives/units.ts';
import type { ExecutionPayload, Withdrawal } from '../domain/consensus/types.ts';

export interface PayloadRequest {
  readonly parentHash: EvmBlockHash;
  /** Unix seconds. */
  readonly timestampS: number;
  readonly prevRandao: Hex;
  /** EIP-4788: the parent Alys block's root. */
  readonly parentBeaconBlockRoot: BlockRoot;
  readonly feeRecipient: EvmAddress;
  readonly withdrawals: readonly Withdrawal[];
  /** What building may take; the payload then holds what was reached. */
  readonly timeBudgetMs: number;
}

export interface ExecutionLog {
  readonly address: EvmAddress;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly logIndex: number;
  readonly evmTxHash: EvmTxHash;
  /** Index of the transaction in its block. */
  readonly transactionIndex: number;
  /** Whether the transaction created a contract. */
  readonly contractCreation: boolean;
  readonly sender: EvmAddress;
}

/** State and indexes that a block adds, to be written in the same database transaction as the block. Opaque to all but the store. */
export interface StagedState {
  readonly blockHash: EvmBlockHash;
  /**
   * Key and value pairs for the store's `state` table that are kept for good: code by its 32-byte hash, and places of
   * final blocks by longer or shorter keys. What a key holds never changes.
   */
  readonly nodes: readonly (readonly [key: Uint8Array, value: Uint8Array])[];
  readonly trie: StagedTrie;
  /** Encoded receipts with what the wallet RPC needs of them, for the store's `receipts` table. */
  readonly receipts: Uint8Array;
}

/**
 * What a block does to the tries of the state, for the same table: the nodes that it makes, by their 32-byte hash, and the
 * hashes of those that were in their places in the parent's state. Equal nodes stand in several places: there is one entry
 * for each place.
 */
export interface StagedTrie {
  readonly created: readonly (readonly [hash: Uint8Array, node: Uint8Array])[];
  readonly replaced: readonly Uint8Array[];
  /** The states of this many last final blocks and of all newer ones are kept; null: all. */
  readonly keepBlocks: number | null;
}

export type ExecutionStatus =
  | { readonly status: 'VALID'; readonly burnedFeesWei: Wei; readonly staged: StagedState | null }
  | { readonly status: 'INVALID'; readonly reason: string }
  | { readonly status: 'SYNCING' };

/** `reasons` are sentences with the path and the allowed values. */
export type Reconfigured =
  { readonly applied: true } | { readonly applied: false; readonly reasons: readonly string[] };

/**
 * An execution client in the Engine API's shapes: the embedded EVM, or geth and reth over HTTP.
 * Errors: ServiceError (`ENGINE_UNAVAILABLE`, `ENGINE_TIMEOUT`, `ENGINE_MALFORMED`,
 * `ENGINE_REFUSED`, `ENGINE_BUSY`, `ENGINE_OVERLAY_FULL`, `ENGINE_STUCK`, `GENESIS_MISMATCH`, `UNKNOWN_PARENT`,
 * `UNKNOWN_BLOCK`, `STATE_MISSING`),
 * and for a submitted transaction ServiceError with `TRANSACTION_REFUSED` and a detail `{ rpcCode, rpcMessage }`.
 */
export interface ExecutionPort {
  /** The genesis block as a payload (number 0, no transactions), after checking that the other side's genesis is this one. */
  genesis(): Promise<ExecutionPayload>;
  build(request: PayloadRequest): Promise<ExecutionPayload>;
  /** Executes and holds the result; nothing is durable until the store has the staged state. Idempotent. */
  execute(payload: ExecutionPayload, parentBeaconBlockRoot: BlockRoot): Promise<ExecutionStatus>;
  /** Moves `latest`, `safe` and `finalized`; transactions leave the pool for the head and come back from orphans. */
  setForkchoice(choice: {
    readonly head: EvmBlockHash;
    readonly safe: EvmBlockHash;
    readonly finalized: EvmBlockHash;
  }): Promise<void>;
  /** Logs of an executed block in block order, successful receipts only. */
  logs(blockHash: EvmBlockHash, height: BlockHeight): Promise<readonly ExecutionLog[]>;
  /** Checks a raw transaction (EIP-2718 form) and takes it into the pool. */
  submitTransaction(
    raw: Hex,
  ): Promise<{ readonly evmTxHash: EvmTxHash; readonly to: EvmAddress | null; readonly alreadyKnown: boolean }>;
  /** Pending transactions, for gossip to a new peer; at most `limit`. */
  pendingTransactions(limit: number): Promise<readonly Hex[]>;
  /** Changes limits and prices while the client runs. `settings` is JSON text with those to change; wrong ones change nothing. */
  reconfigure(settings: string): Promise<Reconfigured>;
  /** All that `reconfigure` can change, as it is in force; JSON text in the same form. */
  settings(): Promise<string>;
}
