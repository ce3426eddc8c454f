import { describe, expect, it } from 'vitest';
import { blockHeight, type BlockRoot, slot } from '../../../node-core/primitives/ids.ts';
import {
  type BlockTree,
  insertBlock,
  isAncestor,
  MAX_TREE_BLOCKS,
  nodeOf,
  noteCertificate,
  plantTree,
} from '../../../node-core/domain/consensus/block-tree.ts';
import { finalize, finalizedBy } from '../../../node-core/domain/consensus/finality.ts';
import { headOf, proposalParentOf } from '../../../node-core/domain/consensus/forkchoice.ts';
import { genesisCertificate } from '../../../node-core/domain/consensus/genesis.ts';
import type { AuthoritySet, QuorumCertificate } from '../../../node-core/domain/consensus/types.ts';

const rootOf = (name: string): BlockRoot => `0x${Buffer.from(name).toString('hex').padEnd(64, '0')}` as BlockRoot;
const SCHEDULE = [{ activationHeight: 0, members: [0, 1, 2, 3] }];
const GENESIS = rootOf('g');
const planted = plantTree(
  { root: GENESIS, block: { parentRoot: rootOf(''), slot: slot(0), height: blockHeight(0) } },
  genesisCertificate(GENESIS),
  SCHEDULE,
);
const certify = (tree: BlockTree, name: string, clean = 0b0111, other = 0): QuorumCertificate => ({
  ...genesisCertificate(rootOf(name)),
  slot: tree.nodes[rootOf(name)]?.slot ?? slot(0),
  cleanVoters: clean as AuthoritySet,
  otherVoters: other as AuthoritySet,
});
const grow = (tree: BlockTree, name: string, parent: string, at: number, own: QuorumCertificate | null = null) =>
  insertBlock(
    tree,
    rootOf(name),
    {
      parentRoot: rootOf(parent),
      slot: slot(at),
      height: blockHeight((tree.nodes[rootOf(parent)]?.height ?? 0) + 1),
      certificate: parent === 'g' ? genesisCertificate(GENESIS) : certify(tree, parent, 0b0011, 0b0100),
    },
    own,
  );
const grown = (tree: BlockTree, name: string, parent: string, at: number): BlockTree => {
  const inserted = grow(tree, name, parent, at);
  if (!inserted.ok) throw new Error(inserted.refusal.reason);
  return inserted.value;
};
/** g - a1 - b2 - c4, and the rivals x3 on a1 and y5 on x3. */
const forked = [
  ['a', 'g', 1],
  ['b', 'a', 2],
  ['x', 'a', 3],
  ['c', 'b', 4],
  ['y', 'x', 5],
].reduce((tree, [name, parent, at]) => grown(tree, name as string, parent as string, at as number), planted);

describe('the block tree', () => {
  it('knows who descends from whom', () => {
    expect(isAncestor(forked, rootOf('a'), rootOf('y'))).toBe(true);
    expect(isAncestor(forked, rootOf('b'), rootOf('y'))).toBe(false);
    expect(isAncestor(forked, rootOf('b'), rootOf('b'))).toBe(true);
    expect(isAncestor(forked, rootOf('b'), rootOf('a'))).toBe(false);
  });

  it('refuses a block twice, one without its parent, and a third rival that nobody certified', () => {
    const codeOf = (inserted: ReturnType<typeof grow>) => (inserted.ok ? 'inserted' : inserted.refusal.code);
    expect(codeOf(grow(forked, 'b', 'a', 2))).toBe('DUPLICATE_BLOCK');
    expect(
      codeOf(
        insertBlock(forked, rootOf('z'), {
          parentRoot: rootOf('?'),
          slot: slot(9),
          height: blockHeight(9),
          certificate: certify(forked, 'a'),
        }),
      ),
    ).toBe('UNKNOWN_PARENT');
    let tree = forked;
    for (const name of ['r1', 'r2']) tree = grown(tree, name, 'c', 9);
    expect(codeOf(grow(tree, 'r9', 'c', 9))).toBe('TOO_MANY_RIVALS');
    const own = { ...certify(forked, 'a'), blockRoot: rootOf('r9'), slot: slot(9) };
    expect(codeOf(grow(tree, 'r9', 'c', 9, own))).toBe('inserted');
    expect(codeOf(grow(noteCertificate(tree, certify(tree, 'r1')), 'r9', 'c', 9))).toBe('inserted');
  });

  it('holds no more blocks above the final one than its bound', () => {
    const crowded = (above: number): BlockTree => {
      const crowd = Array.from({ length: above - (Object.keys(forked.nodes).length - 1) }, (_, i) => {
        const root = rootOf(`n${i}`);
        return [root, { ...nodeOf(forked, rootOf('a')), root }];
      });
      return { ...forked, nodes: { ...forked.nodes, ...Object.fromEntries(crowd) } };
    };
    expect(grow(crowded(MAX_TREE_BLOCKS - 1), 'z', 'c', 9).ok).toBe(true);
    expect(grow(crowded(MAX_TREE_BLOCKS), 'z', 'c', 9)).toMatchObject({ refusal: { code: 'TREE_FULL' } });
  });

  it('takes the certificate of the highest slot for the highest, whatever the order of arrival', () => {
    const high = noteCertificate(forked, certify(forked, 'y'));
    expect(proposalParentOf(high)).toBe(rootOf('y'));
    expect(proposalParentOf(noteCertificate(high, certify(forked, 'c')))).toBe(rootOf('y'));
  });

  it.each([
    ['more votes, neither clean', [0b0001, 0b0110], [0b0001, 0b1110], true],
    ['more votes, both clean', [0b0111, 0], [0b1111, 0], true],
    ['fewer votes, both clean', [0b1111, 0], [0b0111, 0], false],
    ['as many votes', [0b0111, 0], [0b1110, 0], false],
    ['fewer votes and a clean quorum', [0b0011, 0b1100], [0b0111, 0], true],
    ['more votes, but no clean quorum any more', [0b0111, 0], [0b0011, 0b1100], false],
  ] as const)('takes another certificate of a block for better or not: %s', (_, known, candidate, better) => {
    const before = noteCertificate(forked, certify(forked, 'c', ...known));
    const after = noteCertificate(before, certify(forked, 'c', ...candidate));
    expect(after.highCertificate).toEqual(certify(forked, 'c', ...(better ? candidate : known)));
    expect(nodeOf(after, rootOf('c')).certificate).toEqual(after.highCertificate);
    expect(after === before).toBe(!better);
  });

  it('prefers a clean quorum among certificates of one block, and ignores those of unknown blocks and wrong slots', () => {
    const unclean = noteCertificate(forked, certify(forked, 'c', 0b0011, 0b1100));
    const clean = noteCertificate(unclean, certify(forked, 'c', 0b0111));
    expect(nodeOf(clean, rootOf('c')).certificate?.cleanVoters).toBe(0b0111);
    expect(clean.highCertificate.cleanVoters).toBe(0b0111);
    expect(noteCertificate(clean, certify(forked, 'c', 0b0011, 0b1100))).toBe(clean);
    expect(noteCertificate(forked, { ...certify(forked, 'c'), slot: slot(77) })).toBe(forked);
    expect(noteCertificate(forked, { ...certify(forked, 'c'), blockRoot: rootOf('?') })).toBe(forked);
  });
});

describe('the head', () => {
  it('is the highest slot on the block of the highest certificate', () => {
    // x carried the certificate of a into y, so that x of slot 3 is the highest certified one, and y its descendant.
    expect(headOf(forked)).toBe(rootOf('y'));
    const onC = noteCertificate(forked, certify(forked, 'c'));
    expect(headOf(onC)).toBe(rootOf('c'));
    expect(headOf(grown(onC, 'd', 'c', 8))).toBe(rootOf('d'));
    expect(headOf(grown(grown(onC, 'e', 'c', 8), 'd', 'c', 7))).toBe(rootOf('e'));
  });
  it('is the lower root of two in one slot, in any order of arrival', () => {
    const one = grown(grown(forked, 'p', 'y', 9), 'q', 'y', 9);
    const two = grown(grown(forked, 'q', 'y', 9), 'p', 'y', 9);
    expect(headOf(one)).toBe(headOf(two));
  });
});

describe('finality', () => {
  it('comes to the parent of a block with a clean quorum, and to its ancestors', () => {
    const certified = noteCertificate(forked, certify(forked, 'c'));
    expect(finalizedBy(certified)).toBe(rootOf('b'));
    const outcome = finalize(certified, rootOf('b'));
    if (!outcome.ok) throw new Error(outcome.refusal.reason);
    const { tree, finalized, orphaned } = outcome.value;
    expect(finalized.map(({ root }) => root)).toEqual([rootOf('a'), rootOf('b')]);
    expect(orphaned.map(({ root }) => root).sort()).toEqual([rootOf('x'), rootOf('y')].sort());
    expect(Object.keys(tree.nodes).sort()).toEqual([rootOf('b'), rootOf('c')].sort());
    expect(finalizedBy(tree)).toBeNull();
    expect(grow(tree, 'z', 'x', 9)).toMatchObject({ refusal: { code: 'UNKNOWN_PARENT' } });
  });
  it('does not come from a quorum that is not clean', () => {
    expect(finalizedBy(noteCertificate(forked, certify(forked, 'c', 0b0011, 0b1100)))).toBeNull();
  });
  it('comes when late votes complete the clean quorum', () => {
    const unclean = noteCertificate(forked, certify(forked, 'c', 0b0011, 0b0100));
    expect(finalizedBy(noteCertificate(unclean, certify(forked, 'c', 0b1011, 0b0100)))).toBe(rootOf('b'));
  });
  it('never drops the highest certificate: a conflict is refused', () => {
    const certified = noteCertificate(noteCertificate(forked, certify(forked, 'c')), certify(forked, 'y'));
    expect(finalize(certified, rootOf('b'))).toMatchObject({ refusal: { code: 'CONFLICTING_CERTIFICATE' } });
  });
});
