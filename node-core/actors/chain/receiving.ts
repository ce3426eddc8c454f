import { hasBlock } from '../../domain/consensus/block-tree.ts';
import { blockRootOf } from '../../domain/consensus/encoding.ts';
import { slotStartMs } from '../../domain/consensus/schedule.ts';
import type { Block, SignedBlock } from '../../domain/consensus/types.ts';
import { slot } from '../../primitives/ids.ts';
import { noteRival } from './evidence.ts';
import type { ChainActorState, ChainCtx, ImportJob, WaitingBlock } from './state.ts';
import { MAX_CLOCK_SKEW_MS } from './validation.ts';

/** Blocks that wait for their parent, their slot or their turn. More than that is a flood or a sync that should run. */
const MAX_WAITING = 256;
/** A block further ahead than so many slots tells of no lag: its proposer's clock, or this node's, is far off. */
const MAX_EARLY_SLOTS = 4;
/** Early blocks are counted over so many slots, for the operator to see whose clock is off. */
const EARLY_SLOTS_KEPT = 60;

/** By how much a block has come before its slot, by this node's clock; negative after the slot's begin. */
const earlyMsOf = ({ args }: ChainActorState, block: Block, nowMs: number): number =>
  slotStartMs(block.slot, args.network.slotDurationMs) - nowMs;

/** A block has come in: it waits for its slot, its parent and its turn. */
export function receiveBlock(
  state: ChainActorState,
  signedBlock: SignedBlock,
  source: ImportJob['source'],
  ctx: ChainCtx,
): void {
  const { block } = signedBlock;
  const root = blockRootOf(block);
  noteRival(state, root, signedBlock, ctx);
  if (state.blocks.has(root) || state.waiting.has(root) || state.importing?.root === root) return;
  const finalized = state.blocks.get(state.tree.finalizedRoot);
  if (finalized !== undefined && block.height <= finalized.signedBlock.block.height) return;
  const earlyMs = earlyMsOf(state, block, ctx.nowMs);
  if (earlyMs > MAX_EARLY_SLOTS * state.args.network.slotDurationMs) {
    const reason = `slot ${block.slot} begins in ${earlyMs} ms`;
    ctx.log('warn', 'block refused', { root, slot: block.slot, code: 'FUTURE_SLOT', reason });
    return;
  }
  keepWaiting(state, { root, signedBlock, source, trace: ctx.trace, earlyMs }, ctx);
}

export function keepWaiting(state: ChainActorState, waiting: WaitingBlock, ctx: ChainCtx): void {
  if (state.waiting.size >= MAX_WAITING) {
    const oldest = state.waiting.keys().next();
    if (!oldest.done) state.waiting.delete(oldest.value);
    ctx.log('warn', 'too many blocks wait for their parents: the oldest is forgotten', { bound: MAX_WAITING });
  }
  const { root, signedBlock, source, trace, earlyMs } = waiting;
  state.waiting.set(root, { root, signedBlock, source, trace, earlyMs });
}

/** Takes out the first waiting block whose parent is known and whose slot has begun; null when there is none. */
export function takeWaiting(state: ChainActorState, nowMs: number): WaitingBlock | null {
  for (const waiting of state.waiting.values()) {
    const { root, signedBlock } = waiting;
    if (!hasBlock(state.tree, signedBlock.block.parentRoot)) continue;
    if (earlyMsOf(state, signedBlock.block, nowMs) > MAX_CLOCK_SKEW_MS) continue;
    state.waiting.delete(root);
    // A sync may have brought it meanwhile.
    if (!state.blocks.has(root)) return waiting;
  }
  return null;
}

/** A valid block came earlier than clocks may differ: whose clock is off, the operator sees by how many authorities' do. */
export function noteEarly(state: ChainActorState, { signedBlock, earlyMs }: ImportJob): void {
  if (earlyMs <= MAX_CLOCK_SKEW_MS) return;
  const { slot: at, proposer } = signedBlock.block;
  state.early.push({ slot: at, authority: proposer, earlyMs });
  if (state.early.length > EARLY_SLOTS_KEPT) state.early.shift();
}

export const earlyBlocks = ({ early, slot: now }: ChainActorState): ChainActorState['early'] =>
  early.filter((block) => block.slot > slot(Math.max(0, now - EARLY_SLOTS_KEPT)));
