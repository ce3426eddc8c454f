import type { BurnId, Outpoint, Slot, Txid } from '../../primitives/ids.ts';
import { type Wei, wei, weiToSats } from '../../primitives/units.ts';
import { type LedgerBurn, type Mint, type Payout, type PegLedger, anchorOf, latestVersion } from './ledger.ts';
import { type BitcoinView, type FederationOutput, type Spend, isDeep, isDeeplySpent } from './view.ts';

/** Both sides of the peg together: Bitcoin as this node sees it, and the final chain. */
export interface Books {
  readonly view: BitcoinView;
  readonly ledger: PegLedger;
  /** Confirmations after which Bitcoin's word counts. */
  readonly depth: number;
}

/** The transaction that pays a payout, in a block: the spend of its anchor by one of its versions. */
export function paymentOf({ view }: Pick<Books, 'view'>, payout: Payout): Spend | null {
  const spend = view.outputs[anchorOf(payout)]?.spentBy ?? null;
  return spend !== null && payout.versions.some(({ txid }) => txid === spend.txid) ? spend : null;
}

/** Whether a version of the payout is deep on Bitcoin: its burns are paid. */
export function isPaid(books: Books, payout: Payout): boolean {
  const anchor = books.view.outputs[anchorOf(payout)];
  return anchor !== undefined && paymentOf(books, payout) !== null && isDeeplySpent(books.view, anchor, books.depth);
}

/**
 * Whether a payout may spend the output: deep, unspent, and no longer somebody's. A deposit becomes the federation's
 * to spend by its mint; a rejected one stays where it is until it is returned.
 */
export function isSpendable({ view, ledger, depth }: Books, output: FederationOutput): boolean {
  if (output.spentBy !== null || !isDeep(view, output, depth)) return false;
  return (
    output.origin.kind === 'change' || (output.origin.kind === 'deposit' && ledger.mints[output.outpoint] !== undefined)
  );
}

/** Outputs that a live payout spends. */
export const heldOutputs = (payouts: readonly Payout[]): Set<Outpoint> =>
  new Set(payouts.flatMap(({ versions }) => versions.flatMap(({ inputs }) => inputs.map(({ outpoint }) => outpoint))));

/**
 * What has left the books on both sides: a payout whose payment is below the blocks that can be undone, its burns and
 * its spent outputs with their mints. Payouts of slots from `keepFromSlot` on stay, since the payout cap counts them.
 */
export function settle(books: Books, keepFromSlot: Slot): Pick<Books, 'view' | 'ledger'> {
  const { view, ledger } = books;
  const oldest = view.headers[0]?.height ?? 0;
  const isBuried = (spend: Spend | null): boolean => spend !== null && spend.height < oldest;
  const paid = Object.values(ledger.payouts).filter(
    (payout) => payout.confirmed && latestVersion(payout).slot < keepFromSlot && isBuried(paymentOf(books, payout)),
  );
  if (paid.length === 0) return { view, ledger };
  const transactions = new Set<Txid>(paid.flatMap(({ versions }) => versions.map(({ txid }) => txid)));
  const outputs = { ...view.outputs };
  const mints: Record<Outpoint, Mint> = { ...ledger.mints };
  for (const output of Object.values(view.outputs)) {
    if (!isBuried(output.spentBy) || output.spentBy === null || !transactions.has(output.spentBy.txid)) continue;
    Reflect.deleteProperty(outputs, output.outpoint);
    Reflect.deleteProperty(mints, output.outpoint);
  }
  const payouts: Record<Txid, Payout> = { ...ledger.payouts };
  const burns: Record<BurnId, LedgerBurn> = { ...ledger.burns };
  let { settledBurnsWei, settledRemaindersWei } = ledger;
  for (const { id, versions } of paid) {
    Reflect.deleteProperty(payouts, id);
    for (const { burn } of versions[0].shares) {
      const settled = burns[burn];
      if (settled === undefined) continue;
      settledBurnsWei = wei(settledBurnsWei + settled.burn.amountWei);
      settledRemaindersWei = wei(settledRemaindersWei + weiToSats(settled.burn.amountWei).remainderWei);
      Reflect.deleteProperty(burns, burn);
    }
  }
  return {
    view: { ...view, outputs },
    ledger: { ...ledger, mints, payouts, burns, settledBurnsWei, settledRemaindersWei },
  };
}

/** All that was ever burned by the bridge up to the accounted height. */
export const burnedWei = (ledger: PegLedger, upToHeight: number): Wei =>
  Object.values(ledger.burns).reduce(
    (sum, { burn }) => (burn.height <= upToHeight ? wei(sum + burn.amountWei) : sum),
    ledger.settledBurnsWei,
  );
