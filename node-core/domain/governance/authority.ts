import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import type { Epoch } from '../../primitives/ids.ts';
import { type FederationMember, threshold } from '../federation/address.ts';
import { verifySignature } from '../federation/schnorr.ts';
import { governanceMessageDigest } from './digest.ts';
import type { SignedGovernanceMessage } from './message.ts';
import { type SeenMessages, hasSeen, isSeenFull } from './seen.ts';

/** No message is good for longer, so that what must be remembered against replay stays small. */
export const MAX_LIFETIME_MS = 24 * 60 * 60 * 1000;

/**
 * Whose word is enough. One member may stop the federation, because a needless halt costs time and a missed one money;
 * what starts it again or changes it needs a quorum. A block proposal and a sync request need one member: the block's
 * own proposer signature, and the blocks that are downloaded, decide what comes of them.
 */
const NEEDS_QUORUM: Readonly<Record<SignedGovernanceMessage['kind'], boolean>> = {
  blockProposal: false,
  syncRequest: false,
  emergencyHalt: false,
  resume: true,
  federationUpdate: true,
  configUpdate: true,
};

/** How many members must sign a message of this kind. */
export const signaturesRequired = (kind: SignedGovernanceMessage['kind'], memberCount: number): number =>
  NEEDS_QUORUM[kind] ? threshold(memberCount) : 1;

/** What a message is judged against. */
export interface GovernanceContext {
  /** SHA-256 of the network file's RFC 8785 form, 64 bare hex digits. */
  readonly networkHash: string;
  /** The members of `epoch`, in configured order. */
  readonly members: readonly FederationMember[];
  readonly epoch: Epoch;
  /** Unix ms. */
  readonly nowMs: number;
  readonly seen: SeenMessages;
}

export type AuthorityRefusal =
  | 'UNSIGNED'
  | 'WRONG_EPOCH'
  | 'EXPIRY_MISSING'
  | 'EXPIRED'
  | 'EXPIRY_TOO_FAR'
  | 'REPLAYED'
  | 'TOO_MANY_MESSAGES'
  | 'QUORUM_MISSING'
  | 'SIGNER_ORDER'
  | 'SIGNER_UNKNOWN'
  | 'SIGNATURE_INVALID';

/**
 * A halt is judged by its generation in the halt ledger instead of by the clock and the memory of ids: a wrong clock
 * must not make a node deaf to it, and a second copy changes nothing.
 */
function judgeFreshness(
  { kind, authority }: SignedGovernanceMessage,
  { nowMs, seen }: GovernanceContext,
): Checked<undefined, AuthorityRefusal> {
  if (kind === 'emergencyHalt') return accept(undefined);
  const { messageId, expiresAtMs } = authority;
  if (expiresAtMs === null) return refuse('EXPIRY_MISSING', `a ${kind} has an expiry`);
  if (expiresAtMs <= nowMs) return refuse('EXPIRED', 'the message has expired', { expiresAtMs, nowMs });
  if (expiresAtMs > nowMs + MAX_LIFETIME_MS) {
    return refuse('EXPIRY_TOO_FAR', 'the message expires more than a day ahead', { expiresAtMs, nowMs });
  }
  if (hasSeen(seen, messageId)) return refuse('REPLAYED', 'the message was received before', { messageId });
  if (isSeenFull(seen, nowMs)) return refuse('TOO_MANY_MESSAGES', 'too many messages are unexpired');
  return accept(undefined);
}

/**
 * Whether members of this epoch stand behind a message, here and now (INV-19). On acceptance the caller records it with
 * `remember` (`seen.ts`), durably and before it acts. A signature too many that isn't valid spoils the message.
 */
export function verifyGovernanceMessage<M extends SignedGovernanceMessage>(
  message: M,
  context: GovernanceContext,
): Checked<M, AuthorityRefusal> {
  const { signatures, epoch } = message.authority;
  if (signatures.length === 0) return refuse('UNSIGNED', 'the message carries no signature');
  if (epoch !== context.epoch) {
    return refuse('WRONG_EPOCH', `the message is of epoch ${epoch}, not ${context.epoch}`);
  }
  const fresh = judgeFreshness(message, context);
  if (!fresh.ok) return fresh;
  const required = signaturesRequired(message.kind, context.members.length);
  if (signatures.length < required) {
    return refuse('QUORUM_MISSING', `${signatures.length} signatures of the ${required} needed`);
  }
  const digest = governanceMessageDigest(message, context.networkHash);
  let previous = -1;
  for (const { member, signature } of signatures) {
    if (member <= previous) return refuse('SIGNER_ORDER', 'signers are not in ascending order', { member });
    previous = member;
    const key = context.members[member]?.identityKey;
    if (key === undefined) return refuse('SIGNER_UNKNOWN', `member ${member} is not in the federation`, { member });
    if (!verifySignature(digest, key, signature)) {
      return refuse('SIGNATURE_INVALID', `member ${member}'s signature is not valid`, { member });
    }
  }
  return accept(message);
}
