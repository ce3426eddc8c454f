import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import { authorityIndex, type BlockRoot, type Slot } from '../../primitives/ids.ts';
import { NO_AUTHORITIES, withAuthority } from './authority-set.ts';
import type { Authority } from './certificate.ts';
import { quorum } from './schedule.ts';
import type { SignatureScheme } from './scheme.ts';
import { voteSigningRoot } from './signing.ts';
import type { AuthoritySet, BlsPublicKey, EquivocationEvidence, QuorumCertificate, Vote } from './types.ts';

/** A vote this many slots old no longer helps: a newer block has been certified, or the network stands still. */
export const COLLECTED_SLOTS = 64;
/** Voters' clocks may be this many slots ahead of ours. */
const SLOTS_AHEAD = 1;

/** A vote and whose key signed it: an authority's index may be another one's at another height. */
interface SignedVote extends Vote {
  readonly key: string;
}

/** The votes of one slot: at most one of each key, and which keys were caught with two. */
interface SlotVotes {
  /** In the order of arrival. */
  readonly votes: readonly SignedVote[];
  readonly equivocators: readonly string[];
}

/** Valid votes of recent slots, as plain data: at most 65 slots of one vote for each key of the schedule. */
export interface VoteCollector {
  /** By slot. */
  readonly slots: Readonly<Record<number, SlotVotes>>;
}

export const EMPTY_COLLECTOR: VoteCollector = { slots: {} };

export interface VoteContext {
  /** Of the height of the block that is voted for: one set. While that block isn't known, all sets that it may be of. */
  readonly sets: readonly (readonly Authority[])[];
  readonly scheme: SignatureScheme;
  /** Bare hex. */
  readonly networkHash: string;
  /** By this node's clock. */
  readonly currentSlot: Slot;
}

export type VoteRefusalCode = 'SLOT_OUT_OF_RANGE' | 'UNKNOWN_AUTHORITY' | 'DUPLICATE_VOTE' | 'VOTE_SIGNATURE';

export interface VoteAddition {
  readonly collector: VoteCollector;
  /** Whose vote it is. */
  readonly key: BlsPublicKey;
  /** Set when this vote makes the quorum, and again when it makes the clean quorum; never before the set is known. */
  readonly certificate: QuorumCertificate | null;
  /** Set when this vote contradicts an earlier one; once for a slot and authority. */
  readonly evidence: EquivocationEvidence | null;
}

/**
 * Takes a vote in. An authority's first vote of a slot counts; a second, different one is evidence and never counts.
 * A vote for a block that isn't known yet is kept like any other, by its key: which set it counts in, the block tells.
 */
export function addVote(
  collector: VoteCollector,
  vote: Vote,
  context: VoteContext,
): Checked<VoteAddition, VoteRefusalCode> {
  const { sets, scheme, networkHash, currentSlot } = context;
  if (vote.slot > currentSlot + SLOTS_AHEAD || vote.slot <= currentSlot - COLLECTED_SLOTS)
    return refuse('SLOT_OUT_OF_RANGE', `a vote for slot ${vote.slot} at slot ${currentSlot}`);
  const keys = new Set(sets.flatMap((set) => set[vote.authority]?.blsPublicKey ?? []));
  if (keys.size === 0) return refuse('UNKNOWN_AUTHORITY', `there is no authority ${vote.authority}`);

  const known = collector.slots[vote.slot] ?? { votes: [], equivocators: [] };
  const fresh = [...keys].filter((key) => !hasCounted(known, key, vote));
  if (fresh.length === 0) return refuse('DUPLICATE_VOTE', `authority ${vote.authority} has voted at slot ${vote.slot}`);

  const message = voteSigningRoot(networkHash, vote.blockRoot, vote.slot, vote.clean);
  const key = fresh.find((candidate) => scheme.verify(candidate as BlsPublicKey, message, vote.signature)) as
    BlsPublicKey | undefined;
  if (key === undefined) return refuse('VOTE_SIGNATURE', `not signed by authority ${vote.authority}`);

  const earlier = known.votes.find((other) => other.key === key);
  if (earlier !== undefined) {
    const equivocators = [...known.equivocators, key];
    return accept({
      collector: withSlot(collector, vote.slot, { ...known, equivocators }, currentSlot),
      key,
      certificate: null,
      evidence: voteEvidence(key, earlier, vote),
    });
  }
  const votes = [...known.votes, { ...vote, key }];
  const [authorities] = sets;
  return accept({
    collector: withSlot(collector, vote.slot, { ...known, votes }, currentSlot),
    key,
    certificate:
      authorities === undefined || sets.length > 1 ? null : certificateMadeBy(vote, votes, authorities, scheme),
    evidence: null,
  });
}

/** Whether a key's vote adds nothing: it is here already, or its author was caught. */
const hasCounted = ({ votes, equivocators }: SlotVotes, key: string, { blockRoot, clean }: Vote): boolean =>
  equivocators.includes(key) ||
  votes.some((other) => other.key === key && other.blockRoot === blockRoot && other.clean === clean);

/** Replaces one slot's votes and forgets the slots that no vote is taken for any more. */
function withSlot(collector: VoteCollector, at: Slot, votes: SlotVotes, currentSlot: Slot): VoteCollector {
  const recent = Object.entries(collector.slots).filter(([slot]) => Number(slot) > currentSlot - COLLECTED_SLOTS);
  return { slots: { ...Object.fromEntries(recent), [at]: votes } };
}

const voteEvidence = (key: BlsPublicKey, first: Vote, second: Vote): EquivocationEvidence => ({
  kind: 'vote',
  slot: first.slot,
  authority: first.authority,
  publicKey: key,
  firstRoot: first.blockRoot,
  secondRoot: second.blockRoot,
  firstSignature: first.signature,
  secondSignature: second.signature,
  firstClean: first.clean,
  secondClean: second.clean,
});

/** The best certificate that the collected votes make for a block: for one that arrives after its votes. */
export function certificateOf(
  collector: VoteCollector,
  block: { readonly root: BlockRoot; readonly slot: Slot },
  { authorities, scheme }: { readonly authorities: readonly Authority[]; readonly scheme: SignatureScheme },
): QuorumCertificate | null {
  const votes = votesFor(block.root, collector.slots[block.slot]?.votes ?? [], authorities);
  return votes.length < quorum(authorities.length) ? null : aggregateOf(block.root, block.slot, votes, scheme);
}

/** What the slot's votes make with `last`, if it is the one that was missing for the quorum or for the clean quorum. */
function certificateMadeBy(
  last: Vote,
  votes: readonly SignedVote[],
  authorities: readonly Authority[],
  scheme: SignatureScheme,
): QuorumCertificate | null {
  const needed = quorum(authorities.length);
  const same = votesFor(last.blockRoot, votes, authorities);
  const makesQuorum = same.length === needed;
  const makesCleanQuorum = last.clean && same.filter(({ clean }) => clean).length === needed;
  return makesQuorum || makesCleanQuorum ? aggregateOf(last.blockRoot, last.slot, same, scheme) : null;
}

/** Those of the block's authorities, each with its author's index among them. */
function votesFor(root: BlockRoot, votes: readonly SignedVote[], authorities: readonly Authority[]): readonly Vote[] {
  const indexes = new Map(authorities.map(({ blsPublicKey }, index) => [blsPublicKey, authorityIndex(index)]));
  return votes.flatMap((vote) => {
    const authority = indexes.get(vote.key);
    return vote.blockRoot === root && authority !== undefined ? [{ ...vote, authority }] : [];
  });
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
