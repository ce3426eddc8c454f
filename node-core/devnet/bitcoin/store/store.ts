import type { BitcoinBlockHash, Txid } from '../../../primitives/ids.ts';

/** What the node keeps across restarts. The coins, indexes and wallets' views are derived from it. */
export interface StoredState {
  /** Serialized blocks without genesis, parents first. */
  readonly blocks: readonly { readonly bytes: Uint8Array; readonly invalid: boolean }[];
  /** In the order of their coming. */
  readonly mempool: readonly { readonly bytes: Uint8Array; readonly timeSeconds: number }[];
}

/** One step of the node, kept as a whole or not at all. */
export interface StoredChange {
  readonly blocks: readonly { readonly hash: BitcoinBlockHash; readonly bytes: Uint8Array }[];
  readonly marks: readonly { readonly hash: BitcoinBlockHash; readonly invalid: boolean }[];
  readonly mempoolRemoved: readonly Txid[];
  readonly mempoolAdded: readonly { readonly txid: Txid; readonly bytes: Uint8Array; readonly timeSeconds: number }[];
}

export interface ChainStore {
  load(): StoredState;
  /** Returns only when the change is on disk. @throws if it is not; the store is then not to be used again. */
  write(change: StoredChange): void;
  close(): void;
}

/** Keeps nothing: for a node that lives in memory. */
export const memoryStore = (): ChainStore => ({
  load: () => ({ blocks: [], mempool: [] }),
  write: () => undefined,
  close: () => undefined,
});
