import { nodeOf } from '../../domain/consensus/block-tree.ts';
import { verifyCertificate } from '../../domain/consensus/certificate.ts';
import { headOf } from '../../domain/consensus/forkchoice.ts';
import { authorityOfSlot, quorum } from '../../domain/consensus/schedule.ts';
import { type BlockHeight, blockHeight } from '../../primitives/ids.ts';
import type { PeerStatus } from '../../ports/peers.ts';
import type { PeerStatusReceived, SlotTick, ValidatedBlockBatch } from '../../protocol/chain.ts';
import type { BatchImported } from '../../protocol/chain.ts';
import { authoritiesAt } from './authorities.ts';
import { noteBlockCertificate, settleFinality } from './finality.ts';
import { fail } from './failures.ts';
import { headBlockOf } from './startup.ts';
import { type ChainActorState, type ChainCtx, step } from './state.ts';

/** Gossip may take so many slots; a certified block that is still unknown after them has to be fetched. */
const GOSSIP_SLOTS = 2;
const MAX_SLOTS_SHOWN = 60;
/** Peers whose status is kept: the federation and its few public places. */
const MAX_PEERS = 64;

/** A slot has begun. */
export function onSlotTick(state: ChainActorState, { slot }: SlotTick, ctx: ChainCtx): void {
  // After the clock went back nothing is signed for a slot again.
  if (slot <= state.slot) return;
  state.slot = slot;
  for (const strip of state.slots) if (strip.outcome === 'pending') strip.outcome = 'missed';
  const height = blockHeight(headBlockOf(state).height + 1);
  const authorities = authoritiesAt(state, height);
  state.slots.push({ slot, authority: authorityOfSlot(slot, authorities.length), outcome: 'pending' });
  if (state.slots.length > MAX_SLOTS_SHOWN) state.slots.shift();
  state.due = { slot, trace: ctx.trace };
  const finalized = nodeOf(state.tree, state.tree.finalizedRoot);
  for (const [root, { signedBlock }] of state.waiting) {
    const { block } = signedBlock;
    // Nothing that stands on the finalized block has its height or its slot.
    if (block.height <= finalized.height || block.slot <= finalized.slot) state.waiting.delete(root);
  }
  checkProgress(state, ctx);
}

export function onPeerStatus(state: ChainActorState, { peer, status }: PeerStatusReceived, ctx: ChainCtx): void {
  if (status.networkHash !== state.args.networkHash) {
    ctx.log('error', 'a peer runs with other network parameters', { peer, networkHash: status.networkHash });
    return;
  }
  if (state.peerHeads.size >= MAX_PEERS && !state.peerHeads.has(peer)) return;
  if (status.highCertificate.slot > state.tree.highCertificate.slot) {
    if (!holds(state, status)) {
      ctx.tell(state.network, { type: 'PenalizePeer', peer, reason: 'its highest certificate is not a quorum’s' });
      return;
    }
    takeCertificate(state, status, ctx);
  }
  state.peerHeads.set(peer, status);
  checkProgress(state, ctx);
}

/** Whether a quorum signed what the peer says is certified: else anyone could make this node believe that it is behind. */
function holds(state: ChainActorState, { highCertificate, headHeight, finalizedHeight }: PeerStatus): boolean {
  const { network, networkHash, scheme } = state.args;
  const block = state.blocks.get(highCertificate.blockRoot)?.signedBlock.block;
  // The peer's certified block is between what is final for it and its head: of which set, its status doesn't say.
  const sets =
    block === undefined
      ? [
          authoritiesAt(state, finalizedHeight),
          ...network.authorities
            .filter(({ activationHeight }) => activationHeight > finalizedHeight && activationHeight <= headHeight)
            .map(({ members }) => members),
        ]
      : [authoritiesAt(state, block.height)];
  return sets.some((set) => verifyCertificate(highCertificate, set, scheme, networkHash, state.genesisRoot).ok);
}

/** A peer's highest certificate may be one whose votes never reached this node. */
function takeCertificate(state: ChainActorState, { highCertificate }: PeerStatus, ctx: ChainCtx): void {
  if (!state.blocks.has(highCertificate.blockRoot)) return;
  const headBefore = headOf(state.tree);
  noteBlockCertificate(state, highCertificate);
  settleFinality(state, headBefore, ctx);
}

/** The highest head of a peer that has certified what this node doesn't know; null when there is none. */
function missingUpTo(state: ChainActorState): BlockHeight | null {
  let target: BlockHeight | null = null;
  for (const { highCertificate, headHeight } of state.peerHeads.values()) {
    const ahead =
      highCertificate.slot > state.tree.highCertificate.slot && !state.blocks.has(highCertificate.blockRoot);
    if (ahead && highCertificate.slot + GOSSIP_SLOTS <= state.slot && (target === null || headHeight > target))
      target = headHeight;
  }
  return target;
}

/** Moves between Syncing and Active as the peers' heads tell. */
export function checkProgress(state: ChainActorState, ctx: ChainCtx): void {
  if (state.machine !== 'Active' && state.machine !== 'Syncing') return;
  const target = missingUpTo(state);
  if (target === null) {
    if (state.machine === 'Syncing' && !state.syncing && state.batch === null && heardQuorum(state)) {
      step(state, 'CaughtUp');
      ctx.log('info', 'caught up', { height: headBlockOf(state).height });
    }
    return;
  }
  if (state.machine === 'Active') step(state, 'FellBehind');
  // A batch that waits for the execution client is still the one to import next.
  if (state.syncing || state.batch !== null) return;
  state.syncing = true;
  const fromHeight = nodeOf(state.tree, state.tree.finalizedRoot).height;
  ctx.log('info', 'behind the best chain', { fromHeight, targetHeight: target });
  ctx.tell(
    state.sync,
    { type: 'SyncRequiredNotification', fromHeight, targetHeight: target },
    { correlationId: `sync:${fromHeight}-${target}` },
  );
}

/** With itself, this node has heard of a quorum's heads: it can't be the only one that doesn't know of a longer chain. */
function heardQuorum(state: ChainActorState): boolean {
  const { length } = authoritiesAt(state, headBlockOf(state).height);
  return state.slot > 0 && state.peerHeads.size + 1 >= quorum(length);
}

/** The sync is over: what the peers say now decides what comes next. Peers that gave nothing are asked again with the next slot. */
export function onSyncEnded(state: ChainActorState, failure: string | null, ctx: ChainCtx): void {
  state.syncing = false;
  if (failure !== null && state.machine === 'Syncing') fail(state, 'SyncError', { code: 'SYNC', reason: failure }, ctx);
  checkProgress(state, ctx);
}

export function onBatch(state: ChainActorState, message: ValidatedBlockBatch, ctx: ChainCtx): void {
  const to = ctx.replyTo<BatchImported>(message);
  const reached = nodeOf(state.tree, state.tree.finalizedRoot).height;
  if (state.machine !== 'Syncing' || state.batch !== null) {
    ctx.reply(to, {
      type: 'BatchImported',
      toHeight: reached,
      failure: { code: 'NOT_SYNCING', reason: 'no sync is under way' },
      peer: message.peer,
    });
    return;
  }
  state.batch = { peer: message.peer, to, remaining: [...message.blocks], reached };
}
