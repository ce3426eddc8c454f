import { describe, expect, it } from 'vitest';
import { optionsOf, type WorldOptions } from './world/options.ts';
import { type SeedResult, simulate } from './world/simulation.ts';
import type { World } from './world/world.ts';

const SLOTS = 120;
const SLOT_MS = 2000;
const optionsFor = (seed: number, more: Partial<WorldOptions> = {}): WorldOptions => ({
  ...optionsOf(seed),
  faults: ['memberChange'],
  nodes: 4,
  deposits: 16,
  burns: 5,
  slots: SLOTS,
  slotMs: SLOT_MS,
  ...more,
});

/** The former members' coins are spent, new ones approve, and every node comes to rest in the new epoch with the same books. */
function expectChanged({ violations, sometimes }: SeedResult): void {
  expect(violations).toEqual([]);
  expect(sometimes.get('memberChange')).toBe(1);
  expect(sometimes.get('newMembersApproved')).toBeGreaterThanOrEqual(1);
  expect(sometimes.get('payout')).toBeGreaterThanOrEqual(1);
}

/** Power off at this moment, and on again after a while. */
function restart(world: World, index: number, afterMs: number): void {
  const node = world.nodes[index];
  node?.kill();
  world.pump.after(afterMs, () => {
    if (node?.alive === false) node.start();
  });
}

describe('a member change in a federation of whole nodes (INV-19, INV-20, INV-28)', () => {
  it.each([2, 3, 5])('keeps every invariant, and everything pending completes, with seed %i', async (seed) => {
    expectChanged(await simulate(optionsFor(seed)));
  });

  it.each([4, 7])('keeps them under lost messages, halts and crashes of seed %i', async (seed) => {
    const faults = ['memberChange', 'halts', 'crashes', 'linkResets', 'membersDown', 'lossyGossip', 'reorgs'] as const;
    expectChanged(await simulate(optionsFor(seed, { faults })));
  });

  it('stops nobody when two nodes call the block final that holds it, and two do not', async () => {
    const { violations } = await simulate({ ...optionsOf(204), deposits: 8, burns: 5, slots: 100 });
    expect(violations).toEqual([]);
  });

  it('is found in the chain by a node that starts when it is long over', async () => {
    const result = await simulate(optionsFor(2), (world) => {
      world.pump.after(1, () => restart(world, 3, SLOTS * SLOT_MS * 0.95));
    });
    expectChanged(result);
  });

  it('is kept by nodes that lose power when it is written and when it takes effect', async () => {
    let restarts = 0;
    const result = await simulate(optionsFor(3), (world) => {
      const met = new Set<string>();
      let activationHeight = Infinity;
      const once = (node: number, moment: string): void => {
        if (met.has(`${node}:${moment}`)) return;
        met.add(`${node}:${moment}`);
        restarts++;
        world.pump.after(0, () => restart(world, node, 1000 + node * 1500));
      };
      world.observers.push((observation) => {
        if (observation.kind === 'valueStored' && observation.key === 'chain.members')
          once(observation.node, 'written');
        if (observation.kind !== 'blocksStored') return;
        for (const { signedBlock } of observation.blocks) {
          const { height, federationUpdates } = signedBlock.block;
          for (const { update } of federationUpdates)
            ({ activationHeight } = JSON.parse(update) as { activationHeight: number });
          if (height === activationHeight) once(observation.node, 'active');
        }
      });
    });
    expectChanged(result);
    expect(restarts).toBe(8);
  });
});
