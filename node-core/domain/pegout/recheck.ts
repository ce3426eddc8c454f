import { type Checked, accept } from '../../primitives/errors.ts';
import type { BlockHeight, BurnId, Txid } from '../../primitives/ids.ts';
import { type Books, heldOutputs } from '../utxo/books.ts';
import { type LedgerBurn, type Payout, type PegLedger, entryOf, livePayouts } from '../utxo/ledger.ts';
import { type PayoutRefusal, checkPayout } from './check.ts';
import { type ReplacementRefusal, checkReplacement } from './replacement.ts';
import type { PayoutRules } from './rules.ts';

/** The ledger as it was before a payout: its burns wait again. */
function without(ledger: PegLedger, payout: Payout): PegLedger {
  const payouts: Record<Txid, Payout> = { ...ledger.payouts };
  Reflect.deleteProperty(payouts, payout.id);
  const burns: Record<BurnId, LedgerBurn> = { ...ledger.burns };
  for (const { burn } of payout.versions[0].shares) {
    const paid = burns[burn];
    if (paid !== undefined) burns[burn] = { ...paid, payout: null };
  }
  return { ...ledger, payouts, burns };
}

/**
 * Checks a final payout and all its versions once more, before signatures are asked for: each by the rules of its own
 * block's height, since the members may have changed between two of them.
 */
export function recheckPayout(
  payout: Payout,
  books: Books,
  rulesAt: (height: BlockHeight) => PayoutRules,
): Checked<Payout, PayoutRefusal | ReplacementRefusal> {
  const ledger = without(books.ledger, payout);
  const [first, ...replacements] = payout.versions;
  const checked = checkPayout(entryOf(payout, first), {
    books: { ...books, ledger },
    rules: rulesAt(first.height),
    heldInputs: heldOutputs(livePayouts(ledger)),
    paidBurns: new Set(),
  });
  if (!checked.ok) return checked;
  let sofar: Payout = { ...payout, versions: [first] };
  for (const version of replacements) {
    const replaced = checkReplacement(entryOf(payout, version), sofar, ledger, rulesAt(version.height));
    if (!replaced.ok) return replaced;
    sofar = { ...sofar, versions: [...sofar.versions, version] };
  }
  return accept(payout);
}
