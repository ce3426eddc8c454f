import type { Block, CertifiedPegIn, FederationUpdate } from '../../domain/consensus/types.ts';
import { slotStartMs } from '../../domain/consensus/schedule.ts';
import { scheduleEntryAt } from '../../domain/federation/address.ts';
import type { MemberSet } from '../../domain/federation/member-set.ts';
import {
  checkApprovalAt,
  checkSuccession,
  type RecordedMemberSet,
  type RecordingBlock,
  scheduleOf,
  setsRecordedBy,
} from '../../domain/federation/succession.ts';
import type { Checked } from '../../primitives/errors.ts';
import { type BlockHeight, type BlockRoot, type Epoch, epoch } from '../../primitives/ids.ts';
import { unfinalizedAncestors } from './ancestry.ts';
import type { ChainActorState, ChainCtx } from './state.ts';

/** The store's name for the member sets that final blocks have recorded. */
export const MEMBERS_NAME = 'chain.members';
/** The key of their loading at a start, and of their writing. */
export const MEMBERS_KEY = 'members';
const PERSIST_TIMEOUT_MS = 40_000;

/** The federation's member sets as the blocks up to `root`, that one included, name them. */
export function membersUpTo(state: ChainActorState, root: BlockRoot): readonly MemberSet[] {
  const since = unfinalizedAncestors(state, root)
    .toReversed()
    .flatMap(({ signedBlock }) => setsRecordedBy(signedBlock.block));
  return scheduleOf(state.args.network.governance, [...state.members.final, ...since]);
}

/** The epoch of a block of this height on `parentRoot`. */
export const epochAt = (state: ChainActorState, parentRoot: BlockRoot, height: BlockHeight): Epoch =>
  epoch(scheduleEntryAt(membersUpTo(state, parentRoot), height)?.epoch ?? 0);

const recordingBlock = (
  { args: { network, networkHash } }: ChainActorState,
  { height, slot }: Pick<Block, 'height' | 'slot'>,
): RecordingBlock => ({ height, startMs: slotStartMs(slot, network.slotDurationMs), networkHash });

type Place = Pick<Block, 'parentRoot' | 'height' | 'slot'>;

/** What members say in a block, judged by the blocks before it alone. */
export const judgeSuccession =
  (state: ChainActorState, block: Place) =>
  (update: FederationUpdate): Checked<unknown> =>
    checkSuccession(update, membersUpTo(state, block.parentRoot), recordingBlock(state, block));

export const judgeApproval =
  (state: ChainActorState, block: Place) =>
  (pegIn: CertifiedPegIn): Checked<unknown> =>
    (state.args.checkApproval ?? checkApprovalAt)(
      pegIn,
      membersUpTo(state, block.parentRoot),
      recordingBlock(state, block),
    );

/** Notes what a final block records; it is on disk before the finality is. */
export function recordMembers({ members }: ChainActorState, block: Block): void {
  const recorded = setsRecordedBy(block);
  if (recorded.length === 0) return;
  members.final = [...members.final, ...recorded];
  members.written = false;
}

/** Asks for the writing of what isn't on disk yet; true when nothing is to be waited for. */
export function writeMembers({ members, storage }: ChainActorState, ctx: ChainCtx): boolean {
  if (members.written) return true;
  const key = `${MEMBERS_KEY}:${members.final.length}`;
  ctx.ask(
    storage,
    { type: 'PutValue', key, name: MEMBERS_NAME, value: JSON.stringify(members.final) },
    { timeoutMs: PERSIST_TIMEOUT_MS, onTimeout: { type: 'ChainTimeout', what: 'persist', key } },
  );
  return false;
}

/** The store has taken the member sets: whether these are all. */
export function onMembersWritten({ members }: ChainActorState, key: string): boolean {
  members.written = key === `${MEMBERS_KEY}:${members.final.length}`;
  return members.written;
}

export const readMembers = (text: string | null): readonly RecordedMemberSet[] =>
  text === null ? [] : (JSON.parse(text) as RecordedMemberSet[]);
