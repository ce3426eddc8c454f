import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import type { BlockRoot } from '../../primitives/ids.ts';
import { hasCleanQuorum } from './authority-set.ts';
import { authorityCountAt, type BlockNode, type BlockTree, descendantsOf, isAncestor, nodeOf } from './block-tree.ts';

/**
 * The block that the tree's certificates make final and that isn't yet, or null: the highest parent of a block
 * whose clean votes alone are a quorum. Source: SAFETY.md, the commit rule.
 */
export function finalizedBy(tree: BlockTree): BlockRoot | null {
  let final = nodeOf(tree, tree.finalizedRoot);
  for (const child of Object.values(tree.nodes)) {
    const parent = tree.nodes[child.parentRoot];
    if (parent === undefined || parent.height <= final.height || child.certificate === null) continue;
    if (hasCleanQuorum(child.certificate, authorityCountAt(tree, child))) final = parent;
  }
  return final.root === tree.finalizedRoot ? null : final.root;
}

export interface Finalization {
  readonly tree: BlockTree;
  /** What became final, oldest first. */
  readonly finalized: readonly BlockNode[];
  /** What can't become final any more, in no order. */
  readonly orphaned: readonly BlockNode[];
}

/**
 * Makes `root` the last final block and drops everything that doesn't descend from it. Refuses when the highest
 * certificate conflicts with it: then a third of the authorities misbehaved, and the node must sign nothing more.
 */
export function finalize(tree: BlockTree, root: BlockRoot): Checked<Finalization, 'CONFLICTING_CERTIFICATE'> {
  const certified = tree.highCertificate.blockRoot;
  if (!isAncestor(tree, root, certified))
    return refuse('CONFLICTING_CERTIFICATE', `certified ${certified} conflicts with final ${root}`, {
      root,
      certified,
    });
  const finalized = chainTo(tree, root);
  const kept = Object.fromEntries(descendantsOf(tree, root).map((node) => [node.root, node]));
  const orphaned = Object.values(tree.nodes).filter(
    (node) => kept[node.root] === undefined && node.root !== tree.finalizedRoot && !finalized.includes(node),
  );
  return accept({ tree: { ...tree, nodes: kept, finalizedRoot: root }, finalized, orphaned });
}

/** Why what the tree's certificates make final can't become it, or null. Source: `finalize`. */
export function conflictIn(tree: BlockTree): string | null {
  const final = finalizedBy(tree);
  const outcome = final === null ? null : finalize(tree, final);
  return outcome === null || outcome.ok ? null : outcome.refusal.reason;
}

/** The blocks above the last final one up to `root`, oldest first. */
function chainTo(tree: BlockTree, root: BlockRoot): readonly BlockNode[] {
  const chain: BlockNode[] = [];
  for (let node = nodeOf(tree, root); node.root !== tree.finalizedRoot; node = nodeOf(tree, node.parentRoot))
    chain.unshift(node);
  return chain;
}
