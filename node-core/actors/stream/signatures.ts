import { verifyMemberSignatures } from '../../domain/federation/payout-signing.ts';
import { mayRequest } from '../../domain/governance/link.ts';
import type { MemberIndex } from '../../primitives/ids.ts';
import type {
  CollectedSignatures,
  RequestExpired,
  RequestFederationSignatures,
  SignatureProgress,
  SignatureResponse,
} from '../../protocol/stream.ts';
import { membersOf } from './members.ts';
import { finish, makeRoom, party, reasonsOf, signaturesKey } from './pending.ts';
import { note } from './recent.ts';
import type { MemberSet, PendingSignatures, StreamActorState, StreamCtx } from './state.ts';

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

export function sendSignatureRequest(state: StreamActorState, pending: PendingSignatures, ctx: StreamCtx): void {
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
  { members, federation }: MemberSet,
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
