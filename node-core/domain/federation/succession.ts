import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import { type BlockHeight, epoch } from '../../primitives/ids.ts';
import type { CertifiedPegIn, FederationUpdate } from '../consensus/types.ts';
import { type AuthorityRefusal, verifyGovernanceMessage } from '../governance/authority.ts';
import { federationAtEpoch, scheduleEntryAt } from './address.ts';
import { verifyApproval } from './approval.ts';
import { type MemberSet, parseMemberSet } from './member-set.ts';

/**
 * How one member set follows another. A member change is part of the chain: governance's signed update stands in a
 * block, and who the members are at a height follows from the network file and the blocks before it. So every node
 * judges a block alike, whatever it has heard from governance and whenever it comes to the block (INV-19, INV-20).
 */
export interface RecordedMemberSet {
  /** Of the block that holds the update. */
  readonly recordedHeight: BlockHeight;
  readonly set: MemberSet;
}

/** The member sets that the network file and a chain of blocks name, in the order of their epochs. */
export const scheduleOf = (
  fromGenesis: readonly MemberSet[],
  recorded: readonly RecordedMemberSet[],
): readonly MemberSet[] => [...fromGenesis, ...recorded.map(({ set }) => set)];

/** The sets that a block records. Its updates were checked before it was imported; one that isn't sound adds nothing. */
export const setsRecordedBy = (block: {
  readonly height: BlockHeight;
  readonly federationUpdates: readonly FederationUpdate[];
}): RecordedMemberSet[] =>
  block.federationUpdates.flatMap(({ update }) => {
    const set = parseMemberSet(update);
    return set === null ? [] : [{ recordedHeight: block.height, set }];
  });

/** A block that is to hold an update. */
export interface RecordingBlock {
  readonly height: BlockHeight;
  /** Unix ms at which its slot begins: an update's expiry is judged by it, and by no node's clock. */
  readonly startMs: number;
  /** SHA-256 of the network file's RFC 8785 form, 64 bare hex digits. */
  readonly networkHash: string;
}

export type SuccessionRefusal =
  AuthorityRefusal | 'UPDATE_MALFORMED' | 'UPDATE_EPOCH' | 'UPDATE_HEIGHT' | 'UPDATE_HANDOVER';

/**
 * Whether a block may hold an update: a quorum of the members of its height signed it, it has not expired, and it names
 * the next epoch's set, which takes over at a height to come. Sets that are known are never changed. An update counts at
 * most once, since its epoch is the next one only once.
 */
export function checkSuccession(
  { update, messageId, epoch: signedIn, expiresAtMs, signatures }: FederationUpdate,
  schedule: readonly MemberSet[],
  { height, startMs, networkHash }: RecordingBlock,
): Checked<MemberSet, SuccessionRefusal> {
  const next = nextSet(update, schedule, height);
  if (!next.ok) return next;
  const active = scheduleEntryAt(schedule, height);
  const authority = { messageId, epoch: signedIn, expiresAtMs, signatures };
  const verified = verifyGovernanceMessage(
    { kind: 'federationUpdate', update, authority },
    { networkHash, members: active?.members ?? [], epoch: epoch(active?.epoch ?? 0), nowMs: startMs, seen: [] },
  );
  return verified.ok ? next : verified;
}

/** The set that an update names, when it can follow those of the schedule in a block of `height`; whoever signed it. */
export function nextSet(
  update: string,
  schedule: readonly MemberSet[],
  height: BlockHeight,
): Checked<MemberSet, 'UPDATE_MALFORMED' | 'UPDATE_EPOCH' | 'UPDATE_HEIGHT' | 'UPDATE_HANDOVER'> {
  const set = parseMemberSet(update);
  if (set === null) return refuse('UPDATE_MALFORMED', 'the update is no member set');
  const last = schedule.at(-1);
  const wanted = (last?.epoch ?? -1) + 1;
  if (set.epoch !== wanted) return refuse('UPDATE_EPOCH', `the next epoch is ${wanted}`);
  if (set.activationHeight <= Math.max(height, last?.activationHeight ?? 0))
    return refuse('UPDATE_HEIGHT', `height ${set.activationHeight} is not to come`);
  const { handover } = set;
  const since = last?.handover?.untilBitcoinHeight ?? 0;
  if (handover === undefined || handover.untilBitcoinHeight <= handover.fromBitcoinHeight)
    return refuse(
      'UPDATE_HANDOVER',
      'the update names no Bitcoin heights from which and until which both addresses count',
    );
  if (handover.untilBitcoinHeight <= since)
    return refuse('UPDATE_HANDOVER', `the addresses before are retired at Bitcoin height ${since} already`);
  return accept(set);
}

/**
 * Whether members approved a deposit that a block of `height` mints: those of the epoch that the approval names, which
 * has begun. What the former members approved stays approved, so that a change undoes nothing that is under way.
 */
export function checkApprovalAt(
  pegIn: CertifiedPegIn,
  schedule: readonly MemberSet[],
  { height, networkHash }: Pick<RecordingBlock, 'height' | 'networkHash'>,
): Checked<CertifiedPegIn> {
  const set = federationAtEpoch(schedule, pegIn.epoch);
  if (set === null) return refuse('UNKNOWN_EPOCH', `there is no federation of epoch ${pegIn.epoch}`);
  if (set.activationHeight > height)
    return refuse('EPOCH_TO_COME', `epoch ${pegIn.epoch} begins at height ${set.activationHeight}`);
  return verifyApproval(pegIn, set.members, set.threshold, networkHash);
}
