import { describe, expect, it } from 'vitest';
import { ChainFederation } from '../support/chain-federation.ts';

const start = (seed: number, size: number): ChainFederation => {
  const federation = new ChainFederation(seed, size);
  for (let i = 0; i < size; i++) federation.start(i);
  return federation;
};
const signedBy = (federation: ChainFederation, node: number) =>
  federation.signatures.filter((signature) => signature.node === node);

/** INV-11: at most one block and one vote a slot, slots ascending. */
function expectOneSignatureASlot(federation: ChainFederation, node: number): void {
  for (const kind of ['block', 'vote'] as const) {
    const slots = signedBy(federation, node)
      .filter((signature) => signature.kind === kind)
      .map(({ slot }) => slot);
    expect(slots).toEqual([...new Set(slots)].sort((a, b) => a - b));
  }
}

describe('a node whose disk was restored from a backup (INV-11)', () => {
  it.each([3, 4, 7])('of %i signs nothing below what its peers saw of it, and signs again after that', (size) => {
    const federation = start(40 + size, size);
    federation.runSlots(6);
    const backup = federation.backup(1);
    federation.runSlots(10);
    const before = Math.max(...signedBy(federation, 1).map(({ slot }) => slot));
    federation.restore(1, backup);
    federation.start(1);
    federation.runSlots(12);
    const after = signedBy(federation, 1).filter(({ slot }) => slot > before);
    expect(after.some(({ kind }) => kind === 'vote')).toBe(true);
    expect(after.some(({ kind }) => kind === 'block')).toBe(true);
    expectOneSignatureASlot(federation, 1);
    expect(federation.view(1)?.disarmed).toBeNull();
    expect(federation.conflicts).toEqual([]);
  });

  it('signs nothing while fewer than a quorum of its peers report', () => {
    const federation = start(51, 4);
    federation.runSlots(6);
    const backup = federation.backup(3);
    federation.runSlots(6);
    federation.restore(3, backup);
    federation.partition([
      [0, 3],
      [1, 2],
    ]);
    const before = signedBy(federation, 3).length;
    federation.start(3);
    federation.runSlots(15);
    expect(signedBy(federation, 3)).toHaveLength(before);
    expect(federation.view(3)?.disarmed).toMatch(/caught up|have reported/);
    federation.partition(null);
    federation.runSlots(12);
    expect(signedBy(federation, 3).length).toBeGreaterThan(before);
    expectOneSignatureASlot(federation, 3);
  });

  it('never signs a slot twice, whenever the backup was made and however often it comes back', () => {
    for (let seed = 60; seed < 72; seed++) {
      const federation = start(seed, 4);
      const { random } = federation.pump;
      let backup = federation.backup(2);
      for (let round = 0; round < 8; round++) {
        federation.pump.runFor(Math.floor(random() * 4000));
        const choice = random();
        if (choice < 0.4) backup = federation.backup(2);
        else if (choice < 0.8) {
          federation.restore(2, backup);
          federation.start(2);
        } else federation.partition(random() < 0.5 ? [[2], [0, 1, 3]] : null);
      }
      federation.partition(null);
      federation.runSlots(12);
      const signed = signedBy(federation, 2).length;
      federation.runSlots(10);
      expect(signedBy(federation, 2).length, `seed ${seed}: signs again`).toBeGreaterThan(signed);
      expectOneSignatureASlot(federation, 2);
      expect(federation.conflicts, `seed ${seed}`).toEqual([]);
    }
  });
});
