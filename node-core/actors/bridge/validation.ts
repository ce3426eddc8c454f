import { type PayoutContext, checkPayout } from '../../domain/pegout/check.ts';
import { checkReplacement } from '../../domain/pegout/replacement.ts';
import type { PayoutRules } from '../../domain/pegout/rules.ts';
import type { CertifiedPegIn, PegOutEntry } from '../../domain/consensus/types.ts';
import { type Books, heldOutputs, isPaid, paymentOf } from '../../domain/utxo/books.ts';
import { livePayouts } from '../../domain/utxo/ledger.ts';
import { isDeep } from '../../domain/utxo/view.ts';
import { unreachable } from '../../primitives/assert.ts';
import type { BurnId, Epoch } from '../../primitives/ids.ts';
import type { PegValidationResult, ValidatePegOperations } from '../../protocol/peg-validation.ts';
import { notReadyReason } from './health.ts';
import { handoverRefusal, updatesToPropose } from './member-change.ts';
import { capRefusal, proposeEntries } from './payouts.ts';
import { type BridgeActorState, booksOf } from './state.ts';

/**
 * This node's own judgement of a block's peg operations: its view of Bitcoin, its cap and the solvency decide what it
 * proposes and votes for. A block without pegs is nobody's concern here. Source: protocol.md, What gates what.
 */
export function validatePegs(state: BridgeActorState, request: ValidatePegOperations): PegValidationResult {
  // What is missing of it is asked for.
  if (request.toldHeight > state.toldHeight) state.toldHeight = request.toldHeight;
  return request.purpose === 'propose' ? forProposal(state, request) : forVote(state, request);
}

/** A proposer asks for more confirmations than voters do, and leaves out what it can't stand for. */
function forProposal(state: BridgeActorState, request: ValidatePegOperations): PegValidationResult {
  const { requestId, pegIns } = request;
  const notReady = refusalOfAll(state, request);
  const { knownSince } = state.federation.rules;
  const isShared = (epoch: Epoch): boolean => (knownSince.get(epoch) ?? 0) <= request.provenHeight;
  const rules = isShared(request.epoch) ? rulesFor(state, request) : null;
  const { depositConfirmations, proposerExtraConfirmations } = state.args.network.bitcoin;
  const books = { ...booksOf(state), depth: depositConfirmations + proposerExtraConfirmations };
  // Voters may not know yet that an address is the federation's: what it was paid waits until the chain itself shows it.
  const contested = pegIns.filter((pegIn) => {
    const paid = books.view.outputs[pegIn.outpoint]?.epoch;
    return notReady !== null || judgeMint(pegIn, books) !== null || (paid !== undefined && !isShared(paid));
  });
  return {
    type: 'PegValidationResult',
    requestId,
    accepted: true,
    reason: notReady,
    contested: contested.map(({ outpoint }) => outpoint),
    pegOuts: rules === null || notReady !== null ? [] : proposeEntries(state, request, rules),
    federationUpdates: updatesToPropose(state),
  };
}

function forVote(state: BridgeActorState, request: ValidatePegOperations): PegValidationResult {
  const { requestId, pegIns, pegOuts, federationUpdates } = request;
  const reason = pegIns.length + pegOuts.length + federationUpdates.length === 0 ? null : refusalOf(state, request);
  return {
    type: 'PegValidationResult',
    requestId,
    accepted: reason === null,
    reason,
    contested: [],
    pegOuts: reason === null ? pegOuts : [],
    federationUpdates: [],
  };
}

/** Why this node stands for no mint and no payout now. */
const refusalOfAll = (state: BridgeActorState, { toldHeight }: ValidatePegOperations): string | null =>
  notReadyReason(state) ??
  (state.ledger.finalHeight < toldHeight ? 'final blocks are missing in the books of this node' : null);

function refusalOf(state: BridgeActorState, request: ValidatePegOperations): string | null {
  const { pegIns, pegOuts, federationUpdates, slot } = request;
  for (const update of federationUpdates) {
    const refusal = handoverRefusal(state, update);
    if (refusal !== null) return refusal;
  }
  if (pegIns.length + pegOuts.length === 0) return null;
  const notReady = refusalOfAll(state, request);
  if (notReady !== null) return notReady;
  const rules = rulesFor(state, request);
  const books = booksOf(state);
  for (const pegIn of pegIns) {
    const refusal = judgeMint(pegIn, books);
    if (refusal !== null) return refusal;
  }
  const heldInputs = heldOutputs(livePayouts(state.ledger));
  const paidBurns = new Set<BurnId>();
  for (const entry of pegOuts) {
    const refusal =
      rules === null
        ? `the members of epoch ${request.epoch} are not final here`
        : judgePegOut(state, entry, { rules, heldInputs, paidBurns });
    if (refusal !== null) return refusal;
    if (entry.status !== 'Proposed') continue;
    const capped = capRefusal(state, entry, slot);
    if (capped !== null) return capped;
    for (const { outpoint } of entry.inputs) heldInputs.add(outpoint);
    for (const { burn } of entry.shares) paidBurns.add(burn);
  }
  return null;
}

/** Whether Bitcoin has this deposit, deep, of this amount and for this account, and no final block has minted it (INV-2, 3, 9). */
function judgeMint({ outpoint, amountSats, recipient }: CertifiedPegIn, books: Books): string | null {
  const output = books.view.outputs[outpoint];
  if (output === undefined) return `${outpoint} is no output of the federation`;
  if (output.origin.kind !== 'deposit') return `${outpoint} is no deposit that is minted`;
  if (output.amountSats !== amountSats) return `${outpoint} holds ${output.amountSats} sat`;
  if (output.origin.recipient !== recipient) return `${outpoint} is for another account`;
  if (!isDeep(books.view, output, books.depth)) return `${outpoint} is not deep enough`;
  return books.ledger.mints[outpoint] === undefined ? null : `${outpoint} is minted already`;
}

/** The payout rules at the block's height; null while the block that named its members is not final here. */
function rulesFor({ federation: { rules } }: BridgeActorState, { epoch }: ValidatePegOperations): PayoutRules | null {
  return rules.federations.has(epoch) ? { ...rules, activeEpoch: epoch } : null;
}

function judgePegOut(
  state: BridgeActorState,
  entry: PegOutEntry,
  context: Pick<PayoutContext, 'rules' | 'heldInputs' | 'paidBurns'>,
): string | null {
  const books = booksOf(state);
  const { rules } = context;
  switch (entry.status) {
    case 'Proposed': {
      const checked = checkPayout(entry, { books, ...context });
      return checked.ok ? null : `payout ${entry.id}: ${checked.refusal.reason}`;
    }
    case 'Replaced': {
      const payout = state.ledger.payouts[entry.id];
      if (payout === undefined) return `payout ${entry.id} is not known`;
      if (paymentOf(books, payout) !== null) return `payout ${entry.id} is in a Bitcoin block already`;
      const checked = checkReplacement(entry, payout, state.ledger, rules);
      return checked.ok ? null : `payout ${entry.id}: ${checked.refusal.reason}`;
    }
    case 'Confirmed': {
      const payout = state.ledger.payouts[entry.id];
      if (payout === undefined) return `payout ${entry.id} is not known`;
      const deep = isPaid(books, payout) && paymentOf(books, payout)?.txid === entry.txid;
      return deep ? null : `payout ${entry.id} is not deep on Bitcoin`;
    }
    default:
      return unreachable(entry);
  }
}
