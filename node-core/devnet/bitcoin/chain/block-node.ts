import type { BitcoinBlockHash } from '../../../primitives/ids.ts';
import { type Block, GENESIS, blockSizes } from '../block.ts';
import { MEDIAN_TIME_SPAN, WORK_PER_BLOCK } from '../regtest.ts';

/** A block in the tree of all known blocks. */
export interface BlockNode {
  readonly hash: BitcoinBlockHash;
  readonly block: Block;
  readonly height: number;
  readonly parent: BlockNode | null;
  /** Of this block and the ten before it; locks and later block times are measured against it (BIP-113). */
  readonly medianTimeSeconds: number;
  /** Expected hashes from genesis up to this block. */
  readonly chainWork: bigint;
  /** Serialized size of all blocks from genesis up to this one. */
  readonly chainBytes: number;
  /** Whether it was found or declared invalid itself; its descendants are then unusable too. */
  invalid: boolean;
}

export function makeNode(block: Block, parent: BlockNode | null, invalid = false): BlockNode {
  return {
    hash: block.hash,
    block,
    height: parent === null ? 0 : parent.height + 1,
    parent,
    medianTimeSeconds: medianTime(block, parent),
    chainWork: (parent?.chainWork ?? 0n) + WORK_PER_BLOCK,
    chainBytes: (parent?.chainBytes ?? 0) + blockSizes(block).size,
    invalid,
  };
}

export const makeGenesisNode = (): BlockNode => makeNode(GENESIS, null);

function medianTime(block: Block, parent: BlockNode | null): number {
  const times = [block.header.timeSeconds];
  for (let node = parent; node !== null && times.length < MEDIAN_TIME_SPAN; node = node.parent) {
    times.push(node.block.header.timeSeconds);
  }
  times.sort((a, b) => a - b);
  return times[times.length >> 1] as number;
}

/** The block and its ancestors, from itself down to genesis. */
export function* lineage(node: BlockNode): Generator<BlockNode> {
  for (let at: BlockNode | null = node; at !== null; at = at.parent) yield at;
}

export const isDescendantOf = (node: BlockNode, ancestor: BlockNode): boolean => {
  for (const at of lineage(node)) {
    if (at.height < ancestor.height) return false;
    if (at === ancestor) return true;
  }
  return false;
};
