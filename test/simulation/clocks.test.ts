import { describe, expect, it } from 'vitest';
import { blockRootOf } from '../../node-core/domain/consensus/encoding.ts';
import type { SignedBlock } from '../../node-core/domain/consensus/types.ts';
import { slot } from '../../node-core/primitives/ids.ts';
import { ChainFederation } from '../support/chain-federation.ts';
import { alone, slotOf } from '../support/lone-node.ts';

/** Three of four nodes; the slot after the current one is the missing one's. */
function beforeTurnOfLast(seed: number): ChainFederation {
  const federation = new ChainFederation(seed, 4);
  for (let i = 0; i < 3; i++) federation.start(i);
  federation.runSlots(5);
  while ((federation.view(0)?.slot ?? 0) % 4 !== 2) federation.runSlots(1);
  // The current slot's block is certified.
  federation.pump.runFor(300);
  return federation;
}

/** The missing node's block of its next slot, brought so many ms before that begins. */
function bringEarly(federation: ChainFederation, earlyMs: number): SignedBlock {
  const at = slot((federation.view(0)?.slot ?? 0) + 1);
  federation.pump.runFor(at * 1000 - federation.pump.nowMs - earlyMs);
  const block = federation.forge(0, 3, at, 'early');
  federation.spread(3, block);
  return block;
}

const holds = (federation: ChainFederation, index: number, { block }: SignedBlock): boolean =>
  federation.view(index)?.recentBlocks.some(({ root }) => root === blockRootOf(block)) ?? false;

describe('a block that comes before its slot', () => {
  it.each([100, 400, 499])('%i ms early is imported at once', (earlyMs) => {
    const federation = beforeTurnOfLast(31);
    const block = bringEarly(federation, earlyMs);
    federation.pump.runFor(60);
    for (const index of [0, 1, 2]) expect(holds(federation, index, block)).toBe(true);
    expect(federation.view(0)?.earlyBlocks).toEqual([]);
  });

  it.each([501, 600, 690])('%i ms early waits for it, is imported and voted for, and is counted', (earlyMs) => {
    const federation = beforeTurnOfLast(32);
    const block = bringEarly(federation, earlyMs);
    if (earlyMs > 560) {
      federation.pump.runFor(50);
      expect(holds(federation, 0, block)).toBe(false);
    }
    federation.runSlots(3);
    for (const index of [0, 1, 2]) {
      expect(holds(federation, index, block)).toBe(true);
      expect(federation.view(index)?.earlyBlocks).toEqual([{ slot: block.block.slot, authority: 3, earlyMs }]);
    }
    expect(federation.view(0)?.recentBlocks.find(({ root }) => root === blockRootOf(block.block))?.finalized).toBe(
      true,
    );
    federation.runSlots(61);
    expect(federation.view(0)?.earlyBlocks).toEqual([]);
  });

  it.each([
    [4000, true],
    [4001, false],
  ])('%i ms early waits for its slot: %s', (earlyMs, waits) => {
    const federation = alone();
    const at = slot(slotOf(federation) + 5);
    const block = federation.forge(0, at % 4, at, 'ahead');
    federation.pump.runFor(at * 1000 - federation.pump.nowMs - earlyMs);
    federation.spread(1, block);
    federation.runSlots(5);
    expect(slotOf(federation)).toBeGreaterThanOrEqual(at);
    expect(holds(federation, 0, block)).toBe(waits);
  });

  it('by minutes is refused, and changes nothing', () => {
    const federation = beforeTurnOfLast(33);
    const at = slot((federation.view(0)?.slot ?? 0) + 101);
    const block = federation.forge(0, 3, at, 'far ahead');
    federation.spread(3, block);
    federation.runSlots(104);
    expect(holds(federation, 0, block)).toBe(false);
    expect(federation.view(0)?.earlyBlocks).toEqual([]);
  });
});
