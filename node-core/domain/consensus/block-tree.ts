import { assert } from '../../primitives/assert.ts';
import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import type { BlockHeight, BlockRoot, Slot } from '../../primitives/ids.ts';
import { hasCleanQuorum, voterCount } from './authority-set.ts';
import { authoritySetAt, type AuthorityScheduleEntry } from './schedule.ts';
import type { Block, QuorumCertificate } from './types.ts';

/** What the tree keeps of a valid block. */
export interface BlockNode {
  readonly root: BlockRoot;
  readonly parentRoot: BlockRoot;
  readonly slot: Slot;
  readonly height: BlockHeight;
  /** The best known certificate for this block; null while it has none. */
  readonly certificate: QuorumCertificate | null;
}

/** The last final block and its known valid descendants, as plain data. */
export interface BlockTree {
  readonly nodes: Readonly<Record<BlockRoot, BlockNode>>;
  readonly finalizedRoot: BlockRoot;
  /** Of the certified block with the highest slot: what proposers extend. Always of a block of the tree. */
  readonly highCertificate: QuorumCertificate;
  /** Who votes at which height; only how many matters here. */
  readonly schedule: readonly AuthorityScheduleEntry<unknown>[];
}

/**
 * Blocks above the last final one at most. Each carries a quorum's certificate for its parent, so that only a network
 * that certifies for over an hour and finalizes nothing comes near.
 */
export const MAX_TREE_BLOCKS = 4096;
/** Uncertified blocks of one slot: two are evidence of equivocation, more say nothing new. */
export const MAX_RIVALS_PER_SLOT = 2;

export type InsertCode = 'DUPLICATE_BLOCK' | 'UNKNOWN_PARENT' | 'TOO_MANY_RIVALS' | 'TREE_FULL';

/** A tree that begins at a final block. `certificate` is the best known for it. */
export function plantTree(
  finalized: { readonly root: BlockRoot; readonly block: Pick<Block, 'parentRoot' | 'slot' | 'height'> },
  certificate: QuorumCertificate,
  schedule: readonly AuthorityScheduleEntry<unknown>[],
): BlockTree {
  const { root, block } = finalized;
  assert(certificate.blockRoot === root, 'a tree begins at a certified block');
  const { parentRoot, slot, height } = block;
  return {
    nodes: { [root]: { root, parentRoot, slot, height, certificate } },
    finalizedRoot: root,
    highCertificate: certificate,
    schedule,
  };
}

/** @throws LogicError when the block isn't in the tree. */
export function nodeOf(tree: BlockTree, root: BlockRoot): BlockNode {
  const node = tree.nodes[root];
  assert(node !== undefined, `block ${root} is not in the tree`);
  return node;
}

export const hasBlock = (tree: BlockTree, root: BlockRoot): boolean => tree.nodes[root] !== undefined;

/**
 * Adds a block that `validateBlock` accepted, and notes the certificate that it carries for its parent. `own` is a
 * certificate of the block itself, if one is known already: a certified block always finds its place among rivals.
 */
export function insertBlock(
  tree: BlockTree,
  root: BlockRoot,
  block: Pick<Block, 'parentRoot' | 'slot' | 'height' | 'certificate'>,
  own: QuorumCertificate | null = null,
): Checked<BlockTree, InsertCode> {
  if (hasBlock(tree, root)) return refuse('DUPLICATE_BLOCK', `block ${root} is in the tree`);
  if (!hasBlock(tree, block.parentRoot))
    return refuse('UNKNOWN_PARENT', `parent ${block.parentRoot} is not in the tree`, { parentRoot: block.parentRoot });
  const nodes = Object.values(tree.nodes);
  if (nodes.length > MAX_TREE_BLOCKS) return refuse('TREE_FULL', `${nodes.length} blocks wait for finality`);
  const rivals = nodes.filter(({ slot, certificate }) => slot === block.slot && certificate === null);
  if (own === null && rivals.length >= MAX_RIVALS_PER_SLOT)
    return refuse('TOO_MANY_RIVALS', `slot ${block.slot} has ${rivals.length} uncertified blocks`);
  const node: BlockNode = {
    root,
    parentRoot: block.parentRoot,
    slot: block.slot,
    height: block.height,
    certificate: null,
  };
  const grown = noteCertificate({ ...tree, nodes: { ...tree.nodes, [root]: node } }, block.certificate);
  return accept(own === null ? grown : noteCertificate(grown, own));
}

/**
 * Keeps a verified certificate if it is better than the one known for its block: more clean votes, then more votes.
 * One for a block that isn't in the tree, or for another slot than the block's, changes nothing.
 */
export function noteCertificate(tree: BlockTree, certificate: QuorumCertificate): BlockTree {
  const node = tree.nodes[certificate.blockRoot];
  if (node === undefined || node.slot !== certificate.slot) return tree;
  if (node.certificate !== null && !isBetter(certificate, node.certificate, authorityCountAt(tree, node))) return tree;
  const known = tree.highCertificate;
  const highest = certificate.slot > known.slot || certificate.blockRoot === known.blockRoot;
  return {
    ...tree,
    nodes: { ...tree.nodes, [node.root]: { ...node, certificate } },
    highCertificate: highest ? certificate : known,
  };
}

function isBetter(candidate: QuorumCertificate, known: QuorumCertificate, authorities: number): boolean {
  const [candidateClean, knownClean] = [hasCleanQuorum(candidate, authorities), hasCleanQuorum(known, authorities)];
  return candidateClean === knownClean ? voterCount(candidate) > voterCount(known) : candidateClean;
}

/** How many authorities vote for a block of the node's height. */
export const authorityCountAt = (tree: BlockTree, node: BlockNode): number =>
  authoritySetAt(tree.schedule, node.height).length;

/** Whether `ancestor` is `descendant` or is above it in the tree. */
export function isAncestor(tree: BlockTree, ancestor: BlockRoot, descendant: BlockRoot): boolean {
  const { height } = nodeOf(tree, ancestor);
  let node: BlockNode | undefined = nodeOf(tree, descendant);
  while (node !== undefined && node.height > height) node = tree.nodes[node.parentRoot];
  return node?.root === ancestor;
}

/** `root` and all its descendants, parents first: no block is in the tree before its parent. */
export function descendantsOf(tree: BlockTree, root: BlockRoot): readonly BlockNode[] {
  const found = new Map([[root, nodeOf(tree, root)]]);
  for (const node of Object.values(tree.nodes)) if (found.has(node.parentRoot)) found.set(node.root, node);
  return [...found.values()];
}
