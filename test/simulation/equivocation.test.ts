import { describe, expect, it } from 'vitest';
import { blockSigningRoot } from '../../node-core/domain/consensus/signing.ts';
import type { SignedBlock } from '../../node-core/domain/consensus/types.ts';
import { slot } from '../../node-core/primitives/ids.ts';
import { ChainFederation, NETWORK_HASH } from '../support/chain-federation.ts';
import { createKeyedScheme } from '../support/keyed-scheme.ts';

/** Three nodes of four, at a slot of the fourth, which forges two blocks for it. */
function withTwoBlocks(seed: number): { federation: ChainFederation; first: SignedBlock; second: SignedBlock } {
  const federation = new ChainFederation(seed, 4);
  for (let i = 0; i < 3; i++) federation.start(i);
  federation.runSlots(5);
  while ((federation.view(0)?.slot ?? 0) % 4 !== 3) federation.runSlots(1);
  const at = slot(federation.view(0)?.slot ?? 0);
  const [first, second] = ['first', 'second'].map((salt) => federation.forge(0, 3, at, salt));
  if (first === undefined || second === undefined) throw new Error('there are two blocks');
  return { federation, first, second };
}

function expectProof(
  federation: ChainFederation,
  { first, second }: { first: SignedBlock; second: SignedBlock },
): void {
  const scheme = createKeyedScheme();
  // It knows the keys that it has made.
  const { publicKey } = scheme.keyPair(3);
  for (const index of [0, 1, 2]) {
    const view = federation.view(index);
    expect(view?.evidenceCount).toBe(1);
    const [evidence] = view?.evidence ?? [];
    expect(evidence).toMatchObject({ kind: 'block', slot: first.block.slot, name: 'node-3' });
    expect([evidence?.firstSignature, evidence?.secondSignature].sort()).toEqual(
      [first.signature, second.signature].sort(),
    );
    for (const [root, signature] of [
      [evidence?.firstRoot, evidence?.firstSignature],
      [evidence?.secondRoot, evidence?.secondSignature],
    ] as const) {
      const message = blockSigningRoot(NETWORK_HASH, root as never, first.block.slot);
      expect(evidence?.publicKey).toBe(publicKey);
      expect(scheme.verify(publicKey, message, signature as never)).toBe(true);
    }
  }
}

describe('evidence of two blocks for one slot', () => {
  it('proves it by both signatures, and is there after a restart', () => {
    const both = withTwoBlocks(41);
    const { federation } = both;
    federation.spread(3, both.first);
    federation.spread(3, both.second);
    federation.runSlots(6);
    expectProof(federation, both);
    for (const index of [0, 1, 2]) {
      federation.crash(index);
      federation.start(index);
    }
    federation.runSlots(2);
    expectProof(federation, both);
  });

  it.each([1, 4, 20])('is kept when the second comes %i slots later, when the first is final', (slots) => {
    const both = withTwoBlocks(42);
    const { federation } = both;
    federation.spread(3, both.first);
    federation.runSlots(slots);
    federation.spread(3, both.second);
    federation.runSlots(2);
    expectProof(federation, both);
  });

  it('is kept when the second comes after a restart', () => {
    const both = withTwoBlocks(43);
    const { federation } = both;
    federation.spread(3, both.first);
    federation.runSlots(6);
    for (const index of [0, 1, 2]) {
      federation.crash(index);
      federation.start(index);
    }
    federation.runSlots(3);
    federation.spread(3, both.second);
    federation.runSlots(2);
    expectProof(federation, both);
  });

  it('is kept when the second can not be valid', () => {
    const both = withTwoBlocks(44);
    const { federation, first } = both;
    federation.spread(3, first);
    federation.runSlots(1);
    // On the first one's own slot: it doesn't link.
    const second = federation.forge(0, 3, first.block.slot, 'second');
    federation.spread(3, second);
    federation.runSlots(2);
    expectProof(federation, { first, second });
  });

  it('needs the key’s signature: what another signed in its name is none', () => {
    const { federation, first, second } = withTwoBlocks(45);
    const forged = { ...second, signature: first.signature };
    federation.spread(3, forged);
    federation.spread(3, first);
    federation.spread(3, { ...second, signature: first.signature });
    federation.runSlots(3);
    for (const index of [0, 1, 2]) expect(federation.view(index)?.evidence).toEqual([]);
  });

  it('is one for a slot and key, however many blocks it signs', () => {
    const { federation, first, second } = withTwoBlocks(46);
    for (const block of [first, second]) federation.spread(3, block);
    for (let i = 0; i < 20; i++) federation.spread(3, federation.forge(0, 3, first.block.slot, `more ${i}`));
    federation.runSlots(3);
    expect(federation.view(0)?.evidenceCount).toBe(1);
    expect(federation.nodes[0]?.disk.evidence).toHaveLength(1);
  });
});
