import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesToBareHex, hexToBytes } from '../../../node-core/primitives/hex.ts';
import { epoch, evmAddress, memberIndex, outpoint, txid } from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import {
  APPROVAL_TAG,
  type ApprovalSubject,
  approvalDigest,
  verifyApproval,
} from '../../../node-core/domain/federation/approval.ts';
import { membersOf, signWith } from './members.ts';

const networkHash = 'ab'.repeat(32);
const subject: ApprovalSubject = {
  networkHash,
  outpoint: outpoint(txid('0123456789abcdef'.repeat(4)), 7),
  amountSats: sats(123_456n),
  recipient: evmAddress(`0x${'5a'.repeat(20)}`),
  epoch: epoch(3),
};
const members = membersOf(3);

const certificate = (signers: readonly number[], over: ApprovalSubject = subject) =>
  signers.map((member) => ({ member: memberIndex(member), signature: signWith(member + 101, approvalDigest(over)) }));
const judge = (signatures: ReturnType<typeof certificate>, over = subject, hash = networkHash) => {
  const checked = verifyApproval({ ...over, certificate: signatures }, members, 2, hash);
  return checked.ok ? 'accepted' : checked.refusal.code;
};

describe('approval digest', () => {
  it('is the tagged hash of the documented layout', () => {
    const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
    const layout =
      networkHash +
      '0123456789abcdef'.repeat(4) +
      '00000007' +
      '000000000001e240' +
      '5a'.repeat(20) +
      '0000000000000003';
    const tag = sha256(Buffer.from(APPROVAL_TAG));
    const expected = sha256(Buffer.concat([tag, tag, hexToBytes(layout)]));
    expect(bytesToBareHex(approvalDigest(subject))).toBe(expected.toString('hex'));
  });
});

describe('approval certificate', () => {
  it('holds with the threshold or more of signatures', () => {
    expect(judge(certificate([0, 2]))).toBe('accepted');
    expect(judge(certificate([0, 1, 2]))).toBe('accepted');
  });

  it('is refused below the threshold', () => {
    expect(judge(certificate([1]))).toBe('CERTIFICATE_TOO_SMALL');
  });

  it('counts a member once and wants ascending order', () => {
    expect(judge(certificate([1, 1]))).toBe('CERTIFICATE_ORDER');
    expect(judge(certificate([2, 0]))).toBe('CERTIFICATE_ORDER');
  });

  it('is refused with a signer outside the federation', () => {
    expect(judge([...certificate([0]), { ...certificate([1])[0], member: memberIndex(3) } as never])).toBe(
      'CERTIFICATE_MEMBER',
    );
  });

  it('is refused when one signature is forged, even beyond the threshold', () => {
    const [first] = certificate([0]);
    const forged = [...certificate([0, 1]), { member: memberIndex(2), signature: first?.signature as never }];
    expect(judge(forged)).toBe('CERTIFICATE_SIGNATURE');
  });

  it('is for one outpoint, amount, recipient, epoch and network alone', () => {
    const signatures = certificate([0, 1]);
    const others: ApprovalSubject[] = [
      { ...subject, outpoint: outpoint(txid('0123456789abcdef'.repeat(4)), 8) },
      { ...subject, amountSats: sats(123_457n) },
      { ...subject, recipient: evmAddress(`0x${'5b'.repeat(20)}`) },
      { ...subject, epoch: epoch(4) },
    ];
    for (const other of others) expect(judge(signatures, other)).toBe('CERTIFICATE_SIGNATURE');
    expect(judge(signatures, subject, 'ac'.repeat(32))).toBe('CERTIFICATE_SIGNATURE');
  });

  it('needs identity keys, not Bitcoin keys', () => {
    const digest = approvalDigest(subject);
    const signatures = [0, 1].map((member) => ({
      member: memberIndex(member),
      signature: signWith(member + 1, digest),
    }));
    expect(judge(signatures)).toBe('CERTIFICATE_SIGNATURE');
  });
});
