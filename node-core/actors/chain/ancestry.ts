import { assert } from '../../primitives/assert.ts';
import { nodeOf } from '../../domain/consensus/block-tree.ts';
import type { BlockHeight, BlockRoot, Outpoint } from '../../primitives/ids.ts';
import type { ChainActorState, ChainBlock } from './state.ts';

/** @throws LogicError for a block that is not held. */
export function blockOf(state: ChainActorState, root: BlockRoot): ChainBlock {
  const block = state.blocks.get(root);
  assert(block !== undefined, `block ${root} is held`);
  return block;
}

/** Whether an ancestor of a block on `parentRoot` mints the outpoint already (INV-2). */
export function isMinted(state: ChainActorState, parentRoot: BlockRoot, outpoint: Outpoint): boolean {
  if (state.minted.has(outpoint)) return true;
  for (const { signedBlock } of unfinalizedAncestors(state, parentRoot)) {
    if (signedBlock.block.pegIns.some((pegIn) => pegIn.outpoint === outpoint)) return true;
  }
  return false;
}

/** From `root` back to the block above the finalized one. */
export const unfinalizedAncestors = (state: ChainActorState, root: BlockRoot): ChainBlock[] =>
  ancestorsAbove(state, root, nodeOf(state.tree, state.tree.finalizedRoot).height);

/** From `root` back to the block above `height`, which is that of the finalized block or one whose finality is being written. */
export function ancestorsAbove(state: ChainActorState, root: BlockRoot, height: BlockHeight): ChainBlock[] {
  const found: ChainBlock[] = [];
  for (let block = blockOf(state, root); block.signedBlock.block.height > height;) {
    found.push(block);
    block = blockOf(state, block.signedBlock.block.parentRoot);
  }
  return found;
}
