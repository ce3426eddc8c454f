import { hasCleanQuorum } from '../../domain/consensus/authority-set.ts';
import { hasBlock, noteCertificate, nodeOf } from '../../domain/consensus/block-tree.ts';
import { finalize, finalizedBy } from '../../domain/consensus/finality.ts';
import { headOf, proposalParentOf } from '../../domain/consensus/forkchoice.ts';
import type { Block, QuorumCertificate } from '../../domain/consensus/types.ts';
import { certificateOf } from '../../domain/consensus/votes.ts';
import { type BlockHeight, type BlockRoot, blockHeight } from '../../primitives/ids.ts';
import type { BlockRecord, ChainPointers } from '../../ports/store.ts';
import type { FinalizeBlock } from '../../protocol/finality.ts';
import { blockOf } from './ancestry.ts';
import { authoritiesAt } from './authorities.ts';
import { recordMembers, writeMembers } from './members.ts';
import { dropFinalPayouts } from './payouts.ts';
import type { ChainActorState, ChainBlock, ChainCtx } from './state.ts';

const PERSIST_TIMEOUT_MS = 40_000;
/** Certificates that wait for their block; a certified block is fetched by a sync, so few ever wait. */
const MAX_CERTIFICATES = 64;
/** Final blocks that stay in memory for the operator to see. */
const BLOCKS_KEPT = 64;
/** Blocks read at once when finality is told again from the disk. */
export const REPLAY_PAGE = 64;

/** Keeps a verified certificate with its block, or until its block comes. */
export function noteBlockCertificate(state: ChainActorState, certificate: QuorumCertificate): void {
  if (hasBlock(state.tree, certificate.blockRoot)) {
    state.tree = noteCertificate(state.tree, certificate);
    return;
  }
  if (certificate.slot <= nodeOf(state.tree, state.tree.finalizedRoot).slot) return;
  if (state.certificates.size >= MAX_CERTIFICATES) {
    const oldest = state.certificates.keys().next();
    if (!oldest.done) state.certificates.delete(oldest.value);
  }
  state.certificates.set(certificate.blockRoot, certificate);
}

/** A certificate of a block that isn't in the tree yet: one that came before it, or what the votes for it make. */
export const certificateFor = (state: ChainActorState, root: BlockRoot, block: Block): QuorumCertificate | null =>
  state.certificates.get(root) ??
  certificateOf(
    state.votes,
    { root, slot: block.slot },
    { authorities: authoritiesAt(state, block.height), scheme: state.args.scheme },
  );

/**
 * The height that is final by `certificate`, which is for `root`, and by those in the blocks before. A node may hold
 * better certificates than the chain does, and call more final than others can: what it proposes must not depend on it.
 */
export function provenHeight(state: ChainActorState, root: BlockRoot, certificate: QuorumCertificate): BlockHeight {
  let certified = state.blocks.get(root)?.signedBlock.block;
  let own = certificate;
  while (certified !== undefined && certified.height > 0) {
    if (hasCleanQuorum(own, authoritiesAt(state, certified.height).length)) return blockHeight(certified.height - 1);
    own = certified.certificate;
    certified = state.blocks.get(certified.parentRoot)?.signedBlock.block;
  }
  return blockHeight(0);
}

/** Draws the conclusions of a changed tree: what is final now, where the head is, and writes both down. */
export function settleFinality(state: ChainActorState, headBefore: BlockRoot, ctx: ChainCtx): void {
  const final = finalizedBy(state.tree);
  if (final !== null) {
    const outcome = finalize(state.tree, final);
    if (!outcome.ok) {
      // A third of the authorities misbehaved: nothing this node could sign would help, and finality must not revert (INV-16).
      const { reason } = outcome.refusal;
      ctx.log('error', 'two conflicting blocks are certified', { reason });
      ctx.tell(ctx.self, { type: 'EmergencyHaltRequest', source: 'node', reason, generation: null });
      return;
    }
    const { tree, finalized, orphaned } = outcome.value;
    state.tree = tree;
    for (const { root } of orphaned) {
      state.blocks.delete(root);
      ctx.log('info', 'a block was orphaned', { root });
    }
    for (const { root } of finalized) {
      const { block } = blockOf(state, root).signedBlock;
      const { pegIns, pegOuts } = block;
      recordMembers(state, block);
      for (const { outpoint } of pegIns) state.minted.add(outpoint);
      dropFinalPayouts(state, pegOuts);
    }
  }
  chooseChain(state, ctx);
  if (final !== null || headOf(state.tree) !== headBefore) persistPointers(state, ctx);
}

/**
 * The execution client's chain ends in the highest certified block, on which the next proposal builds: clients build on
 * their head alone, and never go back to an ancestor of it. What nobody has certified yet, no wallet sees.
 */
function chooseChain(state: ChainActorState, ctx: ChainCtx): void {
  const certified = blockOf(state, proposalParentOf(state.tree));
  const finalized = blockOf(state, state.tree.finalizedRoot).signedBlock.block;
  const choice = `${certified.root}:${state.tree.finalizedRoot}`;
  if (choice === state.choice) return;
  state.choice = choice;
  const { height, payload } = certified.signedBlock.block;
  ctx.tell(state.engine, {
    type: 'UpdateForkchoice',
    head: payload.blockHash,
    safe: payload.blockHash,
    finalized: finalized.payload.blockHash,
    headRoot: certified.root,
    headHeight: height,
    finalizedHeight: finalized.height,
  });
}

export const pointersOf = (state: ChainActorState): ChainPointers => ({
  headRoot: headOf(state.tree),
  finalizedRoot: state.tree.finalizedRoot,
  highCertificate: state.tree.highCertificate,
});

/** Written with the next change of head or finality when the member sets that finality brings are not on disk yet. */
export function persistPointers(state: ChainActorState, ctx: ChainCtx): void {
  if (!writeMembers(state, ctx)) return;
  ctx.ask(
    state.storage,
    {
      type: 'PersistPointers',
      key: `pointers:${nodeOf(state.tree, state.tree.finalizedRoot).height}`,
      pointers: pointersOf(state),
    },
    { timeoutMs: PERSIST_TIMEOUT_MS, onTimeout: { type: 'ChainTimeout', what: 'persist', key: 'pointers' } },
  );
}

/** Finality up to this height is on disk: bridge and engine are told of each block, in order, and old blocks leave memory. */
export function onPointersPersisted(state: ChainActorState, key: string, ctx: ChainCtx): void {
  const height = blockHeight(Number(key.slice('pointers:'.length)));
  if (height <= state.toldHeight) return;
  const told = [...state.blocks.values()]
    .filter(({ signedBlock: { block } }) => block.height > state.toldHeight && block.height <= height)
    .sort((a, b) => a.signedBlock.block.height - b.signedBlock.block.height);
  for (const block of told) tellFinal(state, block, ctx);
  state.toldHeight = height;
  for (const [root, { signedBlock }] of state.blocks) {
    if (signedBlock.block.height + BLOCKS_KEPT < height) state.blocks.delete(root);
  }
}

function tellFinal(
  state: ChainActorState,
  { root, signedBlock: { block }, totals }: ChainBlock | BlockRecord,
  ctx: ChainCtx,
): void {
  const message: FinalizeBlock = {
    type: 'FinalizeBlock',
    root,
    height: block.height,
    slot: block.slot,
    blockHash: block.payload.blockHash,
    pegIns: block.pegIns,
    pegOuts: block.pegOuts,
    federationUpdates: block.federationUpdates,
    mintedTotalSats: totals.mintedSats,
    burnedFeesTotalWei: totals.burnedFeesWei,
  };
  ctx.tell(state.bridge, message, { correlationId: `slot:${block.slot}` });
  ctx.tell(state.engine, message, { correlationId: `slot:${block.slot}` });
}

/** The chain stands: its newest final block is told again, which shows the bridge whether it has missed any before it. */
export function tellNewestFinal(state: ChainActorState, ctx: ChainCtx): void {
  const newest = state.blocks.get(state.tree.finalizedRoot);
  if (newest !== undefined && newest.signedBlock.block.height > 0) tellFinal(state, newest, ctx);
}

/** Bridge and engine are told of final blocks again, a page at a time, from where the bridge's own cursor stands. */
export function replayFinalized(state: ChainActorState, fromHeight: BlockHeight, ctx: ChainCtx): void {
  if (fromHeight > state.toldHeight) return;
  ctx.ask(
    state.storage,
    { type: 'ReadBlocks', key: `replay:${fromHeight}`, fromHeight, limit: REPLAY_PAGE },
    { timeoutMs: PERSIST_TIMEOUT_MS, onTimeout: { type: 'ChainTimeout', what: 'load', key: `replay:${fromHeight}` } },
  );
}

export function onReplayRead(state: ChainActorState, blocks: readonly BlockRecord[], ctx: ChainCtx): void {
  const final = blocks.filter(({ signedBlock }) => signedBlock.block.height <= state.toldHeight);
  for (const record of final) tellFinal(state, record, ctx);
  const last = final.at(-1);
  if (last !== undefined && final.length === REPLAY_PAGE)
    replayFinalized(state, blockHeight(last.signedBlock.block.height + 1), ctx);
}
