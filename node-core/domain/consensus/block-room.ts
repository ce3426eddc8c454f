import { signedBlockSize } from './encoding.ts';
import { BlockSsz, ExecutionPayloadSsz, MAX_SIGNED_BLOCK_BYTES, PegOutEntrySsz, SignedBlockSsz } from './ssz.ts';
import type { Block, PegOutEntry } from './types.ts';
import { pegOutToWire } from './wire-values.ts';

/** SSZ puts one before each element of a list whose elements have no fixed length. */
export const OFFSET_BYTES = 4;

/** All of a signed block but its transactions and payouts, each list at its limit: 35,852 bytes. */
const MAX_FRAMEWORK_BYTES =
  SignedBlockSsz.maxSize - ExecutionPayloadSsz.fields.transactions.maxSize - BlockSsz.fields.pegOuts.maxSize;

/**
 * Bytes that transactions with their offsets may take of any block: beside them there is always room for everything else
 * at its largest, and for one payout of the largest kind (59,473 bytes). 887,715 bytes.
 */
export const TRANSACTION_ROOM_BYTES =
  MAX_SIGNED_BLOCK_BYTES - MAX_FRAMEWORK_BYTES - PegOutEntrySsz.maxSize - OFFSET_BYTES;

/**
 * Those of a block's payouts for which it has room beside everything else, in their order. All 16 at their largest would
 * take the whole block; the bridge offers again what is left out.
 */
export function payoutsThatFit(block: Block): readonly PegOutEntry[] {
  if (block.pegOuts.length === 0) return [];
  let room = MAX_SIGNED_BLOCK_BYTES - signedBlockSize({ ...block, pegOuts: [] });
  return block.pegOuts.filter((entry) => {
    const bytes = PegOutEntrySsz.value_serializedSize(pegOutToWire(entry)) + OFFSET_BYTES;
    if (bytes > room) return false;
    room -= bytes;
    return true;
  });
}
