import { verifyGovernanceMessage } from '../../domain/governance/authority.ts';
import type { SignedGovernanceMessage } from '../../domain/governance/message.ts';
import { remember, type SeenMessages } from '../../domain/governance/seen.ts';
import type { FederationUpdate } from '../../domain/consensus/types.ts';
import { assert, unreachable } from '../../primitives/assert.ts';
import type { GovernanceMessage } from '../../ports/governance.ts';
import type { ChainStatusResponse, HaltApplied } from '../../protocol/chain.ts';
import { acknowledge, sent } from './link.ts';
import { membersOf } from './members.ts';
import { note } from './recent.ts';
import type { AcceptedMessage, StreamActorState, StreamCtx } from './state.ts';

export const SEEN_KEY = 'stream.seen';
const STORE_TIMEOUT_MS = 40_000;
const CHAIN_TIMEOUT_MS = 10_000;
const SEND_TIMEOUT_MS = 10_000;

/** What governance sends of itself: authenticated, its id on disk, then on its way (flow 5). What is refused is recorded and has no effect. */
export function onGovernanceMessage(state: StreamActorState, message: GovernanceMessage, ctx: StreamCtx): void {
  switch (message.kind) {
    case 'error':
      note(state, ctx.nowMs, 'in', message.kind, message.code);
      ctx.log('warn', 'governance reports an error', { code: message.code, reason: message.reason });
      return;
    case 'chainStatusRequest':
      note(state, ctx.nowMs, 'in', message.kind, message.requestId);
      askChainStatus(state, message.requestId, ctx);
      return;
    default:
      judge(state, message, ctx);
  }
}

function judge(state: StreamActorState, message: SignedGovernanceMessage, ctx: StreamCtx): void {
  const { messageId } = message.authority;
  const refusal = refusalOf(state, message, ctx.nowMs);
  note(state, ctx.nowMs, 'in', message.kind, refusal ?? 'accepted');
  if (refusal !== null) {
    ctx.log('warn', 'a governance message was refused', { kind: message.kind, messageId, reason: refusal });
    acknowledge(messageId, false, refusal, ctx);
    return;
  }
  const accepted: AcceptedMessage = { message, trace: ctx.trace };
  // A halt waits for nothing; a second copy of it changes nothing.
  if (message.kind === 'emergencyHalt') {
    route(state, accepted, ctx);
    return;
  }
  state.seen = remember(state.seen ?? [], message, ctx.nowMs);
  const key = `seen:${state.nextKey++}`;
  state.accepted.set(key, accepted);
  ctx.ask(
    state.storage,
    { type: 'PutValue', key, name: SEEN_KEY, value: JSON.stringify(state.seen) },
    { timeoutMs: STORE_TIMEOUT_MS, onTimeout: { type: 'StreamTimeout', what: 'seen', key } },
  );
}

function refusalOf(state: StreamActorState, message: SignedGovernanceMessage, nowMs: number): string | null {
  const set = membersOf(state, state.epoch);
  if (set === null) return 'the member set is not known';
  // Before the ids of earlier messages are read a replay could not be told; a halt needs no memory.
  if (state.seen === null && message.kind !== 'emergencyHalt') return 'this node is starting';
  const { networkHash } = state.args;
  const context = { networkHash, members: set.members, epoch: state.epoch, nowMs, seen: state.seen ?? [] };
  const verified = verifyGovernanceMessage(message, context);
  return verified.ok ? null : `${verified.refusal.code}: ${verified.refusal.reason}`;
}

/** The id is on disk: the message takes effect, at most once. */
export function onSeenPersisted(state: StreamActorState, key: string, failure: string | null, ctx: StreamCtx): void {
  const accepted = state.accepted.get(key);
  state.accepted.delete(key);
  if (accepted === undefined) return;
  if (failure === null) {
    route(state, accepted, ctx);
    return;
  }
  ctx.log('error', 'a governance message could not be written down', { kind: accepted.message.kind, failure });
  acknowledge(accepted.message.authority.messageId, false, failure, ctx);
}

export function onSeenRead(state: StreamActorState, value: string | null): void {
  state.seen = value === null ? [] : (JSON.parse(value) as SeenMessages);
}

function route(state: StreamActorState, { message, trace }: AcceptedMessage, ctx: StreamCtx): void {
  const { messageId } = message.authority;
  const options = { trace };
  switch (message.kind) {
    case 'blockProposal':
      ctx.tell(state.chain, { type: 'GovernanceBlockProposal', signedBlock: message.signedBlock }, options);
      break;
    case 'federationUpdate':
      ctx.tell(state.bridge, { type: 'FederationConfigUpdate', update: updateOf(message) }, options);
      break;
    case 'syncRequest':
      ctx.tell(state.sync, { type: 'GovernanceSyncRequest', targetHeight: message.targetHeight }, options);
      break;
    case 'configUpdate':
      ctx.tell(state.engine, { type: 'UpdateExecutionConfig', config: message.config }, options);
      break;
    case 'emergencyHalt':
    case 'resume': {
      const { generation, reason } = message;
      const type = message.kind === 'resume' ? 'ResumeRequest' : 'EmergencyHaltRequest';
      const timeout = { type: 'StreamTimeout', what: 'halt', key: messageId } as const;
      state.acknowledging.set(trace.correlationId, messageId);
      ctx.ask(
        state.chain,
        { type, source: 'governance', reason, generation },
        { ...options, timeoutMs: CHAIN_TIMEOUT_MS, onTimeout: timeout },
      );
      return;
    }
    default:
      unreachable(message);
  }
  acknowledge(messageId, true, null, ctx);
}

/** As blocks hold it. */
function updateOf({
  update,
  authority: { messageId, epoch, expiresAtMs, signatures },
}: Extract<SignedGovernanceMessage, { readonly kind: 'federationUpdate' }>): FederationUpdate {
  assert(expiresAtMs !== null, 'an accepted update has an expiry');
  return { update, messageId, epoch, expiresAtMs, signatures };
}

/** ChainActor has written a halt or its end down, or says why not. */
export function onHaltApplied(state: StreamActorState, { failure }: HaltApplied, ctx: StreamCtx): void {
  const { correlationId } = ctx.trace;
  const messageId = state.acknowledging.get(correlationId);
  state.acknowledging.delete(correlationId);
  if (messageId !== undefined) acknowledge(messageId, failure === null, failure, ctx);
}

export function askChainStatus(state: StreamActorState, requestId: string | null, ctx: StreamCtx): void {
  ctx.ask(
    state.chain,
    { type: 'RequestChainStatus', requestId },
    { timeoutMs: CHAIN_TIMEOUT_MS, onTimeout: { type: 'StreamTimeout', what: 'status', key: requestId ?? '' } },
  );
}

export function onChainStatus(state: StreamActorState, { report }: ChainStatusResponse, ctx: StreamCtx): void {
  note(state, ctx.nowMs, 'out', 'chainStatusUpdate', `height ${report.headHeight}`);
  ctx.call('governance', 'reportStatus', [report], {
    party: 'GovernanceNodes',
    as: 'ChainStatusUpdate',
    timeoutMs: SEND_TIMEOUT_MS,
    done: sent('chainStatusUpdate'),
  });
}
