import { actorPolicies } from '../../config/supervision.ts';
import type { Behaviour, Ctx, PortOutcome } from '../../kernel/behaviour.ts';
import type { Ref, ReplyTo } from '../../kernel/ref.ts';
import { NetworkError } from '../../primitives/errors.ts';
import type { BlockHeight } from '../../primitives/ids.ts';
import type { NodePorts } from '../../ports/node-ports.ts';
import type { PeerEvent, PeerId } from '../../ports/peers.ts';
import { actorRef } from '../../protocol/actors.ts';
import type { ChainMessage } from '../../protocol/chain.ts';
import type { EngineMessage } from '../../protocol/engine.ts';
import type { NetworkMessage, PeerList } from '../../protocol/network.ts';
import type { StorageMessage } from '../../protocol/storage.ts';
import type { NetworkView } from '../../protocol/views.ts';

export interface NetworkArgs {
  readonly peerId: PeerId;
  readonly listen: readonly string[];
  /** Names of the authorities' peers, for the operator. */
  readonly names: Readonly<Record<PeerId, string>>;
  readonly slotDurationMs: number;
}

interface Peer {
  readonly address: string;
  readonly direction: 'inbound' | 'outbound';
  readonly connectedAtMs: number;
  headHeight: BlockHeight | null;
  latencyMs: number | null;
}

interface NetworkState {
  readonly args: NetworkArgs;
  readonly chain: Ref<ChainMessage>;
  readonly engine: Ref<EngineMessage>;
  readonly storage: Ref<StorageMessage>;
  readonly peers: Map<PeerId, Peer>;
  /** Askers of `RequestMoreBlocks`, answered when every peer's status is in. */
  readonly waitingForStatus: Set<PeerId>;
  moreBlocks: ReplyTo<PeerList>[];
}

type NetworkCtx = Ctx<NetworkMessage, Pick<NodePorts, 'peers'>>;

const PEER_TIMEOUT_MS = 10_000;
/** Source: protocol.md, encodings: at most 1024 blocks in a sync request. */
const MAX_BLOCKS = 1024;

const failureOf = (outcome: PortOutcome<unknown>): string | null =>
  outcome.ok ? null : `${outcome.error.code}: ${outcome.error.reason}`;

const published =
  (what: Extract<NetworkMessage, { type: 'Published' }>['what']) =>
  (outcome: PortOutcome<unknown>): NetworkMessage => ({ type: 'Published', what, failure: failureOf(outcome) });

/** The story that a peer's message belongs to. */
function storyOf(event: PeerEvent): string | undefined {
  switch (event.kind) {
    case 'block':
      return `slot:${event.signedBlock.block.slot}`;
    case 'vote':
      return `slot:${event.vote.slot}`;
    default:
      return undefined;
  }
}

function listen(ctx: NetworkCtx): void {
  ctx.open('peers', 'events', [], {
    key: 'events',
    party: 'Peers',
    as: 'ListenToPeers',
    item: (event) => ({ type: 'PeerEventReceived', event }),
    end: (outcome) => ({ type: 'PeerEventsEnded', reason: failureOf(outcome) ?? 'closed' }),
    from: (message) => (message.type === 'PeerEventReceived' ? `Peer:${message.event.peer}` : undefined),
    correlate: (message) => (message.type === 'PeerEventReceived' ? storyOf(message.event) : undefined),
  });
}

function askStatus(peer: PeerId, ctx: NetworkCtx): void {
  const sentMs = ctx.nowMs;
  ctx.call('peers', 'requestStatus', [peer], {
    party: `Peer:${peer}`,
    as: 'RequestStatus',
    timeoutMs: PEER_TIMEOUT_MS,
    done: (outcome) => ({
      type: 'PeerStatusRead',
      peer,
      status: outcome.ok ? outcome.value : null,
      sentMs,
      failure: failureOf(outcome),
    }),
  });
}

function onPeerEvent(state: NetworkState, event: PeerEvent, ctx: NetworkCtx): void {
  switch (event.kind) {
    case 'connected':
      state.peers.set(event.peer, {
        address: event.address,
        direction: event.direction,
        connectedAtMs: ctx.nowMs,
        headHeight: null,
        latencyMs: null,
      });
      ctx.log('info', 'peer connected', { peer: event.peer });
      askStatus(event.peer, ctx);
      ctx.tell(state.engine, { type: 'ShareTransactions' });
      return;
    case 'disconnected':
      state.peers.delete(event.peer);
      settleStatus(state, event.peer, ctx);
      ctx.log('info', 'peer disconnected', { peer: event.peer });
      return;
    case 'block':
      ctx.tell(state.chain, { type: 'ProcessBlock', signedBlock: event.signedBlock, peer: event.peer });
      return;
    case 'vote':
      ctx.tell(state.chain, { type: 'ProcessVote', vote: event.vote, peer: event.peer });
      return;
    case 'transaction':
      ctx.tell(state.engine, { type: 'ImportTransaction', raw: event.raw });
      return;
    case 'refused':
      ctx.log('warn', 'peer refused', { peer: event.peer, reason: event.reason });
      return;
    case 'statusRequest':
      ctx.ask(
        state.chain,
        { type: 'RequestPeerStatus', requestId: event.requestId },
        { timeoutMs: PEER_TIMEOUT_MS, onTimeout: { type: 'NetworkTimeout', key: `status:${event.requestId}` } },
      );
      return;
    case 'blocksRequest':
      ctx.ask(
        state.storage,
        {
          type: 'ReadBlocks',
          key: `blocks:${event.requestId}`,
          fromHeight: event.fromHeight,
          limit: Math.min(MAX_BLOCKS, Math.max(1, event.toHeight - event.fromHeight + 1)),
        },
        { timeoutMs: PEER_TIMEOUT_MS, onTimeout: { type: 'NetworkTimeout', key: `blocks:${event.requestId}` } },
      );
      return;
  }
}

const peerList = (state: NetworkState): PeerList => ({
  type: 'PeerList',
  peers: [...state.peers].flatMap(([peer, { headHeight }]) => (headHeight === null ? [] : [{ peer, headHeight }])),
});

/** One more peer answered, or left: the askers get the list when nobody is waited for any more. */
function settleStatus(state: NetworkState, peer: PeerId, ctx: NetworkCtx): void {
  state.waitingForStatus.delete(peer);
  if (state.waitingForStatus.size > 0) return;
  const list = peerList(state);
  for (const to of state.moreBlocks) ctx.reply(to, list);
  state.moreBlocks = [];
}

function receive(state: NetworkState, message: NetworkMessage, ctx: NetworkCtx): NetworkState {
  switch (message.type) {
    case 'PropagateBlock':
      ctx.call('peers', 'publishBlock', [message.signedBlock], {
        party: 'Peers',
        as: 'BroadcastBlock',
        timeoutMs: PEER_TIMEOUT_MS,
        done: published('block'),
      });
      return state;
    case 'PropagateVote':
      ctx.call('peers', 'publishVote', [message.vote], {
        party: 'Peers',
        as: 'BroadcastVote',
        timeoutMs: PEER_TIMEOUT_MS,
        done: published('vote'),
      });
      return state;
    case 'PropagateTransaction':
      ctx.call('peers', 'publishTransaction', [message.raw], {
        party: 'Peers',
        as: 'BroadcastTransaction',
        timeoutMs: PEER_TIMEOUT_MS,
        done: published('transaction'),
      });
      return state;
    case 'GetConnectedPeers':
      ctx.reply(ctx.replyTo<PeerList>(message), peerList(state));
      return state;
    case 'RequestMoreBlocks':
      state.moreBlocks.push(ctx.replyTo<PeerList>(message));
      for (const peer of state.peers.keys()) {
        state.waitingForStatus.add(peer);
        askStatus(peer, ctx);
      }
      if (state.peers.size === 0) settleStatus(state, '', ctx);
      return state;
    case 'PenalizePeer':
      ctx.log('warn', 'peer disconnected for wrong answers', { peer: message.peer, reason: message.reason });
      ctx.call('peers', 'disconnect', [message.peer], {
        party: `Peer:${message.peer}`,
        as: 'Disconnect',
        timeoutMs: PEER_TIMEOUT_MS,
        done: published('disconnect'),
      });
      return state;
    case 'PeerEventReceived':
      onPeerEvent(state, message.event, ctx);
      return state;
    case 'PeerEventsEnded':
      throw new NetworkError('PEER_EVENTS_ENDED', `the peer network no longer delivers: ${message.reason}`);
    case 'PeerStatusRead': {
      const peer = state.peers.get(message.peer);
      if (peer !== undefined && message.status !== null) {
        peer.headHeight = message.status.headHeight;
        peer.latencyMs = ctx.nowMs - message.sentMs;
        ctx.tell(state.chain, { type: 'PeerStatusReceived', peer: message.peer, status: message.status });
      }
      settleStatus(state, message.peer, ctx);
      return state;
    }
    case 'PeerStatusResponse':
      ctx.call('peers', 'answerStatus', [message.requestId, message.status], {
        party: 'Peers',
        as: 'AnswerStatus',
        timeoutMs: PEER_TIMEOUT_MS,
        done: published('answer'),
      });
      return state;
    case 'BlocksRead':
      ctx.call(
        'peers',
        'answerBlocks',
        [Number(message.key.slice('blocks:'.length)), message.blocks.map(({ signedBlock }) => signedBlock)],
        {
          party: 'Peers',
          as: 'AnswerBlocks',
          timeoutMs: PEER_TIMEOUT_MS,
          done: published('answer'),
        },
      );
      return state;
    case 'StatusDue':
      for (const peer of state.peers.keys()) askStatus(peer, ctx);
      ctx.timer('status', state.args.slotDurationMs, { type: 'StatusDue' });
      return state;
    case 'Published':
      // No peers is a state that the operator sees in the list of peers; anything else is worth a line.
      if (message.failure !== null) ctx.log('debug', 'not sent', { what: message.what, reason: message.failure });
      return state;
    case 'NetworkTimeout':
    case 'StorageFailure':
      ctx.log('warn', 'a peer goes unanswered', { request: message.key });
      return state;
  }
}

/** Owns who is connected and what each peer last said of itself. Does not own connections, scores or gossip: the adapter does. */
export const networkActor: Behaviour<NetworkState, NetworkMessage, NetworkArgs, Pick<NodePorts, 'peers'>> = {
  name: 'NetworkActor',
  ...actorPolicies.NetworkActor,
  init: (args, ctx) => {
    listen(ctx);
    ctx.timer('status', args.slotDurationMs, { type: 'StatusDue' });
    return {
      args,
      chain: actorRef(ctx, 'ChainActor'),
      engine: actorRef(ctx, 'EngineActor'),
      storage: actorRef(ctx, 'StorageActor'),
      peers: new Map(),
      waitingForStatus: new Set(),
      moreBlocks: [],
    };
  },
  receive,
  view: (state): NetworkView => ({
    peerId: state.args.peerId,
    listen: state.args.listen,
    peers: [...state.peers].map(([peer, { address, direction, headHeight, latencyMs, connectedAtMs }]) => ({
      peer,
      name: state.args.names[peer] ?? null,
      address,
      direction,
      headHeight,
      latencyMs,
      connectedAtMs,
    })),
  }),
};
