import { describe, expect, it } from 'vitest';
import type { CertifiedPegIn, FederationUpdate } from '../../../node-core/domain/consensus/types.ts';
import { UNSPENDABLE_INTERNAL_KEY } from '../../../node-core/domain/federation/address.ts';
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

  it('adds nothing when its text is none, wherever it comes from', () => {
    const federationUpdates = [{ ...updateOf(), update: '{' }];
    expect(setsRecordedBy({ height: blockHeight(40), federationUpdates })).toEqual([]);
  });

  it('is nobody’s to sign where the network has no members', () => {
    const first = updateOf({ ...next, epoch: 0 });
    expect(codeOf(first, at, [])).toBe('SIGNER_UNKNOWN');
    expect(codeOf({ ...first, signatures: [] }, at, [])).toBe('UNSIGNED');
  });

  it('takes over at a height above its block’s and above the last change’s', () => {
    const code = (activationHeight: number, sets: readonly MemberSet[] = schedule, changes: object = {}) =>
      codeOf(updateOf({ ...next, ...changes, activationHeight }), at, sets);
    expect(code(40)).toBe('UPDATE_HEIGHT');
    expect(code(41)).toBe('accepted');
    const third = { epoch: 2, handover: { fromBitcoinHeight: 100, untilBitcoinHeight: 121 } };
    expect(code(50, [genesis, next], third)).toBe('UPDATE_HEIGHT');
    expect(code(51, [genesis, next], third)).toBe('accepted');
  });

  it('retires the addresses before it after it begins, and after those before them', () => {
    const code = (fromBitcoinHeight: number, untilBitcoinHeight: number, sets = schedule) =>
      codeOf(
        updateOf({
          ...next,
          epoch: sets.length,
          activationHeight: 90,
          handover: { fromBitcoinHeight, untilBitcoinHeight },
        }),
        at,
        sets,
      );
    expect(code(9, 10)).toBe('accepted');
    expect(code(10, 9)).toBe('UPDATE_HANDOVER');
    expect(code(0, 0)).toBe('UPDATE_HANDOVER');
    expect(code(9, 120, [genesis, next])).toBe('UPDATE_HANDOVER');
    expect(code(9, 121, [genesis, next])).toBe('accepted');
  });

  const [first, second] = named as [(typeof named)[number], (typeof named)[number]];
  const withMembers = (...members: readonly unknown[]): string => JSON.stringify({ ...next, members });

  it('reads every text that is inside its bounds', () => {
    const many = membersOf(15).map((keys, index) => ({ name: `m${index}`, ...keys }));
    expect(parseMemberSet(withMembers(...many))?.members).toEqual(many);
    expect(parseMemberSet(withMembers({ ...first, name: 'n'.repeat(64) }))).not.toBeNull();
    expect(parseMemberSet(JSON.stringify(next).padStart(MAX_UPDATE_BYTES))).toEqual(next);
    expect(parseMemberSet(JSON.stringify({ ...next, epoch: 0, activationHeight: 0 }))).not.toBeNull();
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['nothing', 'null'],
    ['a number', '1'],
    ['a field too few', JSON.stringify({ ...next, epoch: undefined })],
    ['another field', JSON.stringify({ ...next, epoch: undefined, eboch: 1 })],
    ['a negative height', JSON.stringify({ ...next, activationHeight: -1 })],
    ['a negative epoch', JSON.stringify({ ...next, epoch: -1 })],
    ['text for an epoch', JSON.stringify({ ...next, epoch: '1' })],
    ['an epoch above 2^53', JSON.stringify({ ...next, epoch: 2 ** 53 })],
    ['a negative begin', JSON.stringify({ ...next, handover: { ...handover, fromBitcoinHeight: -1 } })],
    ['a fraction for an end', JSON.stringify({ ...next, handover: { ...handover, untilBitcoinHeight: 1.5 } })],
    ['a list for a handover', JSON.stringify({ ...next, handover: [100, 120] })],
    ['no list of members', JSON.stringify({ ...next, members: {} })],
    ['16 members', withMembers(...membersOf(16).map((keys, index) => ({ name: `m${index}`, ...keys })))],
    ['a member without a name', withMembers({ ...first, name: '' })],
    ['a number for a name', withMembers({ ...first, name: 1 })],
    ['a name of 65 characters', withMembers({ ...first, name: 'n'.repeat(65) })],
    ['a member that is none', withMembers(first, null)],
    ['a name twice', withMembers(first, { ...second, name: first.name })],
    ['a Bitcoin key twice', withMembers(first, { ...second, bitcoinKey: first.bitcoinKey })],
    ['an identity key twice', withMembers(first, { ...second, identityKey: first.identityKey })],
    ['an identity key that is no point', withMembers({ ...first, identityKey: 'ff'.repeat(32) })],
    ['a number for a key', withMembers({ ...first, identityKey: 1 })],
    ['a Bitcoin key that nobody can sign with', withMembers({ ...first, bitcoinKey: UNSPENDABLE_INTERNAL_KEY })],
    ['one byte more than its bound', JSON.stringify(next).padStart(MAX_UPDATE_BYTES + 1)],
    ['a field too many', JSON.stringify({ ...next, more: 1 })],
    ['a member twice', JSON.stringify({ ...next, members: [named[0], named[0]] })],
    ['a key that is no point', JSON.stringify({ ...next, members: [{ ...named[0], bitcoinKey: 'ff'.repeat(32) }] })],
    ['no member', JSON.stringify({ ...next, members: [] })],
    ['a fraction for a height', JSON.stringify({ ...next, activationHeight: 50.5 })],
    ['more bytes than its bound in fewer characters', withMembers({ ...first, name: 'é' }).padEnd(MAX_UPDATE_BYTES)],
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
