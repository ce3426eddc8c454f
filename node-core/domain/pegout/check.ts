import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import type { BurnId, Outpoint } from '../../primitives/ids.ts';
import type { Sats } from '../../primitives/units.ts';
import { MAX_PAYOUT_INPUTS, MAX_PAYOUT_SHARES } from '../consensus/ssz.ts';
import type { Burn } from '../consensus/types.ts';
import { payoutVsize } from '../federation/payout-signing.ts';
import { type Books, isSpendable } from '../utxo/books.ts';
import type { UnsignedPayoutEntry } from '../utxo/ledger.ts';
import { type PayoutOutput, buildPayoutTransaction } from './payout-transaction.ts';
import { changeOf, federationOf } from './plan.ts';
import { type PayableBurn, type PayoutRules, checkBurn, compareBurns, feeShares } from './rules.ts';

export type PayoutRefusal =
  | 'PAYOUT_SIZE'
  | 'PAYOUT_IDENTITY'
  | 'INPUT_UNKNOWN'
  | 'INPUT_NOT_SPENDABLE'
  | 'INPUT_HELD'
  | 'INPUT_MISSTATED'
  | 'INPUT_EPOCHS'
  | 'BURN_UNKNOWN'
  | 'BURN_ALREADY_PAID'
  | 'BURN_REFUSED'
  | 'BURN_ORDER'
  | 'FEE_SHARES'
  | 'OUTPUT_DUST'
  | 'CHANGE_DUST'
  | 'FEE_RATE'
  | 'TRANSACTION_DIFFERS';

/** What a payout is judged against: the books, and what the blocks between the final one and this one hold already. */
export interface PayoutContext {
  readonly books: Books;
  readonly rules: PayoutRules;
  readonly heldInputs: ReadonlySet<Outpoint>;
  readonly paidBurns: ReadonlySet<BurnId>;
}

/**
 * Whether a first version of a payout is right in every part: what each node checks before it votes, and again before
 * it asks for signatures. The transaction is built anew from the entry and compared byte for byte, so nothing is in it
 * that the entry doesn't say (HOLE-5). Source: protocol.md, Burns and payouts.
 */
export function checkPayout(
  entry: UnsignedPayoutEntry,
  context: PayoutContext,
): Checked<UnsignedPayoutEntry, PayoutRefusal> {
  if (entry.status !== 'Proposed' || entry.id !== entry.txid) {
    return refuse('PAYOUT_IDENTITY', "a first version is Proposed, and its txid is the payout's identity");
  }
  const inputs = checkInputs(entry, context);
  if (!inputs.ok) return inputs;
  const burns = checkBurns(entry, context);
  if (!burns.ok) return burns;
  return checkTransaction(entry, burns.value, context.rules);
}

function checkInputs(
  { inputs, shares }: UnsignedPayoutEntry,
  { books, heldInputs }: PayoutContext,
): Checked<undefined, PayoutRefusal> {
  if (
    inputs.length < 1 ||
    inputs.length > MAX_PAYOUT_INPUTS ||
    shares.length < 1 ||
    shares.length > MAX_PAYOUT_SHARES
  ) {
    return refuse('PAYOUT_SIZE', `${inputs.length} inputs and ${shares.length} burns`);
  }
  const seen = new Set<Outpoint>();
  for (const input of inputs) {
    const output = books.view.outputs[input.outpoint];
    if (output === undefined) return refuse('INPUT_UNKNOWN', `${input.outpoint} is no output of the federation`);
    if (!isSpendable(books, output)) return refuse('INPUT_NOT_SPENDABLE', `${input.outpoint} can't be spent now`);
    if (seen.has(input.outpoint) || heldInputs.has(input.outpoint)) {
      return refuse('INPUT_HELD', `${input.outpoint} is in a live payout already`);
    }
    seen.add(input.outpoint);
    if (output.amountSats !== input.amountSats || output.epoch !== input.epoch) {
      return refuse('INPUT_MISSTATED', `${input.outpoint} holds ${output.amountSats} sat of epoch ${output.epoch}`);
    }
    if (input.epoch !== inputs[0]?.epoch) return refuse('INPUT_EPOCHS', 'the inputs are of several federations');
  }
  return accept(undefined);
}

/** The entry's burns: final, payable, not paid before, in log order. */
function checkBurns(
  { shares }: UnsignedPayoutEntry,
  { books, rules, paidBurns }: PayoutContext,
): Checked<readonly PayableBurn[], PayoutRefusal> {
  const payable: PayableBurn[] = [];
  let previous: Burn | null = null;
  for (const { burn: id } of shares) {
    const known = books.ledger.burns[id];
    if (known === undefined) return refuse('BURN_UNKNOWN', `${id} is no final burn that this node knows`);
    if (known.payout !== null || paidBurns.has(id)) return refuse('BURN_ALREADY_PAID', `${id} is in a payout already`);
    if (previous !== null && compareBurns(previous, known.burn) >= 0) {
      return refuse('BURN_ORDER', `${id} comes twice or out of the order of logs`);
    }
    previous = known.burn;
    const checked = checkBurn(known.burn, rules);
    if (!checked.ok) return refuse('BURN_REFUSED', `${id}: ${checked.refusal.reason}`);
    payable.push(checked.value);
  }
  return accept(payable);
}

/** The amounts add up, the fee is inside its bounds, and the bytes are those of these inputs and outputs and no others. */
export function checkTransaction(
  entry: UnsignedPayoutEntry,
  burns: readonly Pick<PayableBurn, 'amountSats' | 'scriptPubKey'>[],
  rules: PayoutRules,
): Checked<UnsignedPayoutEntry, PayoutRefusal> {
  const { inputs, shares } = entry;
  const feeSats = shares.reduce((sum, { feeShareSats }) => sum + feeShareSats, 0n);
  const split = feeShares(feeSats, shares.length);
  for (const [index, { burn, outputSats, feeShareSats }] of shares.entries()) {
    if (feeShareSats !== split[index] || outputSats + feeShareSats !== burns[index]?.amountSats) {
      return refuse('FEE_SHARES', `the output of ${burn} isn't its burn less its share of the fee`);
    }
    if (outputSats < rules.dustSats) return refuse('OUTPUT_DUST', `the output of ${burn} is dust`);
  }
  const coins = inputs.reduce((sum, { amountSats }) => sum + amountSats, 0n);
  const owed = burns.reduce((sum, { amountSats }) => sum + amountSats, 0n);
  if (coins !== owed && coins < owed + rules.dustSats) {
    return refuse('CHANGE_DUST', `${coins} sat of inputs for ${owed} sat of burns`);
  }
  const payees = burns.map(({ scriptPubKey }, index): PayoutOutput => ({
    scriptPubKey,
    amountSats: shares[index]?.outputSats as Sats,
  }));
  const expected = buildPayoutTransaction(
    inputs.map(({ outpoint }) => outpoint),
    [...payees, ...changeOf(burns, inputs, rules)],
  );
  if (expected.unsignedTx !== entry.unsignedTx || expected.txid !== entry.txid) {
    return refuse('TRANSACTION_DIFFERS', 'the transaction is not the one that its inputs and burns make');
  }
  const vsize = BigInt(
    payoutVsize(
      entry.unsignedTx,
      inputs.map((input) => federationOf(input, rules)),
    ),
  );
  const [least, most] = [rules.minFeeRateSatsPerVbyte, rules.maxFeeRateSatsPerVbyte].map(
    (rate) => BigInt(rate) * vsize,
  );
  if (least === undefined || most === undefined || feeSats < least || feeSats > most) {
    return refuse('FEE_RATE', `a fee of ${feeSats} sat for ${vsize} vB is outside the bounds`);
  }
  return accept(entry);
}
