import { describe, expect, it } from 'vitest';
import type { CertifiedPegIn, FederationUpdate } from '../../../node-core/domain/consensus/types.ts';
import { approvalDigest } from '../../../node-core/domain/federation/approval.ts';
import { type MemberSet, MAX_UPDATE_BYTES, parseMemberSet } from '../../../node-core/domain/federation/member-set.ts';
import {
  checkApprovalAt,
  checkSuccession,
  scheduleOf,
  setsRecordedBy,
} from '../../../node-core/domain/federation/succession.ts';
import { blockHeight, epoch, evmAddress, memberIndex, outpoint, txid } from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { authority, networkHash, nowMs, signedBy } from '../governance/messages.ts';
import { membersOf, signWith } from './members.ts';

const named = membersOf(4).map((keys, index) => ({ name: `member-${index}`, ...keys }));
const genesis: MemberSet = { activationHeight: 0, epoch: 0, members: named.slice(0, 3) };
const schedule = [genesis];
const handover = { fromBitcoinHeight: 100, untilBitcoinHeight: 120 };
const next = { activationHeight: 50, epoch: 1, handover, members: named.slice(1) };
const at = { height: blockHeight(40), startMs: nowMs, networkHash };

/** The first member leaves and the fourth joins, signed by these members of epoch 0. */
function updateOf(set: object = next, signers: readonly number[] = [0, 1], change: object = {}): FederationUpdate {
  const message = { kind: 'federationUpdate' as const, update: JSON.stringify(set) };
  const signed = signedBy({ ...message, authority: { ...authority, epoch: epoch(0), ...change } }, signers);
  const { expiresAtMs, ...rest } = signed.authority;
  return { update: signed.update, expiresAtMs: expiresAtMs ?? 0, ...rest };
}
const codeOf = (update: FederationUpdate, where = at, sets: readonly MemberSet[] = schedule): string => {
  const checked = checkSuccession(update, sets, where);
  return checked.ok ? 'accepted' : checked.refusal.code;
};

describe('a member change in a block (INV-19, INV-20)', () => {
  it('is what a quorum of the members at its height signed, and names the next epoch', () => {
    expect(checkSuccession(updateOf(), schedule, at)).toEqual({ ok: true, value: next });
  });

  it.each([
    ['too few signed', updateOf(next, [0]), 'QUORUM_MISSING'],
    ['nobody signed', updateOf(next, []), 'UNSIGNED'],
    ['one who is no member signed', updateOf(next, [0, 3]), 'SIGNER_UNKNOWN'],
    [
      'it says other than what was signed',
      { ...updateOf(), update: JSON.stringify({ ...next, activationHeight: 51 }) },
      'SIGNATURE_INVALID',
    ],
    ['it was signed in another epoch', updateOf(next, [0, 1], { epoch: epoch(1) }), 'WRONG_EPOCH'],
    ['it has expired when its slot begins', updateOf(next, [0, 1], { expiresAtMs: nowMs }), 'EXPIRED'],
    ['it skips an epoch', updateOf({ ...next, epoch: 2 }), 'UPDATE_EPOCH'],
    ['it rewrites an epoch', updateOf({ ...next, epoch: 0 }), 'UPDATE_EPOCH'],
    ['its height is not to come', updateOf({ ...next, activationHeight: 40 }), 'UPDATE_HEIGHT'],
    ['it names no handover', updateOf({ activationHeight: 50, epoch: 1, members: named }), 'UPDATE_MALFORMED'],
    [
      'its handover ends before it begins',
      updateOf({ ...next, handover: { fromBitcoinHeight: 9, untilBitcoinHeight: 9 } }),
      'UPDATE_HANDOVER',
    ],
  ])('is refused when %s', (_, update, code) => {
    expect(codeOf(update)).toBe(code);
  });

  it('counts once: the block after it needs the epoch after it', () => {
    const recorded = setsRecordedBy({ height: blockHeight(40), federationUpdates: [updateOf()] });
    const sets = scheduleOf(schedule, recorded);
    expect(codeOf(updateOf(), { ...at, height: blockHeight(41) }, sets)).toBe('UPDATE_EPOCH');
  });

  it('is for the members who are active to sign: from the height of a change on, the new ones', () => {
    const sets = [genesis, next];
    const third = {
      ...next,
      epoch: 2,
      activationHeight: 90,
      handover: { fromBitcoinHeight: 100, untilBitcoinHeight: 121 },
    };
    expect(codeOf(updateOf(third), { ...at, height: blockHeight(49) }, sets)).toBe('accepted');
    expect(codeOf(updateOf(third), { ...at, height: blockHeight(50) }, sets)).toBe('WRONG_EPOCH');
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['a field too many', JSON.stringify({ ...next, more: 1 })],
    ['a member twice', JSON.stringify({ ...next, members: [named[0], named[0]] })],
    ['a key that is no point', JSON.stringify({ ...next, members: [{ ...named[0], bitcoinKey: 'ff'.repeat(32) }] })],
    ['no member', JSON.stringify({ ...next, members: [] })],
    ['a fraction for a height', JSON.stringify({ ...next, activationHeight: 50.5 })],
    ['more than a block holds', ' '.repeat(MAX_UPDATE_BYTES) + JSON.stringify(next)],
  ])('with %s for its text is none', (_, text) => {
    expect(parseMemberSet(text)).toBeNull();
  });
});

describe('an approval in a block (INV-19)', () => {
  const deposit = {
    outpoint: outpoint(txid('ab'.repeat(32)), 1),
    amountSats: sats(50_000n),
    recipient: evmAddress(`0x${'a1'.repeat(20)}`),
  };
  /** By members at these positions, whose identity secrets begin at `firstSecret`. */
  const approved = (of: number, firstSecret: number): CertifiedPegIn => {
    const subject = { ...deposit, epoch: epoch(of) };
    const digest = approvalDigest({ ...subject, networkHash });
    const certificate = [0, 1].map((member) => ({
      member: memberIndex(member),
      signature: signWith(firstSecret + member, digest),
    }));
    return { ...subject, certificate };
  };
  const judged = (pegIn: CertifiedPegIn, height: number): string => {
    const checked = checkApprovalAt(pegIn, [genesis, next], { height: blockHeight(height), networkHash });
    return checked.ok ? 'accepted' : checked.refusal.code;
  };

  it('of the new members counts from their height on, and not before', () => {
    expect(judged(approved(1, 102), 49)).toBe('EPOCH_TO_COME');
    expect(judged(approved(1, 102), 50)).toBe('accepted');
  });

  it('of the former members stays one, and is none of the new epoch', () => {
    expect(judged(approved(0, 101), 500)).toBe('accepted');
    expect(judged(approved(1, 101), 500)).toBe('CERTIFICATE_SIGNATURE');
  });

  it('of an epoch that no block before has named is none', () => {
    expect(judged(approved(2, 101), 500)).toBe('UNKNOWN_EPOCH');
  });
});
