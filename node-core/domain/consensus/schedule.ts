import { assert } from '../../primitives/assert.ts';
import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import { type AuthorityIndex, authorityIndex, type BlockHeight, type Slot, slot } from '../../primitives/ids.ts';

/** Most authorities of a network. Source: protocol.md, Roles. */
export const MAX_AUTHORITIES = 15;

/**
 * Blocks between one change of the authorities and the next, at least. When messages arrive, finality follows within a
 * round and two slots (SAFETY.md, Progress): this is three rounds of the largest set and more, so that the first change
 * is final long before the second.
 */
export const MIN_BLOCKS_BETWEEN_CHANGES = 64;

/** One entry of the network file's schedule: who the authorities are from a block height on. */
export interface AuthorityScheduleEntry<Member> {
  readonly activationHeight: number;
  readonly members: readonly Member[];
}

/**
 * The authorities who propose and vote for blocks at `height`: those of the entry with the highest activation height
 * that isn't above it.
 * @throws LogicError when no entry is active yet.
 */
export function authoritySetAt<Member>(
  schedule: readonly AuthorityScheduleEntry<Member>[],
  height: BlockHeight,
): readonly Member[] {
  let active: AuthorityScheduleEntry<Member> | undefined;
  for (const entry of schedule) {
    const reached = entry.activationHeight <= height;
    if (reached && (active === undefined || entry.activationHeight > active.activationHeight)) active = entry;
  }
  assert(active !== undefined, `no authorities are active at height ${height}`);
  return active.members;
}

/**
 * Checks a schedule once, at start: active from genesis, each entry later than the one before, 1 to 15 authorities, and
 * from entry to entry one member comes or goes, so that quorums of neighbours share one who behaves (SAFETY.md). Two
 * changes lie far enough apart for the first to be final before the second.
 */
export function checkSchedule(
  schedule: readonly AuthorityScheduleEntry<{ readonly blsPublicKey: string }>[],
): Checked<undefined, 'SCHEDULE'> {
  if (schedule[0]?.activationHeight !== 0) return refuse('SCHEDULE', 'the first authorities are active from height 0');
  for (const [i, { activationHeight, members }] of schedule.entries()) {
    if (members.length < 1 || members.length > MAX_AUTHORITIES)
      return refuse('SCHEDULE', `${members.length} authorities at height ${activationHeight}, 1 to 15 are allowed`);
    const previous = schedule[i - 1];
    if (previous === undefined) continue;
    if (activationHeight <= previous.activationHeight)
      return refuse('SCHEDULE', `height ${activationHeight} isn't above ${previous.activationHeight}`);
    if (i > 1 && activationHeight - previous.activationHeight < MIN_BLOCKS_BETWEEN_CHANGES)
      return refuse(
        'SCHEDULE',
        `the authorities change at heights ${previous.activationHeight} and ${activationHeight}: ${MIN_BLOCKS_BETWEEN_CHANGES} blocks at least have to be between`,
      );
    const changed = keysMissing(members, previous.members) + keysMissing(previous.members, members);
    if (changed > 1) return refuse('SCHEDULE', `${changed} authorities change at height ${activationHeight}, one may`);
  }
  return accept(undefined);
}

/**
 * The height that has to be final before an authority votes for a block at `height`: the change before the last one has
 * to be behind all, since only neighbouring sets are sure to share an authority who behaves (SAFETY.md, Changes of the
 * authorities). 0 while the sets of genesis and of the first change are the only ones.
 */
export function finalBeforeVote(schedule: readonly AuthorityScheduleEntry<unknown>[], height: BlockHeight): number {
  const reached = schedule.map(({ activationHeight }) => activationHeight).filter((at) => at <= height);
  return reached.sort((a, b) => b - a)[1] ?? 0;
}

/** How many keys of one set aren't in the other. */
function keysMissing(set: readonly { readonly blsPublicKey: string }[], other: typeof set): number {
  const others = new Set(other.map(({ blsPublicKey }) => blsPublicKey));
  return set.filter(({ blsPublicKey }) => !others.has(blsPublicKey)).length;
}

/** Aura: `authorities[slot mod n]`. */
export function authorityOfSlot(at: Slot, authorityCount: number): AuthorityIndex {
  assert(authorityCount >= 1 && authorityCount <= MAX_AUTHORITIES, 'a network has 1 to 15 authorities');
  return authorityIndex(at % authorityCount);
}

/** `floor(unixMs / slotDurationMs)`. */
export const slotAt = (unixMs: number, slotDurationMs: number): Slot => slot(Math.floor(unixMs / slotDurationMs));

/** Unix ms at which the slot begins. */
export const slotStartMs = (at: Slot, slotDurationMs: number): number => at * slotDurationMs;

/** EVM timestamp of the slot's block in Unix seconds. Strictly ascending, because a slot lasts 1000 ms at least. */
export const timestampOfSlot = (at: Slot, slotDurationMs: number): number => Math.floor((at * slotDurationMs) / 1000);

/**
 * Votes that make a certificate: `floor((2n+2)/3)`, so that any two quorums share more authorities than the
 * `ceil(n/3) - 1` that may misbehave, and those who behave are a quorum (SAFETY.md). n = 3: 2; n = 4: 3; n = 15: 10.
 */
export const quorum = (authorityCount: number): number => Math.floor((2 * authorityCount + 2) / 3);
