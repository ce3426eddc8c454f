import { assert } from '../../primitives/assert.ts';
import { type BlockHeight, blockHeight, type BlockRoot } from '../../primitives/ids.ts';
import type { SignedBlock } from '../consensus/types.ts';

/** A block as the store gives it. */
export interface ReplayBlock {
  readonly root: BlockRoot;
  readonly signedBlock: SignedBlock;
}

/**
 * The way of an execution client to a block that it lacks. From the target back, each block is tried until the client
 * knows its parent: one by one above the finalized block, where there may be forks, then by height in doubling distances
 * along the final chain. From the first that it takes, everything up to the target is applied in order. What is held is
 * bounded: roots of unfinalized blocks and one page of blocks.
 */
export interface Replay<B extends ReplayBlock> {
  readonly target: BlockRoot;
  /** Every block up to it is of the final chain, which the store reads by height. */
  readonly finalHeight: BlockHeight;
  readonly phase: 'back' | 'probe' | 'forward' | 'branch';
  /** Blocks to be applied after those of the final chain, the target first. */
  readonly branch: readonly BlockRoot[];
  /** The last height of the final chain on the way. */
  readonly lastHeight: number;
  /** How far below `lastHeight` the current probe is. */
  readonly distance: number;
  /** Blocks of the final chain that were read and not applied yet. */
  readonly page: readonly B[];
  /** The last block that the client took. */
  readonly reached: { readonly root: BlockRoot; readonly height: BlockHeight } | null;
  readonly applied: number;
}

/** What is to be done next. `apply` executes the block and makes it the client's head. */
export type ReplayStep<B extends ReplayBlock> =
  | { readonly do: 'readBlock'; readonly root: BlockRoot }
  | { readonly do: 'readFrom'; readonly height: BlockHeight; readonly limit: number }
  | { readonly do: 'apply'; readonly block: B }
  | { readonly do: 'finish' }
  | { readonly do: 'giveUp'; readonly reason: string };

type Next<B extends ReplayBlock> = readonly [Replay<B>, ReplayStep<B>];

/** Blocks read at once on the way forward. */
export const REPLAY_PAGE = 64;
/** Unfinalized blocks on the way to a target; with more the chain itself is in trouble. */
const MAX_BRANCH = 4096;

const heightOf = ({ signedBlock }: ReplayBlock): number => signedBlock.block.height;

export function beginReplay<B extends ReplayBlock>(target: BlockRoot, finalHeight: BlockHeight): Next<B> {
  const replay: Replay<B> = {
    target,
    finalHeight,
    phase: 'back',
    branch: [],
    lastHeight: 0,
    distance: 0,
    page: [],
    reached: null,
    applied: 0,
  };
  return [replay, { do: 'readBlock', root: target }];
}

/** The store gave what the last step asked for. */
export function blocksRead<B extends ReplayBlock>(replay: Replay<B>, blocks: readonly B[]): Next<B> {
  const [first] = blocks;
  if (first === undefined) return giveUp(replay, 'the store lacks a block on the way to its head');
  switch (replay.phase) {
    case 'back':
      // Block 0 is nothing to execute: that the client has it was asked when it was checked.
      return heightOf(first) === 0 ? nextOfBranch(replay) : [replay, { do: 'apply', block: first }];
    case 'probe':
    case 'branch':
      return apply(replay, first);
    case 'forward': {
      const page = blocks.filter((block) => heightOf(block) <= replay.lastHeight);
      return apply({ ...replay, page: page.slice(1) }, first);
    }
  }
}

function apply<B extends ReplayBlock>(replay: Replay<B>, block: B): Next<B> {
  const { reached } = replay;
  if (reached !== null && block.signedBlock.block.parentRoot !== reached.root)
    return giveUp(replay, 'the stored chain moved while it was read');
  return [replay, { do: 'apply', block }];
}

/** The client took the block of the last step, or said that it doesn't know its parent. */
export function blockApplied<B extends ReplayBlock>(replay: Replay<B>, block: B, taken: boolean): Next<B> {
  const height = blockHeight(heightOf(block));
  if (taken) {
    const further = { ...replay, reached: { root: block.root, height }, applied: replay.applied + 1 };
    return replay.phase === 'back' || replay.phase === 'branch' ? nextOfBranch(further) : nextOfFinal(further);
  }
  switch (replay.phase) {
    case 'back': {
      if (replay.branch.length >= MAX_BRANCH) return giveUp(replay, `more than ${MAX_BRANCH} blocks are not final`);
      const longer = { ...replay, branch: [...replay.branch, block.root] };
      if (height - 1 > replay.finalHeight)
        return [longer, { do: 'readBlock', root: block.signedBlock.block.parentRoot }];
      return probe({ ...longer, phase: 'probe', lastHeight: height - 1 });
    }
    case 'probe':
      return probe({ ...replay, distance: 2 * replay.distance + 1 });
    case 'forward':
    case 'branch':
      return giveUp(replay, `the execution client does not take block ${height}, whose parent it took`);
  }
}

function probe<B extends ReplayBlock>(replay: Replay<B>): Next<B> {
  const height = replay.lastHeight - replay.distance;
  if (height <= 0) return nextOfFinal({ ...replay, phase: 'forward' });
  return [replay, { do: 'readFrom', height: blockHeight(height), limit: 1 }];
}

function nextOfFinal<B extends ReplayBlock>(replay: Replay<B>): Next<B> {
  const forward: Replay<B> = { ...replay, phase: 'forward' };
  const [next, ...page] = forward.page;
  if (next !== undefined) return apply({ ...forward, page }, next);
  const height = (forward.reached?.height ?? 0) + 1;
  if (height > forward.lastHeight) return nextOfBranch(forward);
  return [forward, { do: 'readFrom', height: blockHeight(height), limit: REPLAY_PAGE }];
}

function nextOfBranch<B extends ReplayBlock>(replay: Replay<B>): Next<B> {
  const root = replay.branch.at(-1);
  if (root === undefined) return [replay, { do: 'finish' }];
  assert(replay.page.length === 0, 'the final chain is applied before its branch');
  return [
    { ...replay, phase: 'branch', branch: replay.branch.slice(0, -1) },
    { do: 'readBlock', root },
  ];
}

const giveUp = <B extends ReplayBlock>(replay: Replay<B>, reason: string): Next<B> => [
  replay,
  { do: 'giveUp', reason },
];
