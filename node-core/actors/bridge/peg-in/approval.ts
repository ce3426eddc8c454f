import type { MemberSignature } from '../../../domain/consensus/types.ts';
import { verifyApproval } from '../../../domain/federation/approval.ts';
import { type PegIn, certifiedPegIn, notePegIn, stepPegIn, withVote } from '../../../domain/pegin/operation.ts';
import type { AskedMembers } from '../../../protocol/bridge.ts';
import type { GovernanceApproval } from '../../../protocol/stream.ts';
import { type PegInActorState, type PegInCtx, save, tellBridge, wait } from './state.ts';

export function askGovernance(state: PegInActorState, pegIn: PegIn, ctx: PegInCtx): void {
  const { outpoint, amountSats, recipient, epoch, bitcoinHeight } = pegIn;
  if (recipient === null || bitcoinHeight === null) return;
  state.asking = true;
  state.blocker = `${state.members.threshold} members are to approve it`;
  ctx.ask(
    state.stream,
    { type: 'GovernanceApprovalRequest', request: { outpoint, amountSats, recipient, epoch, bitcoinHeight } },
    {
      trace: state.story,
      timeoutMs: state.args.governanceTimeoutMs,
      onTimeout: { type: 'BridgeTimeout', what: 'approval', key: outpoint },
    },
  );
  tellBridge(state, ctx);
}

/**
 * The members may have changed since this deposit was last put before them: those of today are asked, and what too few
 * of the former ones said is dropped, since a signature is for its epoch. True when the members are others.
 */
export function followMembers(state: PegInActorState, pegIn: PegIn, members: AskedMembers, ctx: PegInCtx): boolean {
  state.members = members;
  if (pegIn.epoch === members.epoch) return false;
  const change = { epoch: members.epoch, votes: [], denials: 0 };
  save(state, notePegIn(pegIn, 'MembersChanged', ctx.nowMs, change, `epoch ${members.epoch}`), ctx);
  return true;
}

/** Votes of before a crash or a time-out are used, not asked for again. */
export function useKnownVotes(state: PegInActorState, pegIn: PegIn, ctx: PegInCtx): boolean {
  const certificate = pegIn.votes.flatMap(({ member, signature }) =>
    signature === null ? [] : [{ member, signature }],
  );
  return certificate.length >= state.members.threshold && approve(state, pegIn, certificate, ctx);
}

export function onApproval(state: PegInActorState, pegIn: PegIn, message: GovernanceApproval, ctx: PegInCtx): void {
  if (!message.approved) {
    onDenied(state, pegIn, message.reason ?? 'governance denied it', ctx);
    return;
  }
  state.story = ctx.trace;
  approve(state, pegIn, message.certificate, ctx);
}

/** The certificate is verified once more: what is put before the chain is this operation's word. */
function approve(
  state: PegInActorState,
  pegIn: PegIn,
  certificate: readonly MemberSignature[],
  ctx: PegInCtx,
): boolean {
  const certified = certifiedPegIn({ ...pegIn, certificate });
  if (certified === null) return false;
  const { members, threshold } = state.members;
  const verified = verifyApproval(certified, members, threshold, state.args.networkHash);
  if (!verified.ok) {
    ctx.log('error', 'an approval does not verify', { outpoint: pegIn.outpoint, reason: verified.refusal.reason });
    save(state, notePegIn(pegIn, 'VotesDiscarded', ctx.nowMs, { votes: [] }, verified.refusal.reason), ctx);
    wait(state, verified.refusal.reason, ctx);
    return false;
  }
  const votes = certificate.reduce(
    (sofar, { member, signature }) => withVote(sofar, { member, approved: true, reason: null, signature }),
    pegIn.votes,
  );
  save(state, stepPegIn(pegIn, 'GovernanceApproved', ctx.nowMs, { certificate, votes }), ctx);
  return true;
}

/** Members may see less of Bitcoin than this node does: a denial counts when it was repeated. */
function onDenied(state: PegInActorState, pegIn: PegIn, reason: string, ctx: PegInCtx): void {
  const denials = pegIn.denials + 1;
  if (denials >= state.args.timing.approvalAttempts) {
    const rejection = `governance denied it ${denials} times: ${reason}`;
    save(state, stepPegIn(pegIn, 'GovernanceDenied', ctx.nowMs, { denials, rejection }, reason), ctx);
    return;
  }
  save(state, notePegIn(pegIn, 'ApprovalDenied', ctx.nowMs, { denials }, reason), ctx);
  const { resubmitMs, maxDenialPauseMs } = state.args.timing;
  wait(state, `governance denied it: ${reason}`, ctx, Math.min(maxDenialPauseMs, resubmitMs * 2 ** (denials - 1)));
}
