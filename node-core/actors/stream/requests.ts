import { approvalDigest } from '../../domain/federation/approval.ts';
import { verifyMemberSignatures } from '../../domain/federation/payout-signing.ts';
import { verifySignature } from '../../domain/federation/schnorr.ts';
import { mayRequest } from '../../domain/governance/link.ts';
import { type MemberIndex, memberIndex, type Outpoint, type Txid } from '../../primitives/ids.ts';
import type {
  ApprovalProgress,
  ApprovalResponse,
  CollectedSignatures,
  GovernanceApproval,
  GovernanceApprovalRequest,
  RequestExpired,
  RequestFederationSignatures,
  SignatureProgress,
  SignatureResponse,
} from '../../protocol/stream.ts';
import { membersOf } from './members.ts';
import { note } from './recent.ts';
import type { PendingApproval, PendingSignatures, StreamActorState, StreamCtx } from './state.ts';

const party = 'GovernanceNodes';
/** What waits offline is bounded; operations are durable and ask again. Source: protocol.md, Governance link. */
const MAX_PENDING = 1000;

const approvalKey = (outpoint: Outpoint): string => `approval:${outpoint}`;
const signaturesKey = (txid: Txid): string => `signatures:${txid}`;

export function onApprovalRequest(state: StreamActorState, message: GovernanceApprovalRequest, ctx: StreamCtx): void {
  const { request } = message;
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

export function onSignatureRequest(
  state: StreamActorState,
  message: RequestFederationSignatures,
  ctx: StreamCtx,
): void {
  const { request } = message;
  const known = state.signatures.get(request.txid);
  const pending: PendingSignatures = known ?? {
    request,
    trace: ctx.trace,
    askers: new Map(),
    answers: new Map(),
    open: false,
  };
  pending.askers.set(ctx.sender, ctx.replyTo<CollectedSignatures | SignatureProgress>(message));
  if (known === undefined) {
    makeRoom(state.signatures, signaturesKey, ctx);
    state.signatures.set(request.txid, pending);
  }
  const expired: RequestExpired = { type: 'RequestExpired', what: 'signatures', key: request.txid };
  ctx.timer(signaturesKey(request.txid), state.args.local.governance.requestTimeoutMs, expired);
  for (const answer of pending.answers.values()) tellSigner(pending, answer.member, ctx);
  sendSignatureRequest(state, pending, ctx);
}

function makeRoom<K extends string>(
  pending: Map<K, PendingApproval | PendingSignatures>,
  keyOf: (key: K) => string,
  ctx: StreamCtx,
): void {
  if (pending.size < MAX_PENDING) return;
  const oldest = pending.keys().next();
  if (oldest.done) return;
  pending.delete(oldest.value);
  ctx.close(keyOf(oldest.value));
  ctx.cancelTimer(keyOf(oldest.value));
  ctx.log('warn', 'too many requests wait for governance: the oldest is dropped', {
    key: oldest.value,
    bound: MAX_PENDING,
  });
}

/** Everything that waits goes out, after a connection or a halt's end. */
export function sendPending(state: StreamActorState, ctx: StreamCtx): void {
  for (const pending of state.approvals.values()) sendApproval(state, pending, ctx);
  for (const pending of state.signatures.values()) sendSignatureRequest(state, pending, ctx);
}

/** Nothing more is asked of members: the link is gone, or the chain is halted (INV-13). */
export function withdrawPending(state: StreamActorState, ctx: StreamCtx): void {
  for (const [outpoint, pending] of state.approvals) withdraw(pending, approvalKey(outpoint), ctx);
  for (const [txid, pending] of state.signatures) withdraw(pending, signaturesKey(txid), ctx);
}

function withdraw(pending: { open: boolean }, key: string, ctx: StreamCtx): void {
  if (pending.open) ctx.close(key);
  pending.open = false;
}

function sendApproval(state: StreamActorState, pending: PendingApproval, ctx: StreamCtx): void {
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

function sendSignatureRequest(state: StreamActorState, pending: PendingSignatures, ctx: StreamCtx): void {
  if (pending.open || state.halted || !mayRequest(state.link)) return;
  const { request, trace } = pending;
  const { txid } = request;
  pending.open = true;
  note(state, ctx.nowMs, 'out', 'signatureRequest', txid);
  ctx.open('governance', 'requestSignatures', [request], {
    key: signaturesKey(txid),
    party,
    as: 'SignatureRequest',
    trace,
    item: (signatures) => ({ type: 'SignatureResponse', txid, signatures }),
    end: (outcome) => ({
      type: 'SignaturesEnded',
      txid,
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

const reasonsOf = (refusals: readonly { readonly member: MemberIndex; readonly reason: string | null }[]): string =>
  refusals.map(({ member, reason }) => `member ${member}: ${reason ?? 'no reason given'}`).join('; ');

/** A member's signatures count when every one of them is good for its input. */
export function onSignatureResponse(
  state: StreamActorState,
  { txid, signatures }: SignatureResponse,
  ctx: StreamCtx,
): void {
  const pending = state.signatures.get(txid);
  const set = pending === undefined ? null : membersOf(state, pending.request.epoch);
  if (pending === undefined || set === null || state.halted) return;
  const { member } = signatures;
  const checked = checkSignatures(pending, signatures, set);
  note(
    state,
    ctx.nowMs,
    'in',
    'signatureResponse',
    checked === null ? (signatures.signatures === null ? 'refused' : 'signed') : 'forged',
  );
  if (checked !== null) {
    ctx.log('warn', 'signatures of a payout do not verify', { txid, member, reason: checked });
    return;
  }
  state.lastAnswers.set(member, ctx.nowMs);
  pending.answers.set(member, signatures);
  tellSigner(pending, member, ctx);
  const answer = signaturesAnswer(pending, set.members.length, set.threshold);
  if (answer === null) return;
  finish(state.signatures, txid, signaturesKey(txid), ctx);
  for (const to of pending.askers.values()) ctx.reply(to, answer);
}

function checkSignatures(
  { request }: PendingSignatures,
  { member, signatures }: SignatureResponse['signatures'],
  { members, federation }: NonNullable<ReturnType<typeof membersOf>>,
): string | null {
  if (members[member] === undefined) return 'there is no such member';
  if (signatures === null) return null;
  const checked = verifyMemberSignatures(request.unsignedTx, request.inputs, () => federation, { member, signatures });
  return checked.ok ? null : checked.refusal.reason;
}

function tellSigner(
  { request: { txid }, answers, askers }: PendingSignatures,
  member: MemberIndex,
  ctx: StreamCtx,
): void {
  const answer = answers.get(member);
  if (answer === undefined) return;
  const { signatures, reason } = answer;
  const progress: SignatureProgress = {
    type: 'SignatureProgress',
    txid,
    member,
    signed: signatures !== null,
    reason,
    signatures,
  };
  for (const to of askers.values()) ctx.tell(ctx.refOf<SignatureProgress>(to.path), progress);
}

function signaturesAnswer(
  { request: { txid }, answers }: PendingSignatures,
  memberCount: number,
  threshold: number,
): CollectedSignatures | null {
  const all = [...answers.values()].sort((a, b) => a.member - b.member);
  const signed = all.filter(({ signatures }) => signatures !== null);
  if (signed.length >= threshold) return { type: 'CollectedSignatures', txid, members: signed, reason: null };
  const refused = all.filter(({ signatures }) => signatures === null);
  if (refused.length <= memberCount - threshold) return null;
  return { type: 'CollectedSignatures', txid, members: null, reason: reasonsOf(refused) };
}

function finish<K extends string>(
  pending: Map<K, PendingApproval | PendingSignatures>,
  id: K,
  key: string,
  ctx: StreamCtx,
): void {
  pending.delete(id);
  ctx.close(key);
  ctx.cancelTimer(key);
}

/** The request's source ended: it goes out again with the next link, or when its operation asks again. */
export function onRequestEnded(pending: { open: boolean } | undefined): void {
  if (pending !== undefined) pending.open = false;
}

/** Too few have answered in time: the operation, whose own time-out comes next, asks again. */
export function onRequestExpired(state: StreamActorState, { what, key }: RequestExpired, ctx: StreamCtx): void {
  const [pending, name] =
    what === 'approval'
      ? [state.approvals.get(key as Outpoint), approvalKey(key as Outpoint)]
      : [state.signatures.get(key as Txid), signaturesKey(key as Txid)];
  if (pending === undefined) return;
  ctx.log('warn', 'too few members answered in time', { what, key, answers: pending.answers.size });
  if (what === 'approval') finish(state.approvals, key as Outpoint, name, ctx);
  else finish(state.signatures, key as Txid, name, ctx);
}
