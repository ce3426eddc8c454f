import { approvalDigest } from '../../domain/federation/approval.ts';
import { verifySignature } from '../../domain/federation/schnorr.ts';
import { mayRequest } from '../../domain/governance/link.ts';
import { memberIndex } from '../../primitives/ids.ts';
import type {
  ApprovalProgress,
  ApprovalResponse,
  GovernanceApproval,
  GovernanceApprovalRequest,
  RequestExpired,
} from '../../protocol/stream.ts';
import { membersOf } from './members.ts';
import { approvalKey, finish, makeRoom, party, reasonsOf } from './pending.ts';
import { note } from './recent.ts';
import type { PendingApproval, StreamActorState, StreamCtx } from './state.ts';

export function onApprovalRequest(state: StreamActorState, message: GovernanceApprovalRequest, ctx: StreamCtx): void {
  const { request } = message;
  const asked = state.approvals.get(request.outpoint);
  // The members have changed since: what the former ones have not answered by now the present ones are asked.
  if (asked !== undefined && asked.request.epoch !== request.epoch)
    finish(state.approvals, request.outpoint, approvalKey(request.outpoint), ctx);
  const known = state.approvals.get(request.outpoint);
  const pending: PendingApproval = known ?? {
    request,
    trace: ctx.trace,
    askers: new Map(),
    answers: new Map(),
    open: false,
  };
  pending.askers.set(ctx.sender, ctx.replyTo<GovernanceApproval | ApprovalProgress>(message));
  if (known === undefined) {
    makeRoom(state.approvals, approvalKey, ctx);
    state.approvals.set(request.outpoint, pending);
  }
  const expired: RequestExpired = { type: 'RequestExpired', what: 'approval', key: request.outpoint };
  ctx.timer(approvalKey(request.outpoint), state.args.local.governance.requestTimeoutMs, expired);
  sendApproval(state, pending, ctx);
}

export function sendApproval(state: StreamActorState, pending: PendingApproval, ctx: StreamCtx): void {
  if (pending.open || state.halted || !mayRequest(state.link)) return;
  const { request, trace } = pending;
  const { outpoint } = request;
  pending.open = true;
  note(state, ctx.nowMs, 'out', 'approvalRequest', outpoint);
  ctx.open('governance', 'requestApproval', [request], {
    key: approvalKey(outpoint),
    party,
    as: 'RequestFederationApproval',
    trace,
    item: (vote) => ({ type: 'ApprovalResponse', outpoint, vote }),
    end: (outcome) => ({
      type: 'ApprovalEnded',
      outpoint,
      reason: outcome.ok ? 'all have answered' : outcome.error.reason,
    }),
  });
}

/** A vote counts when its signature is the member's, over this deposit; the answer is whole at the threshold. */
export function onApprovalResponse(
  state: StreamActorState,
  { outpoint, vote }: ApprovalResponse,
  ctx: StreamCtx,
): void {
  const pending = state.approvals.get(outpoint);
  const set = pending === undefined ? null : membersOf(state, pending.request.epoch);
  if (pending === undefined || set === null || state.halted) return;
  const key = set.members[vote.member]?.identityKey;
  const digest = approvalDigest({ ...pending.request, networkHash: state.args.networkHash });
  const valid =
    key !== undefined && (!vote.approved || (vote.signature !== null && verifySignature(digest, key, vote.signature)));
  note(state, ctx.nowMs, 'in', 'approvalResponse', valid ? (vote.approved ? 'approved' : 'refused') : 'forged');
  if (!valid) {
    ctx.log('warn', "an approval that isn't its member's was refused", { outpoint, member: vote.member });
    return;
  }
  state.lastAnswers.set(vote.member, ctx.nowMs);
  pending.answers.set(vote.member, vote);
  const { member, approved, reason } = vote;
  const signature = approved ? vote.signature : null;
  for (const to of pending.askers.values()) {
    ctx.tell(ctx.refOf<ApprovalProgress>(to.path), {
      type: 'ApprovalProgress',
      outpoint,
      member,
      approved,
      reason,
      signature,
    });
  }
  const answer = approvalAnswer(pending, set.members.length, set.threshold);
  if (answer === null) return;
  finish(state.approvals, outpoint, approvalKey(outpoint), ctx);
  for (const to of pending.askers.values()) ctx.reply(to, answer);
}

/** Null while it is open which way it goes. */
function approvalAnswer(
  { request: { outpoint }, answers }: PendingApproval,
  memberCount: number,
  threshold: number,
): GovernanceApproval | null {
  const votes = [...answers.values()].sort((a, b) => a.member - b.member);
  const certificate = votes.flatMap(({ member, approved, signature }) =>
    approved && signature !== null ? [{ member: memberIndex(member), signature }] : [],
  );
  if (certificate.length >= threshold) {
    return { type: 'GovernanceApproval', outpoint, approved: true, certificate, reason: null };
  }
  const refusals = votes.filter(({ approved }) => !approved);
  if (refusals.length <= memberCount - threshold) return null;
  return { type: 'GovernanceApproval', outpoint, approved: false, certificate: [], reason: reasonsOf(refusals) };
}
