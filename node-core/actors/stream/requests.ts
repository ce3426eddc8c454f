import type { Outpoint, Txid } from '../../primitives/ids.ts';
import type { RequestExpired } from '../../protocol/stream.ts';
import { sendApproval } from './approvals.ts';
import { approvalKey, finish, signaturesKey } from './pending.ts';
import { sendSignatureRequest } from './signatures.ts';
import type { StreamActorState, StreamCtx } from './state.ts';

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
