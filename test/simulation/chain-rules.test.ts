import { describe, expect, it } from 'vitest';
import { blockRootOf } from '../../node-core/domain/consensus/encoding.ts';
import type { SignedBlock } from '../../node-core/domain/consensus/types.ts';
import { type Slot, slot } from '../../node-core/primitives/ids.ts';
import type { ChainMessage } from '../../node-core/protocol/chain.ts';
import { ChainFederation } from '../support/chain-federation.ts';

/** Four nodes with some blocks behind them, the last one down, and the current slot its turn. */
function withoutLast(seed: number): ChainFederation {
  const federation = new ChainFederation(seed, 4);
  for (let i = 0; i < 4; i++) federation.start(i);
  federation.runSlots(6);
  federation.crash(3);
  while ((federation.view(0)?.slot ?? 0) % 4 !== 3) federation.runSlots(1);
  return federation;
}

const currentSlot = (federation: ChainFederation) => slot(federation.view(0)?.slot ?? 0);
const tell = ({ nodes: [node] }: ChainFederation, message: ChainMessage): void => {
  node?.system?.inject(node.system.refOf<ChainMessage>('ChainActor'), message, { from: 'Operator' });
};
const logged = (federation: ChainFederation, text: string): number =>
  federation.nodes[0]?.system
    ?.read('oldest')
    .read(100_000)
    .logs.filter((line) => line.text === text).length ?? 0;

describe('what a node does with the blocks of others', () => {
  it('imports the block of the slot’s authority', () => {
    const federation = withoutLast(1);
    const block = federation.forge(0, 3, currentSlot(federation), 'only');
    federation.spread(3, block);
    federation.runSlots(2);
    expect(federation.view(0)?.recentBlocks.map(({ root }) => root)).toContain(blockRootOf(block.block));
  });

  it('keeps evidence of an authority that signs two blocks for one slot, and finalizes one of them at most', () => {
    const federation = withoutLast(2);
    const at = currentSlot(federation);
    for (const salt of ['first', 'second']) federation.spread(3, federation.forge(0, 3, at, salt));
    federation.runSlots(8);
    for (const index of [0, 1, 2]) {
      expect(federation.view(index)?.evidenceCount).toBe(1);
      expect(federation.view(index)?.recentBlocks.filter((block) => block.slot === at).length).toBeLessThanOrEqual(1);
    }
    expect(federation.conflicts).toEqual([]);
  });

  it('refuses a block of an authority out of its turn (INV-15, HOLE-8)', () => {
    const federation = withoutLast(3);
    federation.runSlots(1);
    const forged = federation.forge(0, 3, currentSlot(federation), 'not my turn');
    federation.spread(3, forged);
    federation.runSlots(3);
    expect(federation.view(0)?.recentBlocks.map(({ root }) => root)).not.toContain(blockRootOf(forged.block));
    expect(logged(federation, 'block refused')).toBe(1);
  });

  it('refuses a block that another signed in its name (INV-15)', () => {
    const federation = withoutLast(4);
    const { block } = federation.forge(0, 3, currentSlot(federation), 'mine');
    const { signature } = federation.forge(0, 2, currentSlot(federation), 'theirs');
    federation.spread(3, { block, signature });
    federation.runSlots(2);
    expect(federation.view(0)?.recentBlocks.map(({ root }) => root)).not.toContain(blockRootOf(block));
    expect(logged(federation, 'block refused')).toBe(1);
  });
});

describe('a halt of the node itself', () => {
  it('comes with two certified chains, survives a crash, and ends by the operator’s resume when one is gone (INV-14, INV-16)', () => {
    const federation = new ChainFederation(6, 4);
    for (let i = 0; i < 4; i++) federation.start(i);
    federation.runSlots(6);
    // Three of four authorities misbehave from here on.
    for (const index of [1, 2, 3]) federation.crash(index);
    while (currentSlot(federation) % 4 !== 1) federation.runSlots(1);
    const [first, second, third] = [0, 1, 2].map((later) => slot(currentSlot(federation) + later)) as [
      Slot,
      Slot,
      Slot,
    ];
    const fork = federation.nodes[0]?.disk.pointers?.highCertificate;
    const block = federation.forge(0, 1, first, 'one chain', fork);
    const votesFor = ({ block: voted }: SignedBlock) =>
      federation.forgeVotes([1, 2, 3], blockRootOf(voted), voted.slot);
    federation.spread(1, block);
    federation.spreadVotes(1, votesFor(block).votes);
    federation.runSlots(1);
    const child = federation.forge(0, 2, second, 'its child', votesFor(block).certificate);
    federation.spread(2, child);
    federation.runSlots(1);
    const rival = federation.forge(0, 3, third, 'the other chain', fork);
    federation.spread(3, rival);
    federation.spreadVotes(3, votesFor(rival).votes);
    federation.pump.runFor(300);
    expect(federation.view(0)?.halted).toBe(false);
    federation.spreadVotes(2, votesFor(child).votes);
    federation.pump.runFor(300);
    const causes = (): readonly string[] => federation.view(0)?.haltCauses.map(({ source }) => source) ?? [];
    expect(causes()).toEqual(['node']);
    const finalBefore = federation.view(0)?.finalized.root;

    const signed = (): number => federation.signatures.filter(({ node }) => node === 0).length;
    const before = signed();
    tell(federation, { type: 'EmergencyHaltRequest', source: 'operator', reason: 'to look', generation: null });
    tell(federation, { type: 'ResumeRequest', source: 'operator', reason: 'looked', generation: null });
    federation.runSlots(6);
    expect(causes()).toEqual(['node']);
    expect(signed()).toBe(before);
    expect(federation.view(0)?.finalized.root).toBe(finalBefore);

    federation.crash(0);
    federation.start(0);
    federation.runSlots(6);
    expect(causes()).toEqual(['node']);
    expect(signed()).toBe(before);
    for (const index of [1, 2, 3]) federation.start(index);
    tell(federation, { type: 'ResumeRequest', source: 'operator', reason: 'agreed', generation: null });
    federation.runSlots(10);
    expect(federation.view(0)?.halted).toBe(false);
    expect(signed()).toBeGreaterThan(before);
  });
});

describe('a halt', () => {
  it('stops blocks and votes at once, survives a crash, and ends only by a resume (INV-13, INV-14)', () => {
    const federation = new ChainFederation(5, 4);
    for (let i = 0; i < 4; i++) federation.start(i);
    federation.runSlots(6);
    tell(federation, { type: 'EmergencyHaltRequest', source: 'operator', reason: 'drill', generation: null });
    federation.pump.runFor(100);
    const signed = (): number => federation.signatures.filter(({ node }) => node === 0).length;
    const before = signed();
    federation.runSlots(8);
    expect(signed()).toBe(before);
    expect(federation.view(0)?.finalized.height).toBeGreaterThan(8);

    federation.crash(0);
    federation.start(0);
    federation.runSlots(8);
    expect(federation.view(0)?.halted).toBe(true);
    expect(signed()).toBe(before);

    tell(federation, { type: 'ResumeRequest', source: 'governance', reason: 'not theirs to end', generation: 1 });
    federation.runSlots(2);
    expect(federation.view(0)?.halted).toBe(true);
    tell(federation, { type: 'ResumeRequest', source: 'operator', reason: 'drill over', generation: null });
    federation.runSlots(6);
    expect(federation.view(0)?.halted).toBe(false);
    expect(signed()).toBeGreaterThan(before);
  });
});
