import { describe, expect, it } from 'vitest';
import { blockRootOf } from '../../node-core/domain/consensus/encoding.ts';
import { slot } from '../../node-core/primitives/ids.ts';
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

  it('refuses a block of an authority out of its turn (INV-15)', () => {
    const federation = withoutLast(3);
    federation.runSlots(1);
    const forged = federation.forge(0, 3, currentSlot(federation), 'not my turn');
    federation.spread(3, forged);
    federation.runSlots(3);
    expect(federation.view(0)?.recentBlocks.map(({ root }) => root)).not.toContain(blockRootOf(forged.block));
    expect(logged(federation, 'block refused')).toBe(1);
  });

  it('refuses a block that another signed in its name', () => {
    const federation = withoutLast(4);
    const { block } = federation.forge(0, 3, currentSlot(federation), 'mine');
    const { signature } = federation.forge(0, 2, currentSlot(federation), 'theirs');
    federation.spread(3, { block, signature });
    federation.runSlots(2);
    expect(federation.view(0)?.recentBlocks.map(({ root }) => root)).not.toContain(blockRootOf(block));
    expect(logged(federation, 'block refused')).toBe(1);
  });
});

describe('a halt', () => {
  it('stops blocks and votes at once, survives a crash, and ends only by a resume (INV-13, INV-14)', () => {
    const federation = new ChainFederation(5, 4);
    for (let i = 0; i < 4; i++) federation.start(i);
    federation.runSlots(6);
    const tell = (message: ChainMessage): void => {
      const system = federation.nodes[0]?.system;
      system?.inject(system.refOf<ChainMessage>('ChainActor'), message, { from: 'Operator' });
    };
    tell({ type: 'EmergencyHaltRequest', source: 'operator', reason: 'drill', generation: null });
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

    tell({ type: 'ResumeRequest', source: 'governance', reason: 'not theirs to end', generation: 1 });
    federation.runSlots(2);
    expect(federation.view(0)?.halted).toBe(true);
    tell({ type: 'ResumeRequest', source: 'operator', reason: 'drill over', generation: null });
    federation.runSlots(6);
    expect(federation.view(0)?.halted).toBe(false);
    expect(signed()).toBeGreaterThan(before);
  });
});
