import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import { type BlockHeight, type BlockRoot } from '../../primitives/ids.ts';
import { blockRootOf } from '../consensus/encoding.ts';
import type { SignedBlock } from '../consensus/types.ts';

export type BatchCode = 'EMPTY_BATCH' | 'WRONG_HEIGHTS' | 'UNLINKED_BLOCKS';

/**
 * Checks that a peer's answer is what was asked for: consecutive blocks from the first height of the range on, each on
 * the one before with the certificate for it, and on `parentRoot` if that is known. Shorter than the range is fine,
 * empty isn't. Signatures and execution are ChainActor's to check.
 */
export function acceptBatch(
  range: { readonly from: BlockHeight; readonly to: BlockHeight },
  blocks: readonly SignedBlock[],
  parentRoot: BlockRoot | null,
): Checked<{ readonly lastHeight: BlockHeight; readonly lastRoot: BlockRoot }, BatchCode> {
  let parent = parentRoot;
  let last: SignedBlock['block'] | undefined;
  for (const { block } of blocks) {
    const expected = last === undefined ? range.from : last.height + 1;
    if (block.height !== expected || block.height > range.to)
      return refuse('WRONG_HEIGHTS', `height ${block.height} where ${expected} of ${range.from} to ${range.to} is due`);
    if (parent !== null && block.parentRoot !== parent)
      return refuse('UNLINKED_BLOCKS', `block ${block.height} builds on ${block.parentRoot}, not on ${parent}`);
    if (block.certificate.blockRoot !== block.parentRoot || (last !== undefined && block.slot <= last.slot))
      return refuse(
        'UNLINKED_BLOCKS',
        `block ${block.height} carries no certificate for its parent, or its slot is early`,
      );
    parent = blockRootOf(block);
    last = block;
  }
  if (last === undefined || parent === null) return refuse('EMPTY_BATCH', `no block from height ${range.from} on`);
  return accept({ lastHeight: last.height, lastRoot: parent });
}
