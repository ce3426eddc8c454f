import { describe, expect, it } from 'vitest';
import { type BlockRoot, blockHeight, slot } from '../../../node-core/primitives/ids.ts';
import {
  authorityOfSlot,
  authoritySetAt,
  checkSchedule,
  finalBeforeVote,
  quorum,
  slotAt,
  slotStartMs,
  timestampOfSlot,
} from '../../../node-core/domain/consensus/schedule.ts';
import { networkHash } from '../../../node-core/domain/consensus/network-hash.ts';
import type { GuardRecord } from '../../../node-core/domain/consensus/types.ts';
import {
  afterProposal,
  afterVote,
  EMPTY_GUARD,
  mayPropose,
  mayVote,
} from '../../../node-core/domain/consensus/voting.ts';

const rootOf = (digit: string): BlockRoot => `0x${digit.repeat(64)}` as BlockRoot;
const block = (at: number, justifiedAt: number, justified = 'a') => ({
  slot: slot(at),
  certificate: { blockRoot: rootOf(justified), slot: slot(justifiedAt) },
});
const voted = (...blocks: readonly ReturnType<typeof block>[]): GuardRecord =>
  blocks.reduce((guard, one) => afterVote(guard, rootOf('f'), one), EMPTY_GUARD);
const outcome = (guard: GuardRecord, candidate: ReturnType<typeof block>): string => {
  const checked = mayVote(guard, candidate);
  if (!checked.ok) return checked.refusal.code;
  return checked.value.clean ? 'clean' : 'unclean';
};

describe('the voting rule', () => {
  it('votes cleanly when the last vote was not after the certificate', () => {
    expect(outcome(EMPTY_GUARD, block(5, 4))).toBe('clean');
    expect(outcome(voted(block(4, 3)), block(5, 4))).toBe('clean');
    expect(outcome(voted(block(4, 3)), block(9, 4))).toBe('clean');
  });
  it('votes, but not cleanly, when it voted between the certificate and the block', () => {
    expect(outcome(voted(block(4, 2), block(6, 4, 'b')), block(7, 4, 'b'))).toBe('unclean');
  });
  it('votes once a slot, slots strictly increasing', () => {
    expect(outcome(voted(block(6, 4)), block(6, 4))).toBe('VOTED_ALREADY');
    expect(outcome(voted(block(6, 4)), block(5, 4))).toBe('VOTED_ALREADY');
  });
  it("never votes below its lock, and never for a second certified block of the lock's slot", () => {
    expect(outcome(voted(block(6, 4)), block(7, 3))).toBe('BELOW_LOCK');
    expect(outcome(voted(block(6, 4)), block(7, 4, 'b'))).toBe('CONFLICTING_LOCK');
  });
  it('locks on the certificate of what it votes for', () => {
    expect(voted(block(6, 4))).toMatchObject({
      lastVotedSlot: 6,
      lastVotedRoot: rootOf('f'),
      lockedRoot: rootOf('a'),
      lockedSlot: 4,
    });
  });
  it('proposes once a slot, slots strictly increasing, whatever it voted', () => {
    const proposed = afterProposal(voted(block(9, 8)), slot(6));
    expect(mayPropose(proposed, slot(7)).ok).toBe(true);
    expect(mayPropose(proposed, slot(6))).toMatchObject({ refusal: { code: 'PROPOSED_ALREADY' } });
    expect(mayPropose(proposed, slot(5))).toMatchObject({ refusal: { code: 'PROPOSED_ALREADY' } });
    expect(proposed.lastVotedSlot).toBe(9);
  });
});

describe('the schedule of slots', () => {
  it('counts slots by floor and gives each its authority, its start and its timestamp', () => {
    expect(slotAt(7999, 2000)).toBe(3);
    expect(slotAt(8000, 2000)).toBe(4);
    expect(slotStartMs(slot(4), 2000)).toBe(8000);
    expect(timestampOfSlot(slot(3), 1500)).toBe(4);
    expect([0, 1, 2, 3].map((at) => authorityOfSlot(slot(at), 3))).toEqual([0, 1, 2, 0]);
  });
  it('gives strictly ascending timestamps at the shortest slot', () => {
    for (let at = 1; at < 50; at++)
      expect(timestampOfSlot(slot(at), 1000)).toBeGreaterThan(timestampOfSlot(slot(at - 1), 1000));
  });
  it('takes the authorities of the highest reached activation, in any order of entries', () => {
    const schedule = [
      { activationHeight: 10, members: ['c'] },
      { activationHeight: 0, members: ['a', 'b'] },
    ];
    expect(authoritySetAt(schedule, blockHeight(9))).toEqual(['a', 'b']);
    expect(authoritySetAt(schedule, blockHeight(10))).toEqual(['c']);
    expect(() => authoritySetAt(schedule.slice(0, 1), blockHeight(9))).toThrow('no authorities are active');
  });
});

describe('a schedule of authorities', () => {
  const entry = (activationHeight: number, keys: string) => ({
    activationHeight,
    members: [...keys].map((blsPublicKey) => ({ blsPublicKey })),
  });
  it('may begin with any set and change by one member at a time', () => {
    expect(checkSchedule([entry(0, 'abc'), entry(10, 'abcd'), entry(74, 'acd')]).ok).toBe(true);
    expect(checkSchedule([entry(0, 'a'), entry(1, 'ab')]).ok).toBe(true);
    expect(checkSchedule([entry(0, 'abcdefghijklmno')]).ok).toBe(true);
  });
  it.each([
    ['nobody at genesis', [entry(1, 'abc')]],
    ['no entry', []],
    ['no authorities', [entry(0, '')]],
    ['16 authorities', [entry(0, 'abcdefghijklmnop')]],
    ['an entry not above the one before', [entry(0, 'abc'), entry(0, 'abcd')]],
    ['a member replaced in one step', [entry(0, 'abc'), entry(10, 'abd')]],
    ['two changes too near each other', [entry(0, 'abc'), entry(12, 'abcd'), entry(13, 'acd')]],
    ['two members added in one step', [entry(0, 'abc'), entry(10, 'abcde')]],
  ])('is refused with %s', (_, schedule) => {
    expect(checkSchedule(schedule)).toMatchObject({ refusal: { code: 'SCHEDULE' } });
  });
  it('names the distance that two changes need', () => {
    const checked = checkSchedule([entry(0, 'abc'), entry(12, 'abcd'), entry(75, 'acd')]);
    expect(checked).toMatchObject({ refusal: { reason: expect.stringContaining('12 and 75: 64 blocks') as string } });
  });
  it('has the quorums of SAFETY.md, for 1 to 15 authorities', () => {
    const quorums = Array.from({ length: 15 }, (_, i) => quorum(i + 1));
    expect(quorums).toEqual([1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9, 10, 10]);
  });
  it('asks for the change before the last to be final before a vote', () => {
    const schedule = [entry(0, 'abc'), entry(12, 'abcd'), entry(80, 'acd')];
    const needed = [0, 11, 12, 79, 80, 200].map((height) => finalBeforeVote(schedule, blockHeight(height)));
    expect(needed).toEqual([0, 0, 0, 0, 12, 12]);
  });
});

describe('the network hash', () => {
  it('is the SHA-256 of the RFC 8785 form: the order of keys and spaces do not matter, every value does', () => {
    // printf '{"a":1,"b":[true,"x"]}' | sha256sum
    const expected = '63e8063d9dc6f0fd5a24b4706818a165fd57c3531b74466cf5dea62bff09b0b6';
    const hash = networkHash({ b: [true, 'x'], a: 1 });
    expect(hash).toBe(expected);
    expect(networkHash({ a: 1, b: [true, 'x'] })).toBe(hash);
    expect(networkHash({ a: 2, b: [true, 'x'] })).not.toBe(hash);
  });
});
