import { describe, expect, it } from 'vitest';
import type { AuthorityMember, Network } from '../../node-core/config/network.ts';
import { authorityIndex } from '../../node-core/primitives/ids.ts';
import { ChainFederation } from '../support/chain-federation.ts';

/** Height of the block that the second set is the first to propose and vote for. */
const AT = 12;

type Members = readonly AuthorityMember[];
const without = (members: Members, index: number): Members => members.filter((_, i) => i !== index);

/** A federation whose authorities are those of `before` up to height 12, and those of `after` from it on. */
function federationOf(seed: number, size: number, before: (all: Members) => Members, after: (all: Members) => Members) {
  const schedule = (all: Members): Network['authorities'] => [
    { activationHeight: 0, members: [...before(all)] },
    { activationHeight: AT, members: [...after(all)] },
  ];
  const federation = new ChainFederation(seed, size, schedule);
  for (let i = 0; i < size; i++) federation.start(i);
  return federation;
}

const heightsOf = (federation: ChainFederation): readonly number[] =>
  federation.nodes.map(({ index }) => federation.view(index)?.finalized.height ?? -1);

/** Heights of the blocks that a node signed or voted for and that a disk holds. */
const signedHeights = (federation: ChainFederation, index: number, kind: 'block' | 'vote'): readonly number[] =>
  federation.signatures
    .filter((signature) => signature.node === index && signature.kind === kind)
    .flatMap(({ root }) => {
      const record = federation.nodes.map(({ disk }) => disk.blocks.get(root)).find((found) => found !== undefined);
      return record === undefined ? [] : [record.signedBlock.block.height];
    });

function expectFinalityGoesOn(federation: ChainFederation): void {
  federation.runSlots(26);
  const before = Math.min(...heightsOf(federation));
  expect(before).toBeGreaterThan(AT + 4);
  federation.runSlots(8);
  expect(Math.min(...heightsOf(federation))).toBeGreaterThan(before + 4);
  expect(federation.conflicts).toEqual([]);
  for (const { index } of federation.nodes) expect(federation.view(index)?.evidenceCount).toBe(0);
}

describe('a federation whose authorities change at a height', () => {
  it.each([
    ['the first of four', 4, 0],
    ['the middle of five', 5, 2],
    ['the last of four', 4, 3],
  ])('goes on when %s leaves, which signs nothing from that height on', (_, size, leaver) => {
    for (let seed = 400; seed < 404; seed++) {
      const federation = federationOf(
        seed,
        size,
        (all) => all,
        (all) => without(all, leaver),
      );
      expectFinalityGoesOn(federation);
      for (const kind of ['block', 'vote'] as const) {
        expect(Math.max(...signedHeights(federation, leaver, kind))).toBeLessThan(AT);
        for (const { index } of federation.nodes)
          if (index !== leaver) expect(Math.max(...signedHeights(federation, index, kind))).toBeGreaterThan(AT + 4);
      }
      expect(federation.view(leaver)?.authorityIndex).toBeNull();
      expect(heightsOf(federation)[leaver]).toBeGreaterThan(AT + 4);
    }
  });

  it.each([
    ['at the end of three', 4, 3],
    ['before three others', 4, 0],
    ['among four others', 5, 2],
  ])('goes on when one joins %s, which signs from that height on', (_, size, joiner) => {
    for (let seed = 410; seed < 414; seed++) {
      const federation = federationOf(
        seed,
        size,
        (all) => without(all, joiner),
        (all) => all,
      );
      expectFinalityGoesOn(federation);
      for (const kind of ['block', 'vote'] as const) {
        const heights = signedHeights(federation, joiner, kind);
        expect(Math.min(...heights)).toBeGreaterThanOrEqual(AT);
        expect(Math.max(...heights)).toBeGreaterThan(AT + 4);
      }
      expect(federation.view(joiner)?.authorityIndex).toBe(joiner);
    }
  });

  it('goes through two changes, one after the other', () => {
    const federation = new ChainFederation(440, 5, (all) => [
      { activationHeight: 0, members: [...all.slice(0, 4)] },
      { activationHeight: AT, members: [...all] },
      { activationHeight: AT + 64, members: [...without(all, 0)] },
    ]);
    for (let i = 0; i < 5; i++) federation.start(i);
    federation.runSlots(AT + 64 + 20);
    expect(Math.min(...heightsOf(federation))).toBeGreaterThan(AT + 64 + 10);
    expect(Math.max(...signedHeights(federation, 0, 'vote'))).toBeLessThan(AT + 64);
    expect(federation.conflicts).toEqual([]);
  });

  it('counts votes that come before their block by the set that the block is of', () => {
    const federation = federationOf(
      420,
      4,
      (all) => all,
      (all) => without(all, 0),
    );
    // Node 1 hears of no block directly: what it is told are votes, and blocks by a sync when it is behind.
    federation.runSlots(9);
    federation.deafToBlocks.add(1);
    federation.runSlots(20);
    federation.deafToBlocks.delete(1);
    federation.runSlots(8);
    const heights = heightsOf(federation);
    expect(Math.min(...heights)).toBeGreaterThan(AT + 8);
    expect(federation.view(1)?.evidenceCount).toBe(0);
    expect(federation.view(1)?.authorityIndex).toBe(authorityIndex(0));
  });

  it('arms a restored key over the change, by what its peers saw of the key and not of its place', () => {
    const federation = federationOf(
      430,
      5,
      (all) => all,
      (all) => without(all, 0),
    );
    federation.runSlots(8);
    const backup = federation.backup(2);
    federation.runSlots(14);
    federation.restore(2, backup);
    federation.start(2);
    federation.runSlots(16);
    for (const kind of ['block', 'vote'] as const) {
      const slots = federation.signatures.filter((s) => s.node === 2 && s.kind === kind).map(({ slot }) => slot);
      expect(slots).toEqual([...new Set(slots)].sort((a, b) => a - b));
      expect(Math.max(...slots)).toBeGreaterThan((federation.view(2)?.slot ?? 0) - 8);
    }
  });
});
