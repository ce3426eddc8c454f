import type { BlockRoot } from '../../primitives/ids.ts';
import { type BlockTree, descendantsOf } from './block-tree.ts';

/**
 * The head: the block with the highest slot among the block of the highest certificate and its descendants. That block
 * descends from the last final one, so the head does (INV-16). Two blocks of one slot: the lower root, so that all agree.
 */
export const headOf = (tree: BlockTree): BlockRoot =>
  descendantsOf(tree, tree.highCertificate.blockRoot).reduce((head, node) => {
    const ahead = node.slot > head.slot || (node.slot === head.slot && node.root < head.root);
    return ahead ? node : head;
  }).root;

/** What a proposer extends: the block of the highest certificate that it knows. */
export const proposalParentOf = (tree: BlockTree): BlockRoot => tree.highCertificate.blockRoot;
