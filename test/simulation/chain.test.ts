import { describe, expect, it } from 'vitest';
import { ChainFederation } from '../support/chain-federation.ts';

const start = (seed: number, size: number): ChainFederation => {
  const federation = new ChainFederation(seed, size);
  for (let i = 0; i < size; i++) federation.start(i);
  return federation;
};

const finalHeights = (federation: ChainFederation): readonly number[] =>
  federation.nodes.map(({ index }) => federation.view(index)?.finalized.height ?? -1);

/** INV-11: at most one block and one vote a key and slot, slots ascending. */
function expectOneSignatureASlot(federation: ChainFederation): void {
  for (const { index } of federation.nodes) {
    for (const kind of ['block', 'vote'] as const) {
      const slots = federation.signatures.filter((s) => s.node === index && s.kind === kind).map(({ slot }) => slot);
      expect(slots).toEqual([...new Set(slots)].sort((a, b) => a - b));
    }
  }
}

describe('a simulated federation', () => {
  it('finalizes within three slots when all is well', () => {
    const federation = start(1, 4);
    federation.runSlots(20);
    for (const { index } of federation.nodes) {
      const view = federation.view(index);
      expect(view?.head.height).toBeGreaterThanOrEqual(15);
      expect((view?.slot ?? 0) - (view?.finalized.slot ?? 0)).toBeLessThanOrEqual(3);
    }
    expect(federation.conflicts).toEqual([]);
  });

  it('goes on with one of four nodes down, and takes it in again', () => {
    const federation = start(2, 4);
    federation.runSlots(6);
    federation.crash(3);
    federation.runSlots(12);
    const before = finalHeights(federation);
    expect(before[0]).toBeGreaterThanOrEqual(8);
    federation.start(3);
    federation.runSlots(10);
    const after = finalHeights(federation);
    expect(after[3]).toBeGreaterThanOrEqual((before[0] ?? 0) + 4);
    expectOneSignatureASlot(federation);
    expect(federation.conflicts).toEqual([]);
  });

  it('tells the bridge its newest final block when it stands again, though no more become final', () => {
    const federation = start(4, 4);
    federation.runSlots(10);
    for (const { index } of federation.nodes) federation.crash(index);
    federation.start(0);
    federation.runSlots(3);
    const { height } = federation.view(0)?.finalized ?? { height: 0 };
    expect(height).toBeGreaterThan(4);
    const { messages = [] } = federation.nodes[0]?.system?.read('oldest').read(4096) ?? {};
    const told = messages.filter(({ type, to }) => type === 'FinalizeBlock' && to === 'BridgeActor');
    expect(told.map(({ seq }) => federation.nodes[0]?.system?.payload(seq))).toMatchObject([{ height }]);
  });

  it('finalizes nothing while it is split in halves, and goes on when it is joined', () => {
    const federation = start(3, 4);
    federation.runSlots(8);
    federation.partition([
      [0, 1],
      [2, 3],
    ]);
    federation.runSlots(2);
    const stopped = finalHeights(federation);
    federation.runSlots(10);
    expect(finalHeights(federation)).toEqual(stopped);
    federation.partition(null);
    federation.runSlots(10);
    expect(Math.min(...finalHeights(federation))).toBeGreaterThan(Math.max(...stopped) + 2);
    expectOneSignatureASlot(federation);
    expect(federation.conflicts).toEqual([]);
  });

  it('never finalizes two blocks of one height, and heals, whatever crashes and partitions a seed brings (INV-16)', () => {
    for (let seed = 100; seed < 120; seed++) {
      const federation = start(seed, 4);
      const { random } = federation.pump;
      for (let round = 0; round < 12; round++) {
        const victim = Math.floor(random() * 4);
        const choice = random();
        if (choice < 0.35 && federation.nodes[victim]?.system !== null) federation.crash(victim);
        else if (choice < 0.7 && federation.nodes[victim]?.system === null) federation.start(victim);
        else if (choice < 0.85) federation.partition([[victim], [0, 1, 2, 3].filter((i) => i !== victim)]);
        else federation.partition(null);
        federation.runSlots(1 + Math.floor(random() * 3));
      }
      federation.partition(null);
      for (const { index, system } of federation.nodes) if (system === null) federation.start(index);
      federation.runSlots(4);
      const healed = finalHeights(federation);
      federation.runSlots(12);
      const after = finalHeights(federation);
      expect(federation.conflicts, `seed ${seed}`).toEqual([]);
      expect(Math.min(...after), `seed ${seed}: finality goes on after all heals`).toBeGreaterThan(Math.max(...healed));
      expectOneSignatureASlot(federation);
    }
  });

  it('plays the same seed the same way', () => {
    const hash = (): string => {
      const federation = start(7, 4);
      federation.runSlots(10);
      federation.crash(1);
      federation.runSlots(5);
      return federation.pump.traceHash;
    };
    expect(hash()).toBe(hash());
  });
});
