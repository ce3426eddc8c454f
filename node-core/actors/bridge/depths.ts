import { paymentOf } from '../../domain/utxo/books.ts';
import { anchorOf } from '../../domain/utxo/ledger.ts';
import { confirmationsOf, isDeeplySpent, tipOf } from '../../domain/utxo/view.ts';
import type { BurnId, OperationId, Outpoint } from '../../primitives/ids.ts';
import type { PegInMessage, PegOutMessage } from '../../protocol/bridge.ts';
import { type BridgeActorState, type BridgeCtx, type LiveOperation, booksOf } from './state.ts';

/**
 * Where Bitcoin has an operation's deposit or payout now, or that it has it no longer: the operation is told what is, so
 * that nothing depends on its having heard of every change. Null when there is nothing to say.
 */
function depthOf(state: BridgeActorState, id: OperationId, live: LiveOperation): PegInMessage | PegOutMessage | null {
  const { view, ledger } = state;
  const tip = tipOf(view);
  if (tip === null) return null;
  const isThere = live.view.bitcoinHeight !== null;
  if (live.ref.kind === 'pegIn') {
    const output = view.outputs[id.slice('peg-in:'.length) as Outpoint];
    if (output === undefined) return isThere ? { type: 'DepositReorganized' } : null;
    return {
      type: 'ConfirmationsChanged',
      height: output.height,
      confirmations: confirmationsOf(view, output.height),
      tipHeight: tip.height,
    };
  }
  const paidBy = ledger.burns[id.slice('peg-out:'.length) as BurnId]?.payout ?? null;
  const payout = paidBy === null ? undefined : ledger.payouts[paidBy];
  if (payout === undefined) return null;
  const books = booksOf(state);
  const payment = paymentOf(books, payout);
  const anchor = view.outputs[anchorOf(payout)];
  if (payment === null || anchor === undefined) return isThere ? { type: 'PayoutReorganized', txid: payout.id } : null;
  return {
    type: 'PayoutSeen',
    txid: payment.txid,
    height: payment.height,
    hash: view.headers.find(({ height }) => height === payment.height)?.hash ?? null,
    confirmations: confirmationsOf(view, payment.height),
    deep: isDeeplySpent(view, anchor, books.depth),
  };
}

export function tellDepth(state: BridgeActorState, id: OperationId, ctx: BridgeCtx): void {
  const live = state.operations.get(id);
  const depth = live === undefined ? null : depthOf(state, id, live);
  if (live === undefined || depth === null) return;
  if (live.ref.kind === 'pegIn') ctx.tell(live.ref.to, depth as PegInMessage);
  else ctx.tell(live.ref.to, depth as PegOutMessage);
}

/** At a new tip every operation that waits for Bitcoin learns how deep it is. */
export function tellDepths(state: BridgeActorState, ctx: BridgeCtx): void {
  for (const id of state.operations.keys()) tellDepth(state, id, ctx);
}
