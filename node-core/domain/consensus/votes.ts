import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import type { BlockRoot, Slot } from '../../primitives/ids.ts';
import { hasAuthority, NO_AUTHORITIES, withAuthority } from './authority-set.ts';
import type { Authority } from './certificate.ts';
import { quorum } from './schedule.ts';
import type { SignatureScheme } from './scheme.ts';
import { voteSigningRoot } from './signing.ts';
import type { AuthoritySet, BlsPublicKey, EquivocationEvidence, QuorumCertificate, Vote } from './types.ts';

/** A vote this many slots old no longer helps: a newer block has been certified, or the network stands still. */
export const COLLECTED_SLOTS = 64;
/** Voters' clocks may be this many slots ahead of ours. */
const SLOTS_AHEAD = 1;

/** The votes of one slot: at most one of each authority, and who was caught with two. */
interface SlotVotes {
  /** In the order of arrival. */
  readonly votes: readonly Vote[];
  readonly equivocators: AuthoritySet;
}

/** Valid votes of recent slots, as plain data: at most 65 slots of 15 votes. */
export interface VoteCollector {
  /** By slot. */
  readonly slots: Readonly<Record<number, SlotVotes>>;
}

export const EMPTY_COLLECTOR: VoteCollector = { slots: {} };

export interface VoteContext {
  /** Of the height of the block that is voted for. */
  readonly authorities: readonly Authority[];
  readonly scheme: SignatureScheme;
  /** Bare hex. */
  readonly networkHash: string;
  /** By this node's clock. */
  readonly currentSlot: Slot;
}

export type VoteRefusalCode = 'SLOT_OUT_OF_RANGE' | 'UNKNOWN_AUTHORITY' | 'DUPLICATE_VOTE' | 'VOTE_SIGNATURE';

export interface VoteAddition {
  readonly collector: VoteCollector;
  /** Set when this vote makes the quorum, and again when it makes the clean quorum. */
  readonly certificate: QuorumCertificate | null;
  /** Set when this vote contradicts an earlier one; once for a slot and authority. */
  readonly evidence: EquivocationEvidence | null;
}

/**
 * Takes a vote in. An authority's first vote of a slot counts; a second, different one is evidence and never counts.
 * A vote for a block that isn't known yet is kept like any other.
 */
export function addVote(
  collector: VoteCollector,
  vote: Vote,
  context: VoteContext,
): Checked<VoteAddition, VoteRefusalCode> {
  const { authorities, scheme, networkHash, currentSlot } = context;
  if (vote.slot > currentSlot + SLOTS_AHEAD || vote.slot <= currentSlot - COLLECTED_SLOTS)
    return refuse('SLOT_OUT_OF_RANGE', `a vote for slot ${vote.slot} at slot ${currentSlot}`);
  const authority = authorities[vote.authority];
  if (authority === undefined) return refuse('UNKNOWN_AUTHORITY', `there is no authority ${vote.authority}`);

  const known = collector.slots[vote.slot] ?? { votes: [], equivocators: NO_AUTHORITIES };
  const earlier = known.votes.find((other) => other.authority === vote.authority);
  const repeats = earlier?.blockRoot === vote.blockRoot && earlier.clean === vote.clean;
  if (repeats || hasAuthority(known.equivocators, vote.authority))
    return refuse('DUPLICATE_VOTE', `authority ${vote.authority} has voted at slot ${vote.slot}`);

  const message = voteSigningRoot(networkHash, vote.blockRoot, vote.slot, vote.clean);
  if (!scheme.verify(authority.blsPublicKey as BlsPublicKey, message, vote.signature))
    return refuse('VOTE_SIGNATURE', `not signed by authority ${vote.authority}`);

  if (earlier !== undefined) {
    const equivocators = withAuthority(known.equivocators, vote.authority);
    return accept({
      collector: withSlot(collector, vote.slot, { ...known, equivocators }, currentSlot),
      certificate: null,
      evidence: voteEvidence(earlier, vote),
    });
  }
  const votes = [...known.votes, vote];
  return accept({
    collector: withSlot(collector, vote.slot, { ...known, votes }, currentSlot),
    certificate: certificateMadeBy(vote, votes, authorities.length, scheme),
    evidence: null,
  });
}

/** Replaces one slot's votes and forgets the slots that no vote is taken for any more. */
function withSlot(collector: VoteCollector, at: Slot, votes: SlotVotes, currentSlot: Slot): VoteCollector {
  const recent = Object.entries(collector.slots).filter(([slot]) => Number(slot) > currentSlot - COLLECTED_SLOTS);
  return { slots: { ...Object.fromEntries(recent), [at]: votes } };
}

const voteEvidence = (first: Vote, second: Vote): EquivocationEvidence => ({
  kind: 'vote',
  slot: first.slot,
  authority: first.authority,
  firstRoot: first.blockRoot,
  secondRoot: second.blockRoot,
});

/** The best certificate that the collected votes make for a block: for one that arrives after its votes. */
export function certificateOf(
  collector: VoteCollector,
  block: { readonly root: BlockRoot; readonly slot: Slot },
  { authorities, scheme }: Pick<VoteContext, 'authorities' | 'scheme'>,
): QuorumCertificate | null {
  const votes = (collector.slots[block.slot]?.votes ?? []).filter(({ blockRoot }) => blockRoot === block.root);
  return votes.length < quorum(authorities.length) ? null : aggregateOf(block.root, block.slot, votes, scheme);
}

/** What the slot's votes make with `last`, if it is the one that was missing for the quorum or for the clean quorum. */
function certificateMadeBy(
  last: Vote,
  votes: readonly Vote[],
  authorityCount: number,
  scheme: SignatureScheme,
): QuorumCertificate | null {
  const needed = quorum(authorityCount);
  const same = votes.filter(({ blockRoot }) => blockRoot === last.blockRoot);
  const makesQuorum = same.length === needed;
  const makesCleanQuorum = last.clean && same.filter(({ clean }) => clean).length === needed;
  return makesQuorum || makesCleanQuorum ? aggregateOf(last.blockRoot, last.slot, same, scheme) : null;
}

function aggregateOf(
  blockRoot: BlockRoot,
  slot: Slot,
  votes: readonly Vote[],
  scheme: SignatureScheme,
): QuorumCertificate {
  const setOf = (chosen: readonly Vote[]): AuthoritySet =>
    chosen.reduce((set, { authority }) => withAuthority(set, authority), NO_AUTHORITIES);
  return {
    blockRoot,
    slot,
    cleanVoters: setOf(votes.filter(({ clean }) => clean)),
    otherVoters: setOf(votes.filter(({ clean }) => !clean)),
    signature: scheme.aggregate(votes.map(({ signature }) => signature)),
  };
}
