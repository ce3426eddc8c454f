import { describe, expect, it } from 'vitest';
import { blockHeight, type BlockRoot } from '../../../node-core/primitives/ids.ts';
import type { SignedBlock } from '../../../node-core/domain/consensus/types.ts';
import { acceptBatch } from '../../../node-core/domain/sync/batch.ts';
import { createConsensusWorld } from '../../support/consensus-world.ts';

const world = createConsensusWorld(1);
const chain: SignedBlock[] = [];
let parent = world.facts(world.genesis.signed.block, world.genesis.root);
for (let at = 1; at <= 4; at++) {
  const certificate = { ...world.genesis.certificate, blockRoot: parent.root, slot: parent.slot };
  const { root, signed } = world.propose(parent, certificate, at);
  chain.push(signed);
  parent = world.facts(signed.block, root);
}
const [one, two, three, four] = chain as [SignedBlock, SignedBlock, SignedBlock, SignedBlock];
const range = { from: blockHeight(1), to: blockHeight(3) };
const codeOf = (blocks: readonly SignedBlock[], parentRoot: BlockRoot | null = world.genesis.root): string => {
  const checked = acceptBatch(range, blocks, parentRoot);
  return checked.ok ? `up to ${checked.value.lastHeight}` : checked.refusal.code;
};

describe('a batch of blocks', () => {
  it('is accepted whole, or shorter from the beginning, and gives its last root', () => {
    expect(codeOf([one, two, three])).toBe('up to 3');
    expect(codeOf([one])).toBe('up to 1');
    expect(codeOf([one, two], null)).toBe('up to 2');
    expect(acceptBatch(range, [one, two], world.genesis.root)).toMatchObject({
      value: { lastRoot: three.block.parentRoot },
    });
  });
  it.each([
    ['nothing', [], 'EMPTY_BATCH'],
    ['another beginning', [two, three], 'WRONG_HEIGHTS'],
    ['a hole', [one, three], 'WRONG_HEIGHTS'],
    ['a block twice', [one, one], 'WRONG_HEIGHTS'],
    ['more than was asked for', [one, two, three, four], 'WRONG_HEIGHTS'],
    [
      'a block on another',
      [one, { ...two, block: { ...two.block, parentRoot: four.block.parentRoot } }],
      'UNLINKED_BLOCKS',
    ],
    [
      'a certificate for another',
      [one, { ...two, block: { ...two.block, certificate: four.block.certificate } }],
      'UNLINKED_BLOCKS',
    ],
    ['a slot that is not later', [one, { ...two, block: { ...two.block, slot: one.block.slot } }], 'UNLINKED_BLOCKS'],
  ])('is refused with %s', (_, blocks, code) => {
    expect(codeOf(blocks)).toBe(code);
  });
  it('is refused when it begins on another block than the one before', () => {
    expect(codeOf([one, two], three.block.parentRoot)).toBe('UNLINKED_BLOCKS');
  });
});
