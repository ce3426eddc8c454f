import { describe, expect, it } from 'vitest';
import { slot } from '../../node-core/primitives/ids.ts';
import { alone, forged, give, holds, slotOf, votedFor } from '../support/lone-node.ts';

describe('a node’s vote', () => {
  it.each([
    [0, true],
    [1, true],
    [2, false],
  ])('for a block that comes %i slots after its own: %s', (late, votes) => {
    const federation = alone();
    const signedBlock = forged(federation);
    federation.runSlots(late);
    federation.spread(1, signedBlock);
    federation.runSlots(1);
    expect(holds(federation, signedBlock.block)).toBe(true);
    expect(votedFor(federation, signedBlock.block)).toBe(votes);
  });

  it('is not signed any more when a halt comes while the bridge is asked (INV-13)', () => {
    const federation = alone();
    const signedBlock = forged(federation);
    federation.bridgeDelayMs = 300;
    federation.spread(1, signedBlock);
    federation.pump.runFor(200);
    expect(holds(federation, signedBlock.block)).toBe(true);
    void federation.askChain(0, {
      type: 'EmergencyHaltRequest',
      source: 'operator',
      reason: 'night',
      generation: null,
    });
    federation.runSlots(2);
    expect(votedFor(federation, signedBlock.block)).toBe(false);
  });

  it('is not signed any more when the bridge took longer than the next slot', () => {
    const federation = alone();
    const signedBlock = forged(federation);
    federation.bridgeDelayMs = 1900;
    federation.runSlots(1);
    federation.spread(1, signedBlock);
    federation.runSlots(3);
    expect(holds(federation, signedBlock.block)).toBe(true);
    expect(votedFor(federation, signedBlock.block)).toBe(false);
  });

  it('is not signed when the bridge refuses', () => {
    const federation = alone();
    federation.bridgeAccepts = false;
    const block = give(federation);
    expect(holds(federation, block)).toBe(true);
    expect(votedFor(federation, block)).toBe(false);
  });

  it('is missing, and nothing else, when the signer refuses', () => {
    const federation = alone();
    const actor = () => federation.nodes[0]?.system?.tree().find(({ path }) => path === 'ChainActor');
    const disk = federation.nodes[0]?.disk;
    if (disk === undefined) throw new Error('there is no node 0');
    const life = actor()?.generation;
    disk.guard = { ...disk.guard, lastVotedSlot: slot(slotOf(federation) + 1000) };
    const first = give(federation);
    const second = give(federation, {}, first);
    expect([first, second].map((block) => holds(federation, block))).toEqual([true, true]);
    expect([first, second].map((block) => votedFor(federation, block))).toEqual([false, false]);
    expect(actor()?.generation).toBe(life);
  });

  it('for a block after two changes of the authorities waits until a block after the first of them is final', () => {
    const { height: begin } = forged(alone()).block;
    const federation = alone((members) =>
      [0, begin + 1, begin + 2].map((activationHeight) => ({ activationHeight, members: [...members] })),
    );
    const first = give(federation);
    const second = give(federation, {}, first);
    const third = give(federation, {}, second);
    expect(federation.view(0)?.finalized.height).toBe(first.height);
    // The next slot is the node's own, whose block it does not vote for either.
    federation.runSlots(1);
    const fourth = give(federation, {}, third);
    expect(federation.view(0)?.finalized.height).toBe(second.height);
    expect([first, second, third, fourth].map(({ height }) => height - begin)).toEqual([0, 1, 2, 3]);
    expect([first, second, third, fourth].map((block) => votedFor(federation, block))).toEqual([
      true,
      true,
      false,
      true,
    ]);
    const own = federation.signatures.filter(({ node, slot: at }) => node === 0 && at === slot(slotOf(federation) - 2));
    expect(own.map(({ kind }) => kind)).toEqual(['block']);
  });
});
