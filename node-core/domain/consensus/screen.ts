import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import type { Authority } from './certificate.ts';
import { blockRootOf } from './encoding.ts';
import { type AuthorityScheduleEntry, authorityOfSlot, authoritySetAt } from './schedule.ts';
import type { SignatureScheme } from './scheme.ts';
import { voteSigningRoot } from './signing.ts';
import type { BlsPublicKey, SignedBlock, Vote } from './types.ts';
import { checkSignature } from './validate.ts';

export interface ScreenContext {
  readonly schedule: readonly AuthorityScheduleEntry<Authority>[];
  readonly scheme: SignatureScheme;
  /** Bare hex. */
  readonly networkHash: string;
}

/**
 * What a node checks of a gossiped block before it passes it on, without knowing its parent: that the slot's authority
 * signed it. So nobody but an authority can make this node forward a block, and whoever brings another one is to blame.
 */
export function screenBlock(
  signed: SignedBlock,
  { schedule, scheme, networkHash }: ScreenContext,
): Checked<unknown, 'NOT_PROPOSERS_TURN' | 'BLOCK_SIGNATURE'> {
  const { slot, height, proposer } = signed.block;
  const authorities = authoritySetAt(schedule, height);
  const due = authorityOfSlot(slot, authorities.length);
  if (proposer !== due) return refuse('NOT_PROPOSERS_TURN', `authority ${proposer} proposes in the slot of ${due}`);
  return checkSignature(signed, blockRootOf(signed.block), { authorities, scheme, networkHash });
}

/** The same for a vote: an authority of some height signed it; which height, only its block tells. */
export function screenVote(
  vote: Vote,
  { schedule, scheme, networkHash }: ScreenContext,
): Checked<unknown, 'VOTE_SIGNATURE'> {
  const message = voteSigningRoot(networkHash, vote.blockRoot, vote.slot, vote.clean);
  const keys = new Set(schedule.map(({ members }) => members[vote.authority]?.blsPublicKey));
  for (const key of keys)
    if (key !== undefined && scheme.verify(key as BlsPublicKey, message, vote.signature)) return accept(undefined);
  return refuse('VOTE_SIGNATURE', `not signed by authority ${vote.authority}`);
}
