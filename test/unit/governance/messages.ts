import type { SchnorrSignature, SignedBlock } from '../../../node-core/domain/consensus/types.ts';
import { governanceMessageDigest } from '../../../node-core/domain/governance/digest.ts';
import type { GovernanceAuthority, SignedGovernanceMessage } from '../../../node-core/domain/governance/message.ts';
import { blockHeight, epoch, memberIndex } from '../../../node-core/primitives/ids.ts';
import { signWith } from '../federation/members.ts';

export const networkHash = 'c4'.repeat(32);
export const nowMs = 1_800_000_000_000;

export const authority: GovernanceAuthority = {
  messageId: '00112233445566778899aabbccddeeff',
  epoch: epoch(2),
  expiresAtMs: nowMs + 60_000,
  signatures: [],
};

/** One message of every kind that changes state, unsigned. */
export const unsignedMessages: readonly SignedGovernanceMessage[] = [
  { kind: 'blockProposal', signedBlock: { signature: `0x${'ab'.repeat(96)}` } as SignedBlock, authority },
  { kind: 'federationUpdate', update: '{"epoch":3}', authority },
  { kind: 'syncRequest', requestId: 'sync-1', targetHeight: blockHeight(77), authority },
  { kind: 'emergencyHalt', generation: 4, reason: 'a key is lost', authority: { ...authority, expiresAtMs: null } },
  { kind: 'resume', generation: 4, reason: 'the key is replaced', authority },
  { kind: 'configUpdate', config: '{"gasLimit":30000000}', authority },
];

/** The message with the signatures of these members' identity keys (secret: position + 101) in the given order. */
export function signedBy<M extends SignedGovernanceMessage>(
  message: M,
  signers: readonly number[],
  hash = networkHash,
): M {
  const digest = governanceMessageDigest(message, hash);
  const signatures = signers.map((member): { member: ReturnType<typeof memberIndex>; signature: SchnorrSignature } => ({
    member: memberIndex(member),
    signature: signWith(member + 101, digest),
  }));
  return { ...message, authority: { ...message.authority, signatures } };
}
