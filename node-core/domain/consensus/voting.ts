import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import type { BlockRoot, Slot } from '../../primitives/ids.ts';
import type { GuardRecord } from './types.ts';

/** What of a block a vote depends on. A `Block` is one. */
export interface VotableBlock {
  readonly slot: Slot;
  readonly certificate: { readonly blockRoot: BlockRoot; readonly slot: Slot };
}

export type VoteCode = 'VOTED_ALREADY' | 'BELOW_LOCK' | 'CONFLICTING_LOCK';

/** A key that never signed. */
export const EMPTY_GUARD: GuardRecord = {
  lastProposedSlot: null,
  lastVotedSlot: null,
  lastVotedRoot: null,
  lockedRoot: null,
  lockedSlot: null,
};

/**
 * Whether this key may vote for a valid block, and how: at most once a slot, slots strictly increasing, never for a block
 * whose certificate is older than the one it is locked on. The vote is clean when the key voted in no slot between the
 * certificate's and the block's; its last vote tells, because its votes ascend. Source: SAFETY.md.
 */
export function mayVote(guard: GuardRecord, block: VotableBlock): Checked<{ readonly clean: boolean }, VoteCode> {
  const { lastVotedSlot, lockedSlot, lockedRoot } = guard;
  const { blockRoot: justifiedRoot, slot: justifiedSlot } = block.certificate;
  if (lastVotedSlot !== null && block.slot <= lastVotedSlot)
    return refuse('VOTED_ALREADY', `voted at slot ${lastVotedSlot}, asked for slot ${block.slot}`);
  if (lockedSlot !== null && justifiedSlot < lockedSlot)
    return refuse('BELOW_LOCK', `locked on slot ${lockedSlot}, the block builds on slot ${justifiedSlot}`);
  // Two certificates of one slot: a third of the authorities misbehaved, and no vote may help them.
  if (lockedSlot === justifiedSlot && lockedRoot !== justifiedRoot)
    return refuse('CONFLICTING_LOCK', `two certified blocks at slot ${lockedSlot}`, { lockedRoot, justifiedRoot });
  return accept({ clean: lastVotedSlot === null || lastVotedSlot <= justifiedSlot });
}

/** The record to make durable before a vote that `mayVote` allows is signed. */
export const afterVote = (guard: GuardRecord, root: BlockRoot, block: VotableBlock): GuardRecord => ({
  ...guard,
  lastVotedSlot: block.slot,
  lastVotedRoot: root,
  lockedRoot: block.certificate.blockRoot,
  lockedSlot: block.certificate.slot,
});

/** At most one proposal a slot, slots strictly increasing. */
export function mayPropose(guard: GuardRecord, slot: Slot): Checked<undefined, 'PROPOSED_ALREADY'> {
  if (guard.lastProposedSlot !== null && slot <= guard.lastProposedSlot)
    return refuse('PROPOSED_ALREADY', `proposed at slot ${guard.lastProposedSlot}, asked for slot ${slot}`);
  return accept(undefined);
}

/** The record to make durable before a proposal that `mayPropose` allows is signed. */
export const afterProposal = (guard: GuardRecord, slot: Slot): GuardRecord => ({ ...guard, lastProposedSlot: slot });
