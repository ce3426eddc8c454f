import type { BitcoinHeight, BlockHeight } from '../../primitives/ids.ts';
import { satsToWei, weiToSats, type Sats, type Wei } from '../../primitives/units.ts';
import { type Books, burnedWei, isPaid } from './books.ts';
import { accountedHeight } from './ledger.ts';
import { isDeep, isDeeplySpent, tipOf } from './view.ts';

/** Both sides at one Bitcoin depth, in sat. `surplusSats = reserveSats - liabilitiesSats`, negative when short. */
export interface Solvency {
  readonly reserveSats: bigint;
  readonly supplySats: bigint;
  readonly burnsUnpaidSats: bigint;
  readonly depositsUnmintedSats: bigint;
  readonly rejectedUnreturnedSats: bigint;
  readonly liabilitiesSats: bigint;
  readonly surplusSats: bigint;
  readonly atBitcoinHeight: BitcoinHeight;
  readonly atBlockHeight: BlockHeight;
}

const WEI_PER_SAT = satsToWei(1n as Sats);
/** What is owed is rounded up to a sat, so that no part of one is ever lost from the books. */
const ceilSats = (amountWei: bigint): bigint => (amountWei + WEI_PER_SAT - 1n) / WEI_PER_SAT;
const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

/** Null before the first scanned block. Source: protocol.md, Solvency. */
export function solvencyOf(books: Books): Solvency | null {
  const { view, ledger, depth } = books;
  const tip = tipOf(view);
  if (tip === null) return null;
  const atBlockHeight = accountedHeight(ledger);
  const deep = Object.values(view.outputs).filter((output) => isDeep(view, output, depth));
  const reserveSats = sum(
    deep.filter((output) => !isDeeplySpent(view, output, depth)).map(({ amountSats }) => amountSats),
  );

  const totals = ledger.totals.findLast(({ height }) => height <= atBlockHeight) ?? ledger.totals[0];
  const minted = totals === undefined ? 0n : satsToWei(totals.mintedSats);
  const supplySats = ceilSats(minted - (totals?.burnedFeesWei ?? 0n) - burnedWei(ledger, atBlockHeight));

  const unpaid = Object.values(ledger.burns).map(({ burn, payout }): Wei => {
    if (burn.height > atBlockHeight) return 0n as Wei;
    const known = payout === null ? undefined : ledger.payouts[payout];
    const paid = known !== undefined && isPaid(books, known);
    return paid ? weiToSats(burn.amountWei).remainderWei : burn.amountWei;
  });
  const burnsUnpaidSats = ceilSats(sum([...unpaid, ledger.settledRemaindersWei]));

  const isMinted = (outpoint: keyof typeof ledger.mints): boolean => {
    const mint = ledger.mints[outpoint];
    return mint !== undefined && mint.height <= atBlockHeight;
  };
  const depositsUnmintedSats = sum(
    deep
      .filter(({ origin, outpoint }) => origin.kind === 'deposit' && !isMinted(outpoint))
      .map(({ amountSats }) => amountSats),
  );
  const rejectedUnreturnedSats = sum(
    deep
      .filter((output) => output.origin.kind === 'rejected' && !isDeeplySpent(view, output, depth))
      .map(({ amountSats }) => amountSats),
  );
  const liabilitiesSats = supplySats + burnsUnpaidSats + depositsUnmintedSats + rejectedUnreturnedSats;
  return {
    reserveSats,
    supplySats,
    burnsUnpaidSats,
    depositsUnmintedSats,
    rejectedUnreturnedSats,
    liabilitiesSats,
    surplusSats: reserveSats - liabilitiesSats,
    atBitcoinHeight: tip.height,
    atBlockHeight,
  };
}
