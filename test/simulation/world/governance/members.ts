import { bigEndian, bytesOf, taggedHash, utf8 } from '../bitcoin/hash.ts';
import { type KeyPair, keyPairOf, sign } from '../bitcoin/schnorr.ts';

/** The key pairs of one member, as integers that no two members share. */
export interface Member {
  readonly bitcoin: KeyPair;
  readonly identity: KeyPair;
}

const made = new Map<number, Member>();

/** Deriving a key costs a millisecond, and every seed has the same members. */
export function memberOf(index: number): Member {
  const known = made.get(index);
  if (known !== undefined) return known;
  const member = { bitcoin: keyPairOf(BigInt(index + 1)), identity: keyPairOf(BigInt(index + 1001)) };
  made.set(index, member);
  return member;
}

/** What a member signs to approve a deposit, written from the documented layout (domain/federation/approval.ts). */
export const approvalSignature = (
  subject: {
    readonly networkHash: string;
    readonly outpoint: string;
    readonly amountSats: bigint;
    readonly recipient: string;
    readonly epoch: number;
  },
  key: KeyPair,
): string =>
  sign(
    taggedHash(
      'alys/peg-in-approval/v1',
      bytesOf(subject.networkHash),
      bytesOf(subject.outpoint.slice(0, 64)),
      bigEndian(Number(subject.outpoint.slice(65)), 4),
      bigEndian(subject.amountSats, 8),
      bytesOf(subject.recipient.slice(2)),
      bigEndian(subject.epoch, 8),
    ),
    key,
  );

/** What members say of themselves, apart from its authority. */
export type Announcement =
  | { readonly kind: 'emergencyHalt' | 'resume'; readonly generation: number; readonly reason: string }
  | { readonly kind: 'federationUpdate'; readonly update: string };

const KIND_BYTE = { federationUpdate: 2, emergencyHalt: 4, resume: 5 } as const;
const NONE = 0xffff_ffff_ffff_ffffn;

const text = (value: string): Uint8Array => {
  const bytes = utf8(value);
  return Buffer.concat([bigEndian(bytes.length, 4), bytes]);
};

const bodyOf = (announcement: Announcement): Uint8Array =>
  announcement.kind === 'federationUpdate'
    ? text(announcement.update)
    : Buffer.concat([bigEndian(announcement.generation, 8), text(announcement.reason)]);

/** Layout: domain/governance/digest.ts. */
export const announcementSignature = (
  announcement: Announcement,
  authority: {
    readonly networkHash: string;
    readonly messageId: string;
    readonly epoch: number;
    readonly expiresAtMs: number | null;
  },
  key: KeyPair,
): string =>
  sign(
    taggedHash(
      'alys/governance-message/v1',
      bytesOf(authority.networkHash),
      Uint8Array.of(KIND_BYTE[announcement.kind]),
      bytesOf(authority.messageId),
      bigEndian(authority.epoch, 8),
      bigEndian(authority.expiresAtMs ?? NONE, 8),
      bodyOf(announcement),
    ),
    key,
  );
