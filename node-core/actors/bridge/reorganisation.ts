import { anchorOf } from '../../domain/utxo/ledger.ts';
import { emptyView, tipOf, undoTip } from '../../domain/utxo/view.ts';
import { type Outpoint, type Txid, pegInId } from '../../primitives/ids.ts';
import { raiseAlarm } from './health.ts';
import { pegOutsOf, reviveOperation, tellOperation } from './operations.ts';
import { saveScan } from './saving.ts';
import type { BridgeActorState, BridgeCtx, PendingScan } from './state.ts';

/** Takes blocks back until `height` is the tip; what is undone is on disk before an operation hears of it. */
export function undoTo(state: BridgeActorState, height: number, ctx: BridgeCtx): void {
  const deposits: Outpoint[] = [];
  const payouts = new Set<Txid>();
  for (let tip = tipOf(state.view); tip !== null && tip.height > height; tip = tipOf(state.view)) {
    const undone = undoTip(state.view);
    state.view = undone.view;
    state.reorgDepth++;
    deposits.push(...undone.removed.filter(({ origin }) => origin.kind !== 'change').map(({ outpoint }) => outpoint));
    for (const payout of Object.values(state.ledger.payouts)) {
      if (undone.unspent.some(({ outpoint }) => outpoint === anchorOf(payout))) payouts.add(payout.id);
    }
    ctx.log('warn', 'Bitcoin reorganized a block out', { height: tip.height, hash: tip.hash });
  }
  if (tipOf(state.view) === null) {
    ctx.log('error', 'the reorganisation is deeper than the blocks that can be undone: the scan begins anew');
    state.view = emptyView;
    state.caughtUp = false;
  }
  const { depositConfirmations } = state.args.network.bitcoin;
  if (state.reorgDepth >= depositConfirmations) {
    raiseAlarm(
      state,
      'reorganisation',
      `Bitcoin reorganized ${state.reorgDepth} blocks, and ${depositConfirmations} count as deep`,
      ctx,
    );
  }
  state.scanning = true;
  saveScan(state, `undo:${state.nextKey++}`, { kind: 'undo', deposits, payouts: [...payouts], records: [] }, ctx);
}

/** The undone blocks are on disk: operations go back. */
export function onUndoSaved(
  state: BridgeActorState,
  { deposits, payouts }: Extract<PendingScan, { readonly kind: 'undo' }>,
  ctx: BridgeCtx,
): void {
  for (const outpoint of deposits) tellOperation(state, pegInId(outpoint), { type: 'DepositReorganized' }, ctx);
  for (const id of payouts) {
    for (const operation of pegOutsOf(state, id))
      reviveOperation(state, operation, { type: 'PayoutReorganized', txid: id }, ctx);
  }
}
