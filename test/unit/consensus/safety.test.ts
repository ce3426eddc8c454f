import { describe, expect, it } from 'vitest';
import { accept } from '../../../node-core/primitives/errors.ts';
import { quorum } from '../../../node-core/domain/consensus/schedule.ts';
import { EMPTY_GUARD, mayVote } from '../../../node-core/domain/consensus/voting.ts';
import { explore, type Rules, SOUND_RULES } from '../../support/consensus-explorer.ts';

const SEEDS = 160;
const worstCase = (authorities: number): number => Math.ceil(authorities / 3) - 1;
const sizes = [1, 2, 3, 4, 5, 6, 7, 10];
const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);
const run = (rules: Rules, seed: number) => {
  const authorities = sizes[seed % sizes.length] ?? 4;
  return explore({
    seed,
    authorities,
    faulty: worstCase(authorities),
    stormSlots: 40,
    calmSlots: 4 * authorities,
    rules,
  });
};

describe('two-chain finality with clean votes', () => {
  it('never finalizes two conflicting blocks while fewer than a third equivocate, and finalizes again once healed (INV-16)', () => {
    const explored = seeds.map((seed) => run(SOUND_RULES, seed));
    expect(explored.filter(({ conflict }) => conflict !== null)).toEqual([]);
    expect(explored.filter(({ finalAtHeal, finalAtEnd }) => finalAtEnd <= finalAtHeal)).toEqual([]);
    // The storms were storms: forks, skipped slots and votes that weren't clean all occurred.
    const total = (read: (one: (typeof explored)[number]) => number) =>
      explored.reduce((sum, one) => sum + read(one), 0);
    expect(total(({ uncleanVotes }) => uncleanVotes)).toBeGreaterThan(SEEDS);
    expect(total(({ skippedSlots }) => skippedSlots)).toBeGreaterThan(SEEDS);
    expect(total(({ certified }) => certified)).toBeGreaterThan(10 * SEEDS);
  });

  const planted: readonly (readonly [string, Rules])[] = [
    [
      'every vote claims to be clean',
      {
        ...SOUND_RULES,
        mayVote: (guard, block) => {
          const allowed = mayVote(guard, block);
          return allowed.ok ? accept({ clean: true }) : allowed;
        },
      },
    ],
    [
      'the lock is ignored',
      {
        ...SOUND_RULES,
        mayVote: (guard, block) => mayVote({ ...guard, lockedSlot: null, lockedRoot: null }, block),
      },
    ],
    ['a restart forgets the guard', { ...SOUND_RULES, recoveredGuard: () => EMPTY_GUARD }],
  ];
  it.each(planted)('the explorer finds a conflict when %s', (_, rules) => {
    expect(seeds.some((seed) => run(rules, seed).conflict !== null)).toBe(true);
  });
});

describe('the quorum floor((2n+2)/3)', () => {
  it.each(Array.from({ length: 15 }, (_, i) => i + 1))('of %i authorities', (authorities) => {
    const needed = quorum(authorities);
    const faulty = worstCase(authorities);
    expect(2 * needed - authorities, 'two quorums share an authority that behaves').toBeGreaterThan(faulty);
    expect(authorities - faulty, 'those who behave are a quorum').toBeGreaterThanOrEqual(needed);
  });

  it.each(Array.from({ length: 14 }, (_, i) => i + 1))('of %i authorities meets that of one more', (authorities) => {
    const shared = quorum(authorities) + quorum(authorities + 1) - (authorities + 1);
    expect(shared).toBeGreaterThan(worstCase(authorities));
  });
});
