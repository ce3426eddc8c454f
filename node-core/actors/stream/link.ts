import { linkAttempted, linkLost, linkOpened, probeAnswered } from '../../domain/governance/link.ts';
import type { GovernanceLink, SentToGovernance, StreamMessage } from '../../protocol/stream.ts';
import type { GovernanceLinkEvent } from '../../ports/governance.ts';
import { note } from './recent.ts';
import { sendPending, withdrawPending } from './requests.ts';
import type { StreamActorState, StreamCtx } from './state.ts';

const party = 'GovernanceNodes';
const SEND_TIMEOUT_MS = 10_000;
/** A link that lets so many heartbeats go unanswered is half open: it is dropped. */
const MAX_UNANSWERED = 2;

export function connect(state: StreamActorState, ctx: StreamCtx): void {
  state.link = linkAttempted(state.link);
  state.unanswered = 0;
  ctx.open('governance', 'link', [], {
    key: 'link',
    party,
    as: 'OpenGovernanceStream',
    correlationId: `governance-link:${ctx.nowMs}`,
    item: toMessage,
    end: (outcome) => ({
      type: 'GovernanceLinkEnded',
      reason: outcome.ok ? 'governance closed the link' : `${outcome.error.code}: ${outcome.error.reason}`,
    }),
    correlate: storyOf,
  });
}

const toMessage = (event: GovernanceLinkEvent): StreamMessage =>
  event.kind === 'message' ? { type: 'GovernanceMessage', event } : { type: 'GovernanceLink', event };

/** Each message of governance begins a story of its own; a replayed one joins that of the first. */
function storyOf(message: StreamMessage): string | undefined {
  if (message.type !== 'GovernanceMessage') return undefined;
  const { message: received } = message.event;
  if ('authority' in received) return `governance:${received.authority.messageId}`;
  return received.kind === 'chainStatusRequest' ? `governance:${received.requestId}` : undefined;
}

export function onLinkEvent(state: StreamActorState, { event }: GovernanceLink, ctx: StreamCtx): void {
  switch (event.kind) {
    case 'registered':
      state.link = linkOpened(state.link, ctx.nowMs);
      note(state, ctx.nowMs, 'in', 'registered', `epoch ${event.epoch}`);
      ctx.log('info', 'governance took the registration', { sessionId: event.sessionId, epoch: event.epoch });
      if (event.epoch !== state.epoch) {
        ctx.log('warn', 'governance is in another epoch', { its: event.epoch, ours: state.epoch });
      }
      heartbeat(state, ctx);
      sendPending(state, ctx);
      return;
    case 'heartbeatAcked':
      state.link = probeAnswered(state.link);
      state.roundTripMs = event.roundTripMs;
      state.unanswered = 0;
      // The probes of a circuit that is half open follow each other; when it has closed, what waits goes out.
      if (state.link.circuit === 'halfOpen') heartbeat(state, ctx);
      else sendPending(state, ctx);
      return;
    case 'message':
      return;
  }
}

/** Says that this node lives, and sees that the link does. */
export function heartbeat(state: StreamActorState, ctx: StreamCtx): void {
  if (state.link.connectedSinceMs === null) return;
  if (state.unanswered >= MAX_UNANSWERED) {
    ctx.close('link');
    onLinkLost(state, 'heartbeats were not answered', ctx);
    return;
  }
  state.unanswered++;
  ctx.timer('heartbeat', state.args.local.governance.heartbeatMs, { type: 'HeartbeatDue' });
  ctx.call('governance', 'heartbeat', [], {
    party,
    as: 'Heartbeat',
    timeoutMs: SEND_TIMEOUT_MS,
    done: sent('heartbeat'),
  });
}

/** The policy says when to try again. */
export function onLinkLost(state: StreamActorState, reason: string, ctx: StreamCtx): void {
  state.link = linkLost(state.link, ctx.nowMs, ctx.random());
  state.roundTripMs = null;
  const { nextAttemptMs, failures, circuit } = state.link;
  note(state, ctx.nowMs, 'in', 'linkLost', reason);
  ctx.log('warn', 'the link to governance is lost', { reason, failures, circuit, nextAttemptMs });
  ctx.cancelTimer('heartbeat');
  withdrawPending(state, ctx);
  ctx.timer('reconnect', Math.max(0, (nextAttemptMs ?? ctx.nowMs) - ctx.nowMs), { type: 'ReconnectDue' });
}

export const sent =
  (what: string) =>
  (
    outcome: { readonly ok: true } | { readonly ok: false; readonly error: { readonly reason: string } },
  ): SentToGovernance => ({
    type: 'SentToGovernance',
    what,
    failure: outcome.ok ? null : outcome.error.reason,
  });

export function acknowledge(messageId: string, applied: boolean, reason: string | null, ctx: StreamCtx): void {
  ctx.call('governance', 'acknowledge', [messageId, applied, reason], {
    party,
    as: 'Acknowledge',
    timeoutMs: SEND_TIMEOUT_MS,
    done: sent('acknowledgement'),
  });
}
