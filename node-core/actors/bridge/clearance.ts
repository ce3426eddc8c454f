import type { PegOut } from '../../domain/pegout/operation.ts';
import { recheckPayout } from '../../domain/pegout/recheck.ts';
import { payoutPsbt } from '../../domain/federation/payout-signing.ts';
import { decodeJson } from '../../domain/utxo/json.ts';
import { type Payout, entryOf, latestVersion } from '../../domain/utxo/ledger.ts';
import { isDeep } from '../../domain/utxo/view.ts';
import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import type { OperationId, Outpoint } from '../../primitives/ids.ts';
import { weiToSats } from '../../primitives/units.ts';
import type { Clearance, RequestClearance } from '../../protocol/bridge.ts';
import { tellDepth } from './depths.ts';
import { payoutRulesAt } from './federation.ts';
import { assess, notReadyReason } from './health.ts';
import { capRefusal, slotAt } from './payouts.ts';
import { type BridgeActorState, type BridgeCtx, booksOf } from './state.ts';

/** Whether governance may be asked now. The solvency is computed for this very question. */
export function clearanceFor(
  state: BridgeActorState,
  { operation, what }: RequestClearance,
  ctx: BridgeCtx,
): Clearance {
  assess(state, ctx);
  const blocked = state.halted ? 'halted' : notReadyReason(state);
  if (blocked !== null)
    return { type: 'Clearance', what, granted: false, reason: blocked, members: null, signing: null };
  if (what === 'approval') {
    const reason = approvalRefusal(state, operation);
    const { activeEpoch, members, threshold } = state.federation;
    const asked = { epoch: activeEpoch, members, threshold };
    return { type: 'Clearance', what, granted: reason === null, reason, members: asked, signing: null };
  }
  const signing = signingOf(state, operation, ctx.nowMs);
  if (signing.ok)
    return { type: 'Clearance', what, granted: true, reason: null, members: null, signing: signing.value };
  // Bitcoin may have paid it already, and the operation could not check that when it was told: it is told again.
  tellDepth(state, operation, ctx);
  return { type: 'Clearance', what, granted: false, reason: signing.refusal.reason, members: null, signing: null };
}

/** A deposit is put before governance while Bitcoin has it deep and no final block has minted it. */
function approvalRefusal(state: BridgeActorState, operation: OperationId): string | null {
  const books = booksOf(state);
  const outpoint = operation.slice('peg-in:'.length) as Outpoint;
  const output = books.view.outputs[outpoint];
  if (output === undefined || !isDeep(books.view, output, books.depth)) return 'its deposit is not deep';
  return books.ledger.mints[outpoint] === undefined ? null : 'a final block mints it already';
}

/** Checks a final payout and the cap once more, and puts together what members are asked to sign. */
function signingOf(
  state: BridgeActorState,
  operation: OperationId,
  nowMs: number,
): Checked<NonNullable<Clearance['signing']>, string> {
  const live = state.operations.get(operation);
  const burn = live?.record.kind === 'pegOut' ? decodeJson<PegOut>(live.record.data).burn.id : null;
  const id = burn === null ? null : (state.ledger.burns[burn]?.payout ?? null);
  const payout = id === null ? undefined : state.ledger.payouts[id];
  if (payout === undefined) return refuse('NO_PAYOUT', 'no final block holds its payout');
  const { rules } = state.federation;
  const checked = recheckPayout(payout, booksOf(state), (height) => payoutRulesAt(state.federation, height));
  if (!checked.ok) return refuse(checked.refusal.code, `the payout does not stand: ${checked.refusal.reason}`);
  const version = latestVersion(payout);
  const capped = capRefusal(state, entryOf(payout, version), slotAt(state, nowMs), payout);
  if (capped !== null) return refuse('CAP_REACHED', capped);
  const [input] = version.inputs;
  const federation = input === undefined ? undefined : rules.federations.get(input.epoch);
  if (input === undefined || federation === undefined)
    return refuse('NO_FEDERATION', 'the federation of its coins is not known');
  return accept({
    federation,
    request: {
      payoutId: payout.id,
      txid: version.txid,
      unsignedTx: version.unsignedTx,
      psbt: payoutPsbt(version.unsignedTx, version.inputs, () => federation),
      inputs: version.inputs,
      shares: sharesOf(state, payout),
      epoch: input.epoch,
      blockRoot: version.root,
      height: version.height,
    },
  });
}

function sharesOf({ ledger }: BridgeActorState, payout: Payout) {
  return latestVersion(payout).shares.flatMap((share) => {
    const known = ledger.burns[share.burn];
    if (known === undefined) return [];
    const { destination, amountWei } = known.burn;
    return [{ ...share, destination, burnSats: weiToSats(amountWei).quotientSats }];
  });
}
