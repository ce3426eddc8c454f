import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import { assert } from '../../primitives/assert.ts';
import { hexToBytes } from '../../primitives/hex.ts';
import { type Epoch, type EvmAddress, type Outpoint, splitOutpoint } from '../../primitives/ids.ts';
import type { Sats } from '../../primitives/units.ts';
import type { CertifiedPegIn } from '../consensus/types.ts';
import type { FederationMember } from './address.ts';
import { verifySignature } from './schnorr.ts';
import { taggedHash } from './tagged-hash.ts';

export const APPROVAL_TAG = 'alys/peg-in-approval/v1';

/** What a member approves: this deposit, for this recipient, on this network, in this epoch. */
export interface ApprovalSubject {
  /** SHA-256 of the network file's RFC 8785 form, 64 bare hex digits. */
  readonly networkHash: string;
  readonly outpoint: Outpoint;
  readonly amountSats: Sats;
  readonly recipient: EvmAddress;
  readonly epoch: Epoch;
}

const LAYOUT_BYTES = 104;

/**
 * The 32 bytes that a member's identity key signs: the tagged hash (`APPROVAL_TAG`) of 104 bytes, integers big-endian:
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 32 | network hash |
 * | 32 | 32 | txid, in the order that Bitcoin Core prints |
 * | 64 | 4 | vout, uint32 |
 * | 68 | 8 | amount in sat, uint64 |
 * | 76 | 20 | recipient |
 * | 96 | 8 | epoch, uint64 |
 */
export function approvalDigest(subject: ApprovalSubject): Uint8Array {
  const networkHash = hexToBytes(subject.networkHash);
  assert(networkHash.length === 32, 'a network hash is 32 bytes');
  const { txid, vout } = splitOutpoint(subject.outpoint);
  const bytes = new Uint8Array(LAYOUT_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(networkHash, 0);
  bytes.set(hexToBytes(txid), 32);
  view.setUint32(64, vout);
  view.setBigUint64(68, subject.amountSats);
  bytes.set(hexToBytes(subject.recipient), 76);
  view.setBigUint64(96, BigInt(subject.epoch));
  return taggedHash(APPROVAL_TAG, bytes);
}

export type CertificateRefusal =
  'CERTIFICATE_TOO_SMALL' | 'CERTIFICATE_ORDER' | 'CERTIFICATE_MEMBER' | 'CERTIFICATE_SIGNATURE';

/**
 * Whether a certificate holds: at least `required` signatures, members ascending and so distinct, each one of `members`
 * and each valid. A signature too many that doesn't verify spoils the certificate: all nodes must judge a block alike.
 */
export function verifyApproval(
  pegIn: CertifiedPegIn,
  members: readonly FederationMember[],
  required: number,
  networkHash: string,
): Checked<CertifiedPegIn, CertificateRefusal> {
  const { certificate } = pegIn;
  if (certificate.length < required) {
    return refuse('CERTIFICATE_TOO_SMALL', `${certificate.length} signatures of the ${required} needed`);
  }
  const digest = approvalDigest({ ...pegIn, networkHash });
  let previous = -1;
  for (const { member, signature } of certificate) {
    if (member <= previous) return refuse('CERTIFICATE_ORDER', 'members are not in ascending order', { member });
    previous = member;
    const key = members[member]?.identityKey;
    if (key === undefined) return refuse('CERTIFICATE_MEMBER', `member ${member} is not in the federation`, { member });
    if (!verifySignature(digest, key, signature)) {
      return refuse('CERTIFICATE_SIGNATURE', `member ${member}'s signature is not valid`, { member });
    }
  }
  return accept(pegIn);
}
