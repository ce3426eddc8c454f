import { describe, expect, it } from 'vitest';
import {
  type GovernanceContext,
  MAX_LIFETIME_MS,
  signaturesRequired,
  verifyGovernanceMessage,
} from '../../../node-core/domain/governance/authority.ts';
import { governanceMessageDigest } from '../../../node-core/domain/governance/digest.ts';
import type { SignedGovernanceMessage } from '../../../node-core/domain/governance/message.ts';
import { MAX_SEEN_MESSAGES, type SeenMessages, remember } from '../../../node-core/domain/governance/seen.ts';
import { bytesToBareHex } from '../../../node-core/primitives/hex.ts';
import { blockHeight, epoch, memberIndex } from '../../../node-core/primitives/ids.ts';
import { membersOf } from '../federation/members.ts';
import { authority, networkHash, nowMs, signedBy, unsignedMessages } from './messages.ts';

const context: GovernanceContext = { networkHash, members: membersOf(3), epoch: epoch(2), nowMs, seen: [] };

function judge(message: SignedGovernanceMessage, over: Partial<GovernanceContext> = {}): string {
  const checked = verifyGovernanceMessage(message, { ...context, ...over });
  return checked.ok ? 'accepted' : checked.refusal.code;
}

function ofKind<K extends SignedGovernanceMessage['kind']>(kind: K) {
  const found = unsignedMessages.find((message) => message.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found as Extract<SignedGovernanceMessage, { kind: K }>;
}
const resume = ofKind('resume');
const halt = ofKind('emergencyHalt');

describe('who must sign', () => {
  it.each(unsignedMessages.map((message) => [message.kind, message] as const))(
    '%s: enough members and no fewer',
    (kind, message) => {
      const required = signaturesRequired(kind, 3);
      expect(required).toBe(['resume', 'federationUpdate', 'configUpdate'].includes(kind) ? 2 : 1);
      const signers = [0, 2].slice(0, required);
      expect(judge(signedBy(message, signers))).toBe('accepted');
      expect(judge(signedBy(message, [0, 1, 2]))).toBe('accepted');
      expect(judge(message)).toBe('UNSIGNED');
      if (required > 1) expect(judge(signedBy(message, [1]))).toBe('QUORUM_MISSING');
    },
  );

  it('counts each member once, in ascending order', () => {
    expect(judge(signedBy(resume, [1, 1]))).toBe('SIGNER_ORDER');
    expect(judge(signedBy(resume, [1, 0]))).toBe('SIGNER_ORDER');
  });

  it('refuses strangers and forgeries, also beyond the quorum', () => {
    expect(judge(signedBy(resume, [0, 3]))).toBe('SIGNER_UNKNOWN');
    const signed = signedBy(resume, [0, 1, 2]);
    const [first, second, third] = signed.authority.signatures;
    if (!first || !second || !third) throw new Error('three signatures');
    const forged = [first, second, { member: memberIndex(2), signature: first.signature }];
    expect(judge({ ...signed, authority: { ...signed.authority, signatures: forged } })).toBe('SIGNATURE_INVALID');
  });
});

describe('what the signature covers', () => {
  it('has a digest of its own for every kind, and binds every field', () => {
    const variants: SignedGovernanceMessage[] = [
      ...unsignedMessages,
      { ...resume, generation: 5 },
      { ...resume, reason: 'another' },
      { ...resume, authority: { ...authority, messageId: 'f'.repeat(32) } },
      { ...resume, authority: { ...authority, epoch: epoch(3) } },
      { ...resume, authority: { ...authority, expiresAtMs: nowMs + 60_001 } },
      { ...ofKind('syncRequest'), targetHeight: null },
      { ...ofKind('syncRequest'), targetHeight: blockHeight(78) },
      { ...ofKind('syncRequest'), requestId: 'sync-2' },
      { ...ofKind('federationUpdate'), update: '{"gasLimit":30000000}' },
      { ...ofKind('configUpdate'), config: '{}' },
    ];
    const digests = variants.map((message) => bytesToBareHex(governanceMessageDigest(message, networkHash)));
    digests.push(bytesToBareHex(governanceMessageDigest(resume, 'c5'.repeat(32))));
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('is void for a changed message and on another network', () => {
    expect(judge({ ...signedBy(resume, [0, 1]), generation: 5 })).toBe('SIGNATURE_INVALID');
    expect(judge(signedBy(resume, [0, 1], 'c5'.repeat(32)))).toBe('SIGNATURE_INVALID');
  });
});

describe('freshness', () => {
  const expiring = (expiresAtMs: number | null) =>
    signedBy({ ...resume, authority: { ...authority, expiresAtMs } }, [0, 1]);

  it('refuses another epoch', () => {
    expect(judge(signedBy(resume, [0, 1]), { epoch: epoch(3) })).toBe('WRONG_EPOCH');
    expect(judge(signedBy(halt, [0]), { epoch: epoch(3) })).toBe('WRONG_EPOCH');
  });

  it('refuses what has expired, never expires, or expires too late', () => {
    expect(judge(expiring(nowMs))).toBe('EXPIRED');
    expect(judge(expiring(nowMs + 1))).toBe('accepted');
    expect(judge(expiring(null))).toBe('EXPIRY_MISSING');
    expect(judge(expiring(nowMs + MAX_LIFETIME_MS))).toBe('accepted');
    expect(judge(expiring(nowMs + MAX_LIFETIME_MS + 1))).toBe('EXPIRY_TOO_FAR');
  });

  it('refuses a message that was accepted before', () => {
    const message = signedBy(resume, [0, 1]);
    expect(judge(message, { seen: remember([], message, nowMs) })).toBe('REPLAYED');
  });

  it('hears a halt whatever the clock says', () => {
    const message = signedBy(halt, [2]);
    for (const clock of [0, nowMs - MAX_LIFETIME_MS * 400, nowMs + MAX_LIFETIME_MS * 400]) {
      expect(judge(message, { nowMs: clock })).toBe('accepted');
    }
  });
});

describe('memory of messages', () => {
  it('keeps ids until they expire, and no halt', () => {
    const first = remember([], signedBy(resume, [0, 1]), nowMs);
    expect(first).toEqual([[authority.messageId, authority.expiresAtMs]]);
    expect(remember(first, halt, nowMs)).toBe(first);
    const later = { ...resume, authority: { ...authority, messageId: 'e'.repeat(32), expiresAtMs: nowMs + 120_000 } };
    expect(remember(first, later, nowMs + 60_000)).toEqual([['e'.repeat(32), nowMs + 120_000]]);
  });

  it('is bounded: when full, a message is refused until others expire', () => {
    const full: SeenMessages = Array.from({ length: MAX_SEEN_MESSAGES }, (_, index) => [
      index.toString(16).padStart(32, '0'),
      nowMs + 1000,
    ]);
    const message = signedBy(resume, [0, 1]);
    expect(judge(message, { seen: full })).toBe('TOO_MANY_MESSAGES');
    expect(judge(signedBy(halt, [0]), { seen: full })).toBe('accepted');
    expect(judge(message, { seen: full, nowMs: nowMs + 1000 })).toBe('accepted');
  });
});
