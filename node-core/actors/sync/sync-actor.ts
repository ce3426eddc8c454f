import { actorPolicies } from '../../config/supervision.ts';
import type { SignedBlock } from '../../domain/consensus/types.ts';
import { acceptBatch } from '../../domain/sync/batch.ts';
import {
  assignRanges,
  importedUpTo,
  isComplete,
  isStalled,
  nextToImport,
  planSync,
  raiseTarget,
  rangeFailed,
  rangeReceived,
  rangeRejected,
  type RangeRequest,
  type SyncPeer,
  type SyncPlan,
} from '../../domain/sync/plan.ts';
import type { Behaviour, Ctx } from '../../kernel/behaviour.ts';
import type { Trace } from '../../kernel/envelope.ts';
import type { Ref } from '../../kernel/ref.ts';
import { type BlockHeight, blockHeight } from '../../primitives/ids.ts';
import type { NodePorts } from '../../ports/node-ports.ts';
import { actorRef } from '../../protocol/actors.ts';
import type { BatchImported, ChainMessage } from '../../protocol/chain.ts';
import type { NetworkMessage } from '../../protocol/network.ts';
import type { BlockBatch, SyncMessage } from '../../protocol/sync.ts';
import type { SyncView } from '../../protocol/views.ts';

interface SyncState {
  readonly chain: Ref<ChainMessage>;
  readonly network: Ref<NetworkMessage>;
  plan: SyncPlan | null;
  peers: readonly SyncPeer[];
  /** Received and accepted blocks by the first height of their range; bounded by the plan's open ranges. */
  readonly received: Map<BlockHeight, readonly SignedBlock[]>;
  importing: RangeRequest | null;
  /** A stalled plan asks once for the peers' heads before it gives up. */
  askedForMore: boolean;
  /** The story of the sync that is under way. */
  trace: Trace | null;
}

type SyncCtx = Ctx<SyncMessage, Pick<NodePorts, 'peers'>>;

const PEERS_TIMEOUT_MS = 10_000;
const BLOCKS_TIMEOUT_MS = 15_000;
/** A hundred blocks are executed and written in less; a slower machine fails the sync and tries again. */
const IMPORT_TIMEOUT_MS = 300_000;

/** Sends on in the sync's own story. */
const inStory = (state: SyncState): { trace?: Trace } => (state.trace === null ? {} : { trace: state.trace });

function begin(state: SyncState, fromHeight: BlockHeight, targetHeight: BlockHeight, ctx: SyncCtx): void {
  if (state.plan !== null) {
    state.plan = raiseTarget(state.plan, targetHeight);
    return;
  }
  state.plan = planSync(blockHeight(fromHeight + 1), targetHeight);
  state.trace = ctx.trace;
  state.askedForMore = false;
  ctx.ask(
    state.network,
    { type: 'GetConnectedPeers' },
    { timeoutMs: PEERS_TIMEOUT_MS, onTimeout: { type: 'SyncTimeout', key: 'peers' } },
  );
}

/** Splits what is missing over the peers that have it. */
function download(state: SyncState, ctx: SyncCtx): void {
  if (state.plan === null) return;
  const { plan, requests } = assignRanges(state.plan, state.peers);
  state.plan = plan;
  if (requests.length > 0) ctx.tell(ctx.self, { type: 'ParallelBlockDownloadRequest', ranges: requests });
}

function requestBlocks({ from, to, peer }: RangeRequest, ctx: SyncCtx): void {
  const party = `Peer:${peer}`;
  ctx.call('peers', 'requestBlocks', [peer, from, to], {
    party,
    as: 'RequestBlocks',
    timeoutMs: BLOCKS_TIMEOUT_MS,
    done: (outcome) => ({
      type: 'BlockBatch',
      from,
      to,
      peer,
      blocks: outcome.ok ? outcome.value : null,
      failure: outcome.ok ? null : `${outcome.error.code}: ${outcome.error.reason}`,
    }),
  });
}

function onBatch(state: SyncState, { from, to, peer, blocks, failure }: BlockBatch, ctx: SyncCtx): void {
  if (state.plan === null) return;
  if (blocks === null) {
    ctx.log('warn', 'a peer did not give its blocks', { peer, from, to, reason: failure });
    state.plan = rangeFailed(state.plan, from, peer);
  } else {
    const accepted = acceptBatch({ from, to }, blocks, null);
    if (accepted.ok) {
      state.received.set(from, blocks);
      state.plan = rangeReceived(state.plan, from, peer, accepted.value.lastHeight);
    } else {
      const { code, reason } = accepted.refusal;
      state.plan = rangeFailed(state.plan, from, peer);
      ctx.log('warn', 'a peer gave wrong blocks', { peer, code, reason });
      if (code !== 'EMPTY_BATCH') ctx.tell(state.network, { type: 'PenalizePeer', peer, reason: `${code}: ${reason}` });
    }
  }
  importNext(state, ctx);
  ctx.tell(ctx.self, { type: 'CheckSyncProgress' });
}

/** Ranges are imported in the order of their heights, one at a time. */
function importNext(state: SyncState, ctx: SyncCtx): void {
  if (state.plan === null || state.importing !== null) return;
  const next = nextToImport(state.plan);
  if (next === null) return;
  const blocks = state.received.get(next.from);
  if (blocks === undefined) return;
  state.importing = next;
  ctx.ask(
    state.chain,
    { type: 'ValidatedBlockBatch', blocks, peer: next.peer },
    { timeoutMs: IMPORT_TIMEOUT_MS, onTimeout: { type: 'SyncTimeout', key: 'import' } },
  );
}

function onImported(state: SyncState, { toHeight, failure, peer }: BatchImported, ctx: SyncCtx): void {
  const { importing } = state;
  state.importing = null;
  if (state.plan === null || importing === null) return;
  state.received.delete(importing.from);
  state.plan = importedUpTo(state.plan, toHeight);
  if (failure?.code === 'NOT_SYNCING') {
    // ChainActor has caught up by gossip, or started anew: no peer's fault.
    fail(state, failure.reason, ctx);
    return;
  }
  if (failure !== null) {
    ctx.log('warn', 'a synced block was refused', { peer, code: failure.code, reason: failure.reason });
    const from = Math.max(importing.from, toHeight + 1);
    state.plan = rangeRejected(state.plan, blockHeight(from), importing.peer);
  }
  importNext(state, ctx);
  ctx.tell(ctx.self, { type: 'CheckSyncProgress' });
}

function checkProgress(state: SyncState, ctx: SyncCtx): void {
  const { plan } = state;
  if (plan === null || state.importing !== null) return;
  if (isComplete(plan)) {
    ctx.tell(state.chain, { type: 'SyncCompleted', height: plan.targetHeight }, inStory(state));
    end(state);
    return;
  }
  if (!isStalled(plan, state.peers)) {
    download(state, ctx);
    return;
  }
  if (state.askedForMore) {
    fail(state, 'no peer gives the missing blocks', ctx);
    return;
  }
  state.askedForMore = true;
  ctx.ask(
    state.network,
    { type: 'RequestMoreBlocks', fromHeight: plan.nextHeight },
    { timeoutMs: PEERS_TIMEOUT_MS, onTimeout: { type: 'SyncTimeout', key: 'peers' } },
  );
}

function fail(state: SyncState, reason: string, ctx: SyncCtx): void {
  ctx.tell(state.chain, { type: 'SyncFailed', reason }, inStory(state));
  end(state);
}

function end(state: SyncState): void {
  state.plan = null;
  state.importing = null;
  state.trace = null;
  state.received.clear();
}

function receive(state: SyncState, message: SyncMessage, ctx: SyncCtx): SyncState {
  switch (message.type) {
    case 'SyncRequiredNotification':
      begin(state, message.fromHeight, message.targetHeight, ctx);
      return state;
    case 'GovernanceSyncRequest':
      // Governance's word is a hint to look again; heads and certificates of the peers decide what is missing.
      ctx.ask(
        state.network,
        { type: 'RequestMoreBlocks', fromHeight: blockHeight(0) },
        { timeoutMs: PEERS_TIMEOUT_MS, onTimeout: { type: 'SyncTimeout', key: 'governance' } },
      );
      return state;
    case 'PeerList':
      state.peers = message.peers;
      if (state.plan !== null) ctx.tell(ctx.self, { type: 'CheckSyncProgress' });
      return state;
    case 'ParallelBlockDownloadRequest':
      for (const range of message.ranges) requestBlocks(range, ctx);
      return state;
    case 'BlockBatch':
      onBatch(state, message, ctx);
      return state;
    case 'BatchImported':
      onImported(state, message, ctx);
      return state;
    case 'CheckSyncProgress':
      checkProgress(state, ctx);
      return state;
    case 'SyncTimeout':
      if (message.key !== 'governance' && state.plan !== null) fail(state, `no answer: ${message.key}`, ctx);
      return state;
  }
}

/** Owns what is missing and who is asked for it. Does not own what a valid block is (ChainActor) nor who is connected (NetworkActor). */
export const syncActor: Behaviour<SyncState, SyncMessage, undefined, Pick<NodePorts, 'peers'>> = {
  name: 'SyncActor',
  ...actorPolicies.SyncActor,
  init: (_args, ctx) => ({
    chain: actorRef(ctx, 'ChainActor'),
    network: actorRef(ctx, 'NetworkActor'),
    plan: null,
    peers: [],
    received: new Map(),
    importing: null,
    askedForMore: false,
    trace: null,
  }),
  receive,
  view: ({ plan }): SyncView => ({
    state: plan === null ? 'Idle' : 'Syncing',
    targetHeight: plan?.targetHeight ?? null,
    importedHeight: plan === null ? null : plan.nextHeight - 1,
    ranges: (plan?.ranges ?? []).flatMap(({ from, to, peer, status }) =>
      status === 'waiting' || peer === null ? [] : [{ from, to, peer, status }],
    ),
  }),
};
