import { assert } from '../../primitives/assert.ts';
import type { BlockRoot, Outpoint } from '../../primitives/ids.ts';
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
export function unfinalizedAncestors(state: ChainActorState, root: BlockRoot): ChainBlock[] {
  const found: ChainBlock[] = [];
  let current = root;
  while (current !== state.tree.finalizedRoot) {
    const block = state.blocks.get(current);
    assert(block !== undefined, 'every unfinalized ancestor is held');
    found.push(block);
    current = block.signedBlock.block.parentRoot;
  }
  return found;
}
