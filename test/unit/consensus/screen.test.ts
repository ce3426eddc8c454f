import { describe, expect, it } from 'vitest';
import { authorityIndex, slot } from '../../../node-core/primitives/ids.ts';
import { type ScreenContext, screenBlock, screenVote } from '../../../node-core/domain/consensus/screen.ts';
import { createConsensusWorld, FORGED, NETWORK_HASH } from '../../support/consensus-world.ts';

const world = createConsensusWorld(4);
const context: ScreenContext = {
  schedule: [{ activationHeight: 0, members: world.authorities }],
  scheme: world.scheme,
  networkHash: NETWORK_HASH,
};
const facts = world.facts(world.genesis.signed.block, world.genesis.root);
const { root, signed } = world.propose(facts, world.genesis.certificate, 41);
const vote = world.vote(2, root, slot(41), true);
const codeOf = (checked: ReturnType<typeof screenBlock> | ReturnType<typeof screenVote>): string =>
  checked.ok ? 'passes' : checked.refusal.code;

describe('before a block is passed on', () => {
  it('its signature is checked, and whose turn it was, whatever its parent (INV-15)', () => {
    expect(codeOf(screenBlock(signed, context))).toBe('passes');
    expect(codeOf(screenBlock({ ...signed, signature: FORGED }, context))).toBe('BLOCK_SIGNATURE');
    const touched = { ...signed, block: { ...signed.block, parentRoot: root } };
    expect(codeOf(screenBlock(touched, context))).toBe('BLOCK_SIGNATURE');
    expect(codeOf(screenBlock(world.sign({ ...signed.block, proposer: authorityIndex(2) }), context))).toBe(
      'NOT_PROPOSERS_TURN',
    );
    expect(codeOf(screenBlock(signed, { ...context, networkHash: '00'.repeat(32) }))).toBe('BLOCK_SIGNATURE');
  });
});

describe('before a vote is passed on', () => {
  it('its signature is checked, under the key of any height', () => {
    expect(codeOf(screenVote(vote, context))).toBe('passes');
    expect(codeOf(screenVote({ ...vote, clean: false }, context))).toBe('VOTE_SIGNATURE');
    expect(codeOf(screenVote({ ...vote, authority: authorityIndex(1) }, context))).toBe('VOTE_SIGNATURE');
    expect(codeOf(screenVote({ ...vote, authority: authorityIndex(9) }, context))).toBe('VOTE_SIGNATURE');
    const later = [{ activationHeight: 0, members: world.authorities.slice(0, 2) }, ...context.schedule];
    expect(codeOf(screenVote(vote, { ...context, schedule: later }))).toBe('passes');
  });
});
