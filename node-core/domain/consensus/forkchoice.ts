import type { BlockRoot } from '../../primitives/ids.ts';
import { type BlockNode, type BlockTree, isAncestor } from './block-tree.ts';

/**
 * The head: the block with the highest slot among the block of the highest certificate and its descendants. That block
 * descends from the last final one, so the head does (INV-16). Two blocks of one slot: the lower root, so that all agree.
 */
export function headOf(tree: BlockTree): BlockRoot {
  const certified = tree.highCertificate.blockRoot;
  let head: BlockNode | undefined;
  for (const node of Object.values(tree.nodes)) {
    const ahead = head === undefined || node.slot > head.slot || (node.slot === head.slot && node.root < head.root);
    if (ahead && isAncestor(tree, certified, node.root)) head = node;
  }
  return head?.root ?? certified;
}

/** What a proposer extends: the block of the highest certificate that it knows. */
export const proposalParentOf = (tree: BlockTree): BlockRoot => tree.highCertificate.blockRoot;
