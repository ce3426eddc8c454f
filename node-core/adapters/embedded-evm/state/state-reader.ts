import type { EvmBlockHash } from '../../../primitives/ids.ts';

/**
 * What the embedded EVM reads of the node's store: what earlier `StagedState`s put there. It may be seen a sync before it
 * is durable; whatever is written because of it becomes durable after it. Synchronous, because the EVM asks thousands of
 * times for one block.
 */
export interface StateReader {
  /** Value under `key` in the `state` table. The caller doesn't change the bytes. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** `StagedState.receipts` of this block. */
  receipts(blockHash: EvmBlockHash): Uint8Array | undefined;
}
