import type { MemberIndex, Outpoint, Txid } from '../../primitives/ids.ts';
import type { PendingApproval, PendingSignatures, StreamCtx } from './state.ts';

export const party = 'GovernanceNodes';
/** What waits offline is bounded; operations are durable and ask again. Source: protocol.md, Governance link. */
const MAX_PENDING = 1000;

/** The keys under which a request's source and timer are held. */
export const approvalKey = (outpoint: Outpoint): string => `approval:${outpoint}`;
export const signaturesKey = (txid: Txid): string => `signatures:${txid}`;

export function makeRoom<K extends string>(
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

export function finish<K extends string>(
  pending: Map<K, PendingApproval | PendingSignatures>,
  id: K,
  key: string,
  ctx: StreamCtx,
): void {
  pending.delete(id);
  ctx.close(key);
  ctx.cancelTimer(key);
}

export const reasonsOf = (
  refusals: readonly { readonly member: MemberIndex; readonly reason: string | null }[],
): string => refusals.map(({ member, reason }) => `member ${member}: ${reason ?? 'no reason given'}`).join('; ');
