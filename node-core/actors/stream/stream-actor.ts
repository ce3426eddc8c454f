import { actorPolicies } from '../../config/supervision.ts';
import { scheduleEntryAt } from '../../domain/federation/address.ts';
import { initialLink } from '../../domain/governance/link.ts';
import type { Behaviour } from '../../kernel/behaviour.ts';
import { CascadingError } from '../../primitives/errors.ts';
import { blockHeight, epoch, memberIndex } from '../../primitives/ids.ts';
import type { NodePorts } from '../../ports/node-ports.ts';
import { actorRef } from '../../protocol/actors.ts';
import type { StreamMessage } from '../../protocol/stream.ts';
import type { StreamView } from '../../protocol/views.ts';
import { connect, heartbeat, onLinkEvent, onLinkLost } from './link.ts';
import { onApprovalRequest, onApprovalResponse } from './approvals.ts';
import { onRequestEnded, onRequestExpired, sendPending, withdrawPending } from './requests.ts';
import { onSignatureRequest, onSignatureResponse } from './signatures.ts';
import {
  SEEN_KEY,
  askChainStatus,
  onChainStatus,
  onGovernanceMessage,
  onHaltApplied,
  onSeenPersisted,
  onSeenRead,
} from './routing.ts';
import type { StreamActorState, StreamArgs, StreamCtx } from './state.ts';

export type { StreamArgs };

const LOAD_TIMEOUT_MS = 40_000;

function init(args: StreamArgs, ctx: StreamCtx): StreamActorState {
  const { governance } = args.network;
  const state: StreamActorState = {
    args,
    chain: actorRef(ctx, 'ChainActor'),
    bridge: actorRef(ctx, 'BridgeActor'),
    sync: actorRef(ctx, 'SyncActor'),
    engine: actorRef(ctx, 'EngineActor'),
    storage: actorRef(ctx, 'StorageActor'),
    link: initialLink,
    roundTripMs: null,
    schedule: governance,
    epoch: epoch(scheduleEntryAt(governance, blockHeight(0))?.epoch ?? 0),
    sets: new Map(),
    seen: null,
    halted: false,
    approvals: new Map(),
    signatures: new Map(),
    accepted: new Map(),
    acknowledging: new Map(),
    unanswered: 0,
    lastAnswers: new Map(),
    recent: [],
    nextKey: 1,
  };
  ctx.ask(
    state.storage,
    { type: 'GetValue', key: SEEN_KEY, name: SEEN_KEY },
    { timeoutMs: LOAD_TIMEOUT_MS, onTimeout: { type: 'StreamTimeout', what: 'seen', key: SEEN_KEY } },
  );
  ctx.tell(state.bridge, { type: 'RequestFederationSchedule' });
  connect(state, ctx);
  return state;
}

function receive(state: StreamActorState, message: StreamMessage, ctx: StreamCtx): StreamActorState {
  switch (message.type) {
    case 'GovernanceApprovalRequest':
      onApprovalRequest(state, message, ctx);
      break;
    case 'RequestFederationSignatures':
      onSignatureRequest(state, message, ctx);
      break;
    case 'ApprovalResponse':
      onApprovalResponse(state, message, ctx);
      break;
    case 'SignatureResponse':
      onSignatureResponse(state, message, ctx);
      break;
    case 'ApprovalEnded':
      onRequestEnded(state.approvals.get(message.outpoint));
      break;
    case 'SignaturesEnded':
      onRequestEnded(state.signatures.get(message.txid));
      break;
    case 'RequestExpired':
      onRequestExpired(state, message, ctx);
      break;
    case 'FederationSchedule':
      state.schedule = message.schedule;
      state.epoch = message.activeEpoch;
      state.sets.clear();
      break;
    case 'HaltChanged':
      state.halted = message.halted;
      if (message.halted) withdrawPending(state, ctx);
      else sendPending(state, ctx);
      break;
    case 'GovernanceLink':
      onLinkEvent(state, message, ctx);
      break;
    case 'GovernanceMessage':
      onGovernanceMessage(state, message.event.message, ctx);
      break;
    case 'GovernanceLinkEnded':
      onLinkLost(state, message.reason, ctx);
      break;
    case 'ReconnectDue':
      connect(state, ctx);
      break;
    case 'HeartbeatDue':
      heartbeat(state, ctx);
      break;
    case 'ReportChainStatus':
      askChainStatus(state, null, ctx);
      break;
    case 'ChainStatusResponse':
      onChainStatus(state, message, ctx);
      break;
    case 'HaltApplied':
      onHaltApplied(state, message, ctx);
      break;
    case 'SentToGovernance':
      if (message.failure !== null)
        ctx.log('warn', 'governance was not reached', { what: message.what, reason: message.failure });
      break;
    case 'ValueRead':
      onSeenRead(state, message.value);
      break;
    case 'ValuePut':
      onSeenPersisted(state, message.key, null, ctx);
      break;
    case 'StorageFailure':
      onStoreFailed(state, message.key, `${message.code}: ${message.reason}`, ctx);
      break;
    case 'StreamTimeout':
      if (message.what === 'seen') onStoreFailed(state, message.key, 'the store did not answer', ctx);
      else ctx.log('warn', 'the chain did not answer', { what: message.what, key: message.key });
      break;
    default:
      ctx.log('warn', 'unexpected message', { type: message.type });
  }
  return state;
}

/** Without the ids of earlier messages nothing can be told from a replay: the supervisor starts this actor again. */
function onStoreFailed(state: StreamActorState, key: string, reason: string, ctx: StreamCtx): void {
  if (key === SEEN_KEY)
    throw new CascadingError('STREAM_LOAD', `the ids of accepted messages could not be read: ${reason}`);
  onSeenPersisted(state, key, reason, ctx);
}

function view(state: StreamActorState): StreamView {
  const { link, args } = state;
  const entry = state.schedule.find((candidate) => candidate.epoch === state.epoch);
  const waiting = link.circuit === 'open' ? 'circuitOpen' : 'waiting';
  return {
    link: link.connectedSinceMs !== null ? 'connected' : link.nextAttemptMs === null ? 'connecting' : waiting,
    endpoint: args.local.governance.address,
    epoch: state.epoch,
    connectedSinceMs: link.connectedSinceMs,
    nextAttemptMs: link.nextAttemptMs,
    failures: link.failures,
    roundTripMs: state.roundTripMs,
    pendingApprovals: state.approvals.size,
    pendingSignatures: state.signatures.size,
    members: (entry?.members ?? []).map(({ name }, member) => ({
      member,
      name,
      lastAnswerMs: state.lastAnswers.get(memberIndex(member)) ?? null,
    })),
    recent: state.recent,
  };
}

/** The link to governance: asks members on behalf of the operations, and brings what governance sends to whom it concerns. */
export const streamActor: Behaviour<StreamActorState, StreamMessage, StreamArgs, Pick<NodePorts, 'governance'>> = {
  name: 'StreamActor',
  ...actorPolicies.StreamActor,
  control: ['HaltChanged'],
  init,
  receive,
  view,
};
