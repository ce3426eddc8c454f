import { newPegOut } from '../../domain/pegout/operation.ts';
import { checkBurn } from '../../domain/pegout/rules.ts';
import { accountedHeight, applyBurn, applyFinalBlock, burnsScanned } from '../../domain/utxo/ledger.ts';
import { tipOf } from '../../domain/utxo/view.ts';
import { type BlockHeight, pegInId, pegOutId } from '../../primitives/ids.ts';
import type { BurnEventDetected, PegInComplete } from '../../protocol/bridge.ts';
import type { FinalizeBlock } from '../../protocol/finality.ts';
import { tellDepth } from './depths.ts';
import { assessFinal } from './health.ts';
import { followMembers } from './member-change.ts';
import { pegOutRecord } from './operation/view.ts';
import { pegOutsOf, reviveOperation, tellOperation } from './operations.ts';
import { tellPlans } from './payouts.ts';
import { saveLedger, saveScan } from './saving.ts';
import { askForFinalBlocks, startOperation } from './startup.ts';
import type { BridgeActorState, BridgeCtx, PendingScan } from './state.ts';

/** Final blocks below one that was told of are asked for again after so long. */
const FINAL_PATIENCE_MS = 5000;
/** The execution client may take its time over logs; when it gets no further the blocks are told again. */
const BURNS_PATIENCE_MS = 30_000;

/** Nobody knows how long it was since a clock went back: then it was long enough. */
const isOver = (patienceMs: number, sinceMs: number, nowMs: number): boolean =>
  nowMs < sinceMs || nowMs - sinceMs >= patienceMs;

/** A block is final: its mints and payouts enter the books. Told again it changes nothing. */
export function onFinalBlock(state: BridgeActorState, block: FinalizeBlock, ctx: BridgeCtx): void {
  const { finalHeight } = state.ledger;
  if (block.height > state.toldHeight) state.toldHeight = block.height;
  if (block.height !== finalHeight + 1) return;
  const before = state.ledger;
  state.ledger = applyFinalBlock(before, block, tipOf(state.view)?.height ?? null);
  followMembers(state, ctx);
  for (const entry of block.pegOuts) {
    if (entry.status === 'Confirmed') continue;
    for (const id of pegOutsOf(state, entry.id)) {
      state.waitingBurns.delete(id);
      tellOperation(state, id, { type: 'PayoutFinal', payout: entry, root: block.root, height: block.height }, ctx);
      // Bitcoin may have it already, when this node's chain lags behind that of the others.
      tellDepth(state, id, ctx);
    }
  }
  const { pegIns, pegOuts, federationUpdates } = block;
  const changed =
    pegIns.length + pegOuts.length + federationUpdates.length > 0 ||
    state.ledger.totals.at(-1) !== before.totals.at(-1);
  if (changed) state.contentHeight = block.height;
  state.finalMovedAtMs = ctx.nowMs;
  saveLedger(state, changed, ctx);
  assessFinal(state, accountedHeight(before), ctx);
  tellPlans(state, ctx);
}

/** A burn of a final block: its operation begins when it is on disk. */
export function onBurn(state: BridgeActorState, { burn }: BurnEventDetected, ctx: BridgeCtx): void {
  const ledger = applyBurn(state.ledger, burn);
  if (ledger === state.ledger) return;
  state.ledger = ledger;
  state.contentHeight = Math.max(state.contentHeight, burn.height);
  const checked = checkBurn(burn, state.federation.rules);
  const record = pegOutRecord(newPegOut(burn, checked.ok ? null : checked.refusal.reason, ctx.nowMs));
  saveScan(state, `burn:${burn.id}`, { kind: 'burn', burn, trace: ctx.trace, records: [record] }, ctx);
}

export function onBurnSaved(
  state: BridgeActorState,
  { burn, trace, records }: Extract<PendingScan, { readonly kind: 'burn' }>,
  ctx: BridgeCtx,
): void {
  for (const record of records) {
    if (!state.operations.has(pegOutId(burn.id))) startOperation(state, record, ctx, trace);
  }
}

export function onBurnsScanned(state: BridgeActorState, height: BlockHeight, ctx: BridgeCtx): void {
  const before = accountedHeight(state.ledger);
  state.ledger = burnsScanned(state.ledger, height);
  if (accountedHeight(state.ledger) === before) return;
  state.burnsMovedAtMs = ctx.nowMs;
  assessFinal(state, before, ctx);
  tellPlans(state, ctx);
}

/** The mint of a deposit is final. An operation that this node had given up is completed all the same. */
export function onPegInComplete(state: BridgeActorState, message: PegInComplete, ctx: BridgeCtx): void {
  const id = pegInId(message.outpoint);
  if (tellOperation(state, id, message, ctx, ctx.trace)) return;
  if (state.finished.get(id)?.record.state === 'Rejected') reviveOperation(state, id, message, ctx);
}

/**
 * Asks again for final blocks that are missing below the highest one, and for burns that don't come: EngineActor may have
 * been restarted over them. It doesn't wait for another final block: without this node's votes there may be none.
 */
export function askForMissing(state: BridgeActorState, ctx: BridgeCtx): void {
  const { burnHeight, finalHeight } = state.ledger;
  if (burnHeight >= finalHeight) state.burnsMovedAtMs = ctx.nowMs;
  if (state.toldHeight <= finalHeight) state.finalMovedAtMs = ctx.nowMs;
  if (
    isOver(BURNS_PATIENCE_MS, state.burnsMovedAtMs, ctx.nowMs) ||
    isOver(FINAL_PATIENCE_MS, state.finalMovedAtMs, ctx.nowMs)
  )
    askForFinalBlocks(state, ctx);
}
