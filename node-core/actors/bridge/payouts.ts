import { type PayoutCap, capLeftSats, payoutTotal } from '../../domain/pegout/cap.ts';
import { type PayoutPlan, type PlanRefusal, planPayout } from '../../domain/pegout/plan.ts';
import { feeRateOf, planReplacement } from '../../domain/pegout/replacement.ts';
import { type PayableBurn, type PayoutRules, checkBurn } from '../../domain/pegout/rules.ts';
import { MAX_PEG_OUTS } from '../../domain/consensus/ssz.ts';
import type { PegOutEntry } from '../../domain/consensus/types.ts';
import { heldOutputs, isPaid, isSpendable, paymentOf } from '../../domain/utxo/books.ts';
import {
  type Payout,
  type PegLedger,
  type UnsignedPayoutEntry,
  accountedHeight,
  latestVersion,
  livePayouts,
} from '../../domain/utxo/ledger.ts';
import { type FederationOutput, tipOf } from '../../domain/utxo/view.ts';
import { type Checked, refuse } from '../../primitives/errors.ts';
import { type OperationId, type Slot, pegOutId } from '../../primitives/ids.ts';
import type { ValidatePegOperations } from '../../protocol/peg-validation.ts';
import { notReadyReason } from './health.ts';
import { tellOperation } from './operations.ts';
import { type BridgeActorState, type BridgeCtx, booksOf } from './state.ts';

/** A proposer leaves the newest final burns and mints out for so many blocks: voters may still be reading their logs. */
const MARGIN_BLOCKS = 1;

export const capOf = ({ args }: BridgeActorState): PayoutCap => ({
  capSats: BigInt(args.local.payoutCapSatsPerDay),
  slotDurationMs: args.network.slotDurationMs,
});

export const slotAt = ({ args }: BridgeActorState, nowMs: number): Slot =>
  Math.floor(nowMs / args.network.slotDurationMs) as Slot;

/** Final burns that can be paid and that no payout pays yet. */
function waitingBurns({ ledger, federation }: BridgeActorState, upToHeight: number): PayableBurn[] {
  return Object.values(ledger.burns)
    .filter(({ burn, payout }) => payout === null && burn.height <= upToHeight)
    .flatMap(({ burn }) => {
      const checked = checkBurn(burn, federation.rules);
      return checked.ok ? [checked.value] : [];
    });
}

/** Whether a block of at most that height minted the coin, where it is a deposit. */
const isMintedBy = ({ mints }: PegLedger, { outpoint, origin }: FederationOutput, height: number): boolean =>
  origin.kind !== 'deposit' || (mints[outpoint]?.height ?? Number.POSITIVE_INFINITY) <= height;

/**
 * The payout that this node would propose now, of burns and coins that the chain knew at that height. Its coins are
 * deeper on Bitcoin than voters ask, so that lag stalls nothing.
 */
function planNow(
  state: BridgeActorState,
  slot: Slot,
  upToHeight: number,
  rules: PayoutRules,
): Checked<PayoutPlan, PlanRefusal | 'NOT_READY' | 'NO_BURNS'> {
  const burns = waitingBurns(state, upToHeight);
  if (burns.length === 0) return refuse('NO_BURNS', 'no burn waits');
  const notReady = notReadyReason(state);
  if (notReady !== null) return refuse('NOT_READY', notReady);
  const books = proposerBooks(state);
  const held = heldOutputs(livePayouts(state.ledger));
  return planPayout({
    burns,
    coins: Object.values(state.view.outputs).filter(
      (output) =>
        isSpendable(books, output) && !held.has(output.outpoint) && isMintedBy(state.ledger, output, upToHeight),
    ),
    feeRateSatsPerVbyte: state.feeRateSatsPerVbyte,
    capLeftSats: capLeftSats(state.ledger, slot, capOf(state)),
    rules,
  });
}

const proposerBooks = (state: BridgeActorState) => {
  const books = booksOf(state);
  return { ...books, depth: books.depth + state.args.network.bitcoin.proposerExtraConfirmations };
};

/** An operation asks for the transaction that pays its burn. */
export function onCreateTransaction(state: BridgeActorState, operation: OperationId, ctx: BridgeCtx): void {
  const live = Object.values(state.ledger.burns).find(({ burn }) => pegOutId(burn.id) === operation);
  if (live?.payout !== null) return;
  state.waitingBurns.set(operation, { burn: live.burn.id, trace: ctx.trace, told: null });
  tellPlans(state, ctx);
}

/** Plans anew and tells operations and ChainActor what has changed, each in its own story. */
export function tellPlans(state: BridgeActorState, ctx: BridgeCtx): void {
  if (state.waitingBurns.size === 0) return;
  const planned = planNow(state, slotAt(state, ctx.nowMs), Number.POSITIVE_INFINITY, state.federation.rules);
  const inPlan = new Set(planned.ok ? planned.value.entry.shares.map(({ burn }) => burn) : []);
  const reasons = new Map(planned.ok ? planned.value.leftOut.map(({ burn, reason }) => [burn, reason]) : []);
  let offer = planned.ok ? planned.value.entry : null;
  if (offer !== null && state.offered === offer.txid) offer = null;
  for (const [operation, waiting] of state.waitingBurns) {
    const blocked = planned.ok ? (reasons.get(waiting.burn) ?? 'it waits for the next payout') : planned.refusal.reason;
    const told = planned.ok && inPlan.has(waiting.burn) ? planned.value.entry.txid : blocked;
    if (waiting.told === told) continue;
    waiting.told = told;
    if (planned.ok && inPlan.has(waiting.burn)) {
      tellOperation(state, operation, { type: 'PayoutPlanned', entry: planned.value.entry }, ctx, waiting.trace);
    } else {
      tellOperation(state, operation, { type: 'PayoutBlocked', reason: blocked }, ctx, waiting.trace);
    }
    if (offer === null || !inPlan.has(waiting.burn)) continue;
    ctx.tell(state.chain, { type: 'PegOutOperation', entry: offer }, { trace: waiting.trace });
    state.offered = offer.txid;
    offer = null;
  }
}

/**
 * The peg-out entries for this node's next block: what is deep, what is to be bumped, and one new payout. Of what is
 * final they use only what was so by `provenHeight`, by the chain itself: voters may not know more.
 */
export function proposeEntries(
  state: BridgeActorState,
  { slot, provenHeight }: Pick<ValidatePegOperations, 'slot' | 'provenHeight'>,
  rules: PayoutRules,
): PegOutEntry[] {
  if (notReadyReason(state) !== null) return [];
  const { ledger } = state;
  const live = livePayouts(ledger).filter((payout) => latestVersion(payout).height <= provenHeight);
  const books = proposerBooks(state);
  const confirmed = live.filter((payout) => isPaid(books, payout)).flatMap((payout) => confirmedEntry(state, payout));
  const replaced = live.flatMap((payout) => replacementOf(state, payout, rules));
  const planned = planNow(state, slot, Math.min(accountedHeight(ledger), provenHeight) - MARGIN_BLOCKS, rules);
  const proposed = planned.ok ? [planned.value.entry] : [];
  return [...proposed, ...replaced, ...confirmed].slice(0, MAX_PEG_OUTS);
}

function confirmedEntry(state: BridgeActorState, payout: Payout): PegOutEntry[] {
  const payment = paymentOf(booksOf(state), payout);
  return payment === null ? [] : [{ status: 'Confirmed', id: payout.id, txid: payment.txid }];
}

/** A fee bump for a payout that Bitcoin leaves lying, when blocks have become dearer since. */
function replacementOf(state: BridgeActorState, payout: Payout, rules: PayoutRules): PegOutEntry[] {
  const tip = tipOf(state.view);
  const { finalAtBitcoinHeight } = latestVersion(payout);
  if (tip === null || finalAtBitcoinHeight === null || paymentOf(booksOf(state), payout) !== null) return [];
  if (tip.height - finalAtBitcoinHeight < state.timing.bumpAfterBlocks) return [];
  if (state.feeRateSatsPerVbyte <= feeRateOf(payout, rules)) return [];
  const planned = planReplacement(payout, state.feeRateSatsPerVbyte, state.ledger, rules);
  return planned.ok ? [planned.value] : [];
}

/** Why a payout doesn't fit this node's cap at `now`; null when it does. `final` when it stands in a final block. */
export function capRefusal(
  state: BridgeActorState,
  entry: UnsignedPayoutEntry,
  now: Slot,
  final: Payout | null = null,
): string | null {
  const left = capLeftSats(state.ledger, now, capOf(state), final);
  const total = payoutTotal(entry);
  return total <= left ? null : `${total} sat are above what this node's payout cap leaves (${left} sat)`;
}
