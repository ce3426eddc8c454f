import { assert } from '../../primitives/assert.ts';
import { type BlockHeight, blockHeight } from '../../primitives/ids.ts';

/** A peer that can be asked, by what it says of its head. */
export interface SyncPeer {
  readonly peer: string;
  readonly headHeight: BlockHeight;
}

export interface SyncLimits {
  /** Blocks in one request. */
  readonly maxPerRange: number;
  /**
   * Ranges asked for, or received and not yet imported, at one time. Short answers split ranges, so the bound of what a
   * sync holds in memory is in blocks: `maxOpenRanges * maxPerRange`.
   */
  readonly maxOpenRanges: number;
  /** Requests under way at one peer. */
  readonly maxPerPeer: number;
}

/** Flow 4 of the founding document asks for about a hundred blocks a request. */
export const SYNC_LIMITS: SyncLimits = { maxPerRange: 100, maxOpenRanges: 8, maxPerPeer: 2 };

interface OpenRange {
  readonly from: BlockHeight;
  readonly to: BlockHeight;
  readonly status: 'waiting' | 'requested' | 'received';
  /** Who is asked or gave it; null while it waits. */
  readonly peer: string | null;
  /** Who failed it: asked again only when nobody else is left, which is `isStalled`. */
  readonly failedBy: readonly string[];
}

/** What a sync still has to get, as plain data. Ranges are consecutive, from the first height not imported on. */
export interface SyncPlan {
  readonly nextHeight: BlockHeight;
  readonly targetHeight: BlockHeight;
  readonly ranges: readonly OpenRange[];
}

/** A range to ask a peer for, both ends included. */
export interface RangeRequest {
  readonly from: BlockHeight;
  readonly to: BlockHeight;
  readonly peer: string;
}

export const planSync = (nextHeight: BlockHeight, targetHeight: BlockHeight): SyncPlan => ({
  nextHeight,
  targetHeight,
  ranges: [],
});

/** Splits heights, both ends included, into consecutive ranges of at most `maxPerRange`, `most` of them at most. */
export function splitHeights(
  from: number,
  to: number,
  maxPerRange: number,
  most: number,
): readonly { readonly from: BlockHeight; readonly to: BlockHeight }[] {
  assert(maxPerRange >= 1, 'a range holds a block at least');
  const ranges = [];
  for (let at = from; at <= to && ranges.length < most; at += maxPerRange)
    ranges.push({ from: blockHeight(at), to: blockHeight(Math.min(to, at + maxPerRange - 1)) });
  return ranges;
}

/**
 * Opens ranges up to the limits and gives each that waits to the least busy peer that has its beginning and hasn't failed it,
 * lowest heights first. Peers that are equally busy take turns in their order.
 */
export function assignRanges(
  plan: SyncPlan,
  peers: readonly SyncPeer[],
  limits: SyncLimits = SYNC_LIMITS,
): { readonly plan: SyncPlan; readonly requests: readonly RangeRequest[] } {
  const opened = openRanges(plan, limits);
  const busy = new Map(peers.map(({ peer }) => [peer, countRequested(opened, peer)]));
  const requests: RangeRequest[] = [];
  const ranges = opened.map((range): OpenRange => {
    if (range.status !== 'waiting') return range;
    const able = peers
      .filter(({ peer }) => (busy.get(peer) ?? 0) < limits.maxPerPeer)
      .filter(({ peer, headHeight }) => headHeight >= range.from && !range.failedBy.includes(peer));
    const [chosen] = able.toSorted((a, b) => (busy.get(a.peer) ?? 0) - (busy.get(b.peer) ?? 0));
    if (chosen === undefined) return range;
    busy.set(chosen.peer, (busy.get(chosen.peer) ?? 0) + 1);
    requests.push({ from: range.from, to: range.to, peer: chosen.peer });
    return { ...range, status: 'requested', peer: chosen.peer };
  });
  return { plan: { ...plan, ranges }, requests };
}

function openRanges({ nextHeight, targetHeight, ranges }: SyncPlan, limits: SyncLimits): readonly OpenRange[] {
  const after = (ranges.at(-1)?.to ?? nextHeight - 1) + 1;
  const added = splitHeights(after, targetHeight, limits.maxPerRange, limits.maxOpenRanges - ranges.length);
  return [...ranges, ...added.map((range): OpenRange => ({ ...range, status: 'waiting', peer: null, failedBy: [] }))];
}

const countRequested = (ranges: readonly OpenRange[], peer: string): number =>
  ranges.filter((range) => range.status === 'requested' && range.peer === peer).length;

/**
 * A peer gave blocks from the beginning of a range up to `lastHeight`; what is missing of it waits again. An answer to
 * a question that isn't open (late, doubled, unasked) changes nothing.
 */
export function rangeReceived(plan: SyncPlan, from: BlockHeight, peer: string, lastHeight: BlockHeight): SyncPlan {
  return replaceRange(plan, from, peer, 'requested', (range) => {
    const got: OpenRange = { ...range, to: lastHeight, status: 'received' };
    if (lastHeight >= range.to) return [got];
    return [got, { ...range, from: blockHeight(lastHeight + 1), status: 'waiting', peer: null }];
  });
}

/** A peer didn't answer, or wrongly: the range waits for another one. */
export const rangeFailed = (plan: SyncPlan, from: BlockHeight, peer: string): SyncPlan =>
  replaceRange(plan, from, peer, 'requested', (range) => [failedBy(range, peer)]);

/** ChainActor refused a block of a received range: it waits for another peer. */
export const rangeRejected = (plan: SyncPlan, from: BlockHeight, peer: string): SyncPlan =>
  replaceRange(plan, from, peer, 'received', (range) => [failedBy(range, peer)]);

/** A peer is gone: what it was asked for waits for another one. */
export const peerLost = (plan: SyncPlan, peer: string): SyncPlan => ({
  ...plan,
  ranges: plan.ranges.map((range) =>
    range.status === 'requested' && range.peer === peer ? failedBy(range, peer) : range,
  ),
});

const failedBy = (range: OpenRange, peer: string): OpenRange => ({
  ...range,
  status: 'waiting',
  peer: null,
  failedBy: range.failedBy.includes(peer) ? range.failedBy : [...range.failedBy, peer],
});

function replaceRange(
  plan: SyncPlan,
  from: BlockHeight,
  peer: string,
  status: OpenRange['status'],
  replacement: (range: OpenRange) => readonly OpenRange[],
): SyncPlan {
  const matches = (range: OpenRange): boolean => range.from === from && range.peer === peer && range.status === status;
  if (!plan.ranges.some(matches)) return plan;
  return { ...plan, ranges: plan.ranges.flatMap((range) => (matches(range) ? replacement(range) : [range])) };
}

/** The received range that comes next for import, if it is there. */
export function nextToImport(plan: SyncPlan): RangeRequest | null {
  const [first] = plan.ranges;
  if (first?.status !== 'received' || first.peer === null) return null;
  return { from: first.from, to: first.to, peer: first.peer };
}

/** All blocks up to `height` are in the chain, whoever brought them. A range that is cut by it waits anew. */
export function importedUpTo(plan: SyncPlan, height: BlockHeight): SyncPlan {
  if (height < plan.nextHeight) return plan;
  const nextHeight = blockHeight(height + 1);
  return {
    nextHeight,
    targetHeight: blockHeight(Math.max(plan.targetHeight, height)),
    ranges: plan.ranges
      .filter(({ to }) => to > height)
      .map((range) =>
        range.from <= height ? { ...range, from: nextHeight, status: 'waiting' as const, peer: null } : range,
      ),
  };
}

/** A higher head became known. */
export const raiseTarget = (plan: SyncPlan, target: BlockHeight): SyncPlan =>
  target > plan.targetHeight ? { ...plan, targetHeight: target } : plan;

export const isComplete = (plan: SyncPlan): boolean => plan.nextHeight > plan.targetHeight;

/**
 * Whether nobody is left to ask for the next range: each peer that claims to have it failed it. The target was a lie or
 * the peers who know it are gone; the next round of statuses decides.
 */
export function isStalled(plan: SyncPlan, peers: readonly SyncPeer[]): boolean {
  const [first] = plan.ranges;
  if (isComplete(plan) || (first !== undefined && first.status !== 'waiting')) return false;
  const wanted = first?.from ?? plan.nextHeight;
  return !peers.some(({ peer, headHeight }) => headHeight >= wanted && !first?.failedBy.includes(peer));
}
