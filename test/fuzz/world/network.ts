import { signSchnorr } from 'tiny-secp256k1';
import { devnetParameters } from '../../../node-core/config/devnet-parameters.ts';
import type { Network } from '../../../node-core/config/network.ts';
import type { CertifiedPegIn, MemberSignature } from '../../../node-core/domain/consensus/types.ts';
import { approvalDigest } from '../../../node-core/domain/federation/approval.ts';
import { schnorrSignature } from '../../../node-core/domain/federation/schnorr.ts';
import { bytesToBareHex } from '../../../node-core/primitives/hex.ts';
import { memberIndex } from '../../../node-core/primitives/ids.ts';
import { membersOf, secret } from '../../unit/federation/members.ts';
import type { Keys } from './keys.ts';

export const AUTHORITIES = 4;
/** The fuzzed node's place among them. */
export const OWN_INDEX = 0;
export const SLOT_MS = 2000;
export const NETWORK_HASH = 'f0'.repeat(32);
export const MEMBERS = 3;
/** `ceil(2n/3)`. */
export const MEMBER_THRESHOLD = 2;

export const fuzzNetwork = (keys: Keys): Network => ({
  ...devnetParameters,
  slotDurationMs: SLOT_MS,
  genesisTimeMs: 0,
  authorities: [
    {
      activationHeight: 0,
      members: keys.pairs.map(({ publicKey, proofOfPossession }, index) => ({
        name: `node-${index}`,
        blsPublicKey: publicKey,
        proofOfPossession,
        feeRecipient: `0x${'fee'.padEnd(39, '0')}${index}`,
        peerId: `peer-${index}`,
      })),
    },
  ],
  governance: [
    {
      activationHeight: 0,
      epoch: 0,
      members: membersOf(MEMBERS).map((member, index) => ({ name: `member-${index}`, ...member })),
    },
  ],
});

/** The members' identity keys are the integers from 101 on. */
const FIRST_IDENTITY_SECRET = 101;

/** A member's signature under a deposit, for any network. */
export const memberSignature = (
  pegIn: Omit<CertifiedPegIn, 'certificate'>,
  member: number,
  networkHash: string = NETWORK_HASH,
): MemberSignature => ({
  member: memberIndex(member),
  signature: schnorrSignature(
    bytesToBareHex(
      signSchnorr(approvalDigest({ ...pegIn, networkHash }), secret(FIRST_IDENTITY_SECRET + (member % MEMBERS))),
    ),
  ),
});

/** The deposit with the approval of just enough members. */
export const approved = (pegIn: Omit<CertifiedPegIn, 'certificate'>): CertifiedPegIn => ({
  ...pegIn,
  certificate: Array.from({ length: MEMBER_THRESHOLD }, (_, member) => memberSignature(pegIn, member)),
});
