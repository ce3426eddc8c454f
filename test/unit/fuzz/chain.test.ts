import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeSignedBlock } from '../../../node-core/domain/consensus/encoding.ts';
import { MAX_SATS } from '../../../node-core/primitives/units.ts';
import { moveOn, runFuzz } from '../../fuzz/run.ts';
import { Tally } from '../../fuzz/tally.ts';
import { blocks } from '../../fuzz/targets/blocks.ts';
import { statuses } from '../../fuzz/targets/statuses.ts';
import { votes } from '../../fuzz/targets/votes.ts';
import { wire } from '../../fuzz/targets/wire.ts';
import { until } from '../../fuzz/world/until.ts';
import { FuzzWorld } from '../../fuzz/world/world.ts';
import { addressOf } from '../../support/evm-chain.ts';

/** A few seconds on an idle machine. */
const timeout = 90_000;

describe('malformed blocks, votes and statuses (INV-17)', () => {
  it('are refused at every stage and change nothing of a node', { timeout }, async () => {
    const schemes = [{ scheme: 'keyed', share: 1 }] as const;
    expect(await runFuzz({ inputs: 2_000, seed: 21, targets: [blocks, votes, statuses, wire], schemes })).toMatchObject(
      {
        problems: [],
        unreached: [],
        passed: true,
      },
    );
  });

  it('are refused under real signatures too', { timeout }, async () => {
    const schemes = [{ scheme: 'bls', share: 1 }] as const;
    const { problems, inputs } = await runFuzz({ inputs: 120, seed: 12, targets: [blocks, votes], schemes });
    expect(problems).toEqual([]);
    expect(inputs).toBeGreaterThanOrEqual(120);
  });
});

describe('well-signed blocks', () => {
  const tally = new Tally();
  let world: FuzzWorld;

  beforeAll(async () => {
    world = await FuzzWorld.create('keyed', 13, tally);
  }, timeout);
  afterAll(() => world.close());

  it('of an authority that signs many for its slot leave no more behind than two', { timeout }, async () => {
    await moveOn(world);
    expect(tally.problems).toEqual([]);
    expect(tally.reached('block', 'TOO_MANY_RIVALS')).toBeGreaterThan(1);
  });

  it('that mint more than there are bitcoins are refused, whoever approved them', { timeout }, async () => {
    const deposits = [1, 2].map((account) => world.pegIn(addressOf(account), MAX_SATS));
    const block = await world.federation.propose(world.nextPeerSlot(), deposits);
    world.enterSlot(block.signedBlock.block.slot);
    world.node.gossip('blocks', encodeSignedBlock(block.signedBlock));
    await until('the block is refused', () =>
      world.node.logs().some(({ fields }) => fields['root'] === block.root && fields['code'] === 'MINTS'),
    );
    await world.checkUnchanged('mints');
    expect(tally.problems).toEqual([]);
  });
});
