import type { BurnId, Txid } from '../../primitives/ids.ts';
import type { Books } from './books.ts';
import { accountedHeight } from './ledger.ts';
import { isDeep } from './view.ts';

/** At most so many are named; one is enough to freeze. */
const MAX_NAMED = 16;

/**
 * Where the final chain and this node's view of Bitcoin say different things: a mint without its deep deposit, a spend of
 * the federation's outputs that no final block knows, or a burn that the chain itself has paid twice. While there is one, this node signs nothing: either its
 * view lags, and it goes away by itself, or money is at risk. Source: protocol.md, What gates what.
 */
export function contradictionsOf({ view, ledger, depth }: Books): string[] {
  const found: string[] = [];
  for (const { outpoint, amountSats, recipient, height } of Object.values(ledger.mints)) {
    const output = view.outputs[outpoint];
    const where = `the mint of ${outpoint} in final block ${height}`;
    if (output === undefined) found.push(`${where} has no deposit on Bitcoin`);
    else if (output.origin.kind !== 'deposit') found.push(`${where} is of an output that is no valid deposit`);
    else if (output.amountSats !== amountSats)
      found.push(`${where} is of ${amountSats} sat, and ${output.amountSats} were deposited`);
    else if (output.origin.recipient !== recipient) found.push(`${where} is to another account than the deposit names`);
    else if (!isDeep(view, output, depth)) found.push(`${where} is of a deposit without its ${depth} confirmations`);
    if (found.length >= MAX_NAMED) return found;
  }
  const paidBy = new Map<BurnId, Txid>();
  for (const { id, versions } of Object.values(ledger.payouts)) {
    for (const { burn } of versions[0].shares) {
      const other = paidBy.get(burn);
      if (other !== undefined) found.push(`burn ${burn} is paid by the payouts ${other} and ${id}`);
      paidBy.set(burn, id);
      if (found.length >= MAX_NAMED) return found;
    }
  }
  // A payout counts with the burns below it: before they are read, what it pays would look like a shortage.
  const accounted = accountedHeight(ledger);
  const payouts = new Set(
    Object.values(ledger.payouts).flatMap(({ versions }) =>
      versions.flatMap(({ txid, height }) => (height <= accounted ? [txid] : [])),
    ),
  );
  for (const { outpoint, spentBy, origin } of Object.values(view.outputs)) {
    // A rejected deposit that is spent was returned to its owner, by a transaction that pays no burn.
    if (spentBy === null || payouts.has(spentBy.txid) || origin.kind === 'rejected') continue;
    found.push(`${outpoint} is spent by ${spentBy.txid}, which no final block knows`);
    if (found.length >= MAX_NAMED) return found;
  }
  return found;
}
