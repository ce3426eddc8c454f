import { schnorr } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { assert } from '../../primitives/assert.ts';
import { bytesToBareHex, hexToBytes } from '../../primitives/hex.ts';

/**
 * Digests and signatures of the members, written from the documented layouts and with other libraries than the node's,
 * so that one mistake can't satisfy both sides.
 */

const tagged = (tag: string, message: Uint8Array): Uint8Array => {
  const prefix = sha256(utf8ToBytes(tag));
  return sha256(concatBytes(prefix, prefix, message));
};

function bigEndian(value: bigint, byteLength: number): Uint8Array {
  return hexToBytes(value.toString(16).padStart(2 * byteLength, '0'));
}

function lengthPrefixed(text: string): Uint8Array {
  const bytes = utf8ToBytes(text);
  return concatBytes(bigEndian(BigInt(bytes.length), 4), bytes);
}

/** A BIP-340 key pair. */
export interface KeyPair {
  readonly secret: Uint8Array;
  /** x-only, bare hex. */
  readonly publicKey: string;
}

/** @param secretHex 64 hex digits */
export function keyPairOf(secretHex: string): KeyPair {
  const secret = hexToBytes(secretHex);
  assert(secret.length === 32, 'a secret key is 32 bytes');
  return { secret, publicKey: bytesToBareHex(schnorr.getPublicKey(secret)) };
}

/** BIP-340 with auxiliary randomness of zeros: asked again, a member answers with the same bytes. */
export const sign = (digest: Uint8Array, { secret }: KeyPair): Uint8Array =>
  schnorr.sign(digest, secret, new Uint8Array(32));

/** Layout: domain/federation/approval.ts. Hashes are bare hex. */
export function approvalDigest(subject: {
  readonly networkHash: string;
  readonly txid: string;
  readonly vout: number;
  readonly amountSats: bigint;
  readonly recipient: string;
  readonly epoch: number;
}): Uint8Array {
  return tagged(
    'alys/peg-in-approval/v1',
    concatBytes(
      hexToBytes(subject.networkHash),
      hexToBytes(subject.txid),
      bigEndian(BigInt(subject.vout), 4),
      bigEndian(subject.amountSats, 8),
      hexToBytes(subject.recipient),
      bigEndian(BigInt(subject.epoch), 8),
    ),
  );
}

/** What a governance message says beyond its authority. */
export type Announcement =
  | { readonly kind: 'blockProposal'; readonly signedBlock: Uint8Array; readonly proposerSignature: string }
  | { readonly kind: 'federationUpdate'; readonly update: string }
  | { readonly kind: 'syncRequest'; readonly requestId: string; readonly targetHeight: number | null }
  | { readonly kind: 'emergencyHalt' | 'resume'; readonly generation: number; readonly reason: string }
  | { readonly kind: 'configUpdate'; readonly config: string };

const NONE = 0xffff_ffff_ffff_ffffn;
const KINDS = ['blockProposal', 'federationUpdate', 'syncRequest', 'emergencyHalt', 'resume', 'configUpdate'] as const;

function announcementBody(announcement: Announcement): Uint8Array {
  switch (announcement.kind) {
    case 'blockProposal':
      return hexToBytes(announcement.proposerSignature);
    case 'federationUpdate':
      return lengthPrefixed(announcement.update);
    case 'syncRequest': {
      const height = announcement.targetHeight === null ? NONE : BigInt(announcement.targetHeight);
      return concatBytes(lengthPrefixed(announcement.requestId), bigEndian(height, 8));
    }
    case 'emergencyHalt':
    case 'resume':
      return concatBytes(bigEndian(BigInt(announcement.generation), 8), lengthPrefixed(announcement.reason));
    case 'configUpdate':
      return lengthPrefixed(announcement.config);
  }
}

/** Layout: domain/governance/digest.ts. */
export function announcementDigest(
  announcement: Announcement,
  authority: {
    readonly networkHash: string;
    readonly messageId: string;
    readonly epoch: number;
    readonly expiresAtMs: number | null;
  },
): Uint8Array {
  return tagged(
    'alys/governance-message/v1',
    concatBytes(
      hexToBytes(authority.networkHash),
      Uint8Array.of(KINDS.indexOf(announcement.kind) + 1),
      hexToBytes(authority.messageId),
      bigEndian(BigInt(authority.epoch), 8),
      bigEndian(authority.expiresAtMs === null ? NONE : BigInt(authority.expiresAtMs), 8),
      announcementBody(announcement),
    ),
  );
}
