import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import { type Epoch, compareOutpoints } from '../../primitives/ids.ts';
import { MAX_PAYOUT_INPUTS } from '../consensus/ssz.ts';
import type { FederationOutput } from '../utxo/view.ts';

/**
 * Coins for `targetSats`: of one epoch's federation, since its members sign all inputs or none, the oldest that has
 * enough, so that retired addresses empty themselves; there the largest first, by outpoint where equal, until the sum
 * is the target or leaves change that isn't dust. The same coins give the same choice on every node.
 */
export function selectCoins(
  coins: readonly FederationOutput[],
  targetSats: bigint,
  dustSats: bigint,
): Checked<readonly FederationOutput[], 'COINS_MISSING'> {
  const epochs = [...new Set(coins.map(({ epoch }) => epoch))].sort((a, b) => a - b);
  for (const epoch of epochs) {
    const chosen = selectOfEpoch(coins, epoch, targetSats, dustSats);
    if (chosen !== null) return accept(chosen);
  }
  const available = coins.reduce((sum, { amountSats }) => sum + amountSats, 0n);
  return refuse('COINS_MISSING', `${available} sat can be spent now, and ${targetSats} sat are to be paid`);
}

function selectOfEpoch(
  coins: readonly FederationOutput[],
  epoch: Epoch,
  targetSats: bigint,
  dustSats: bigint,
): readonly FederationOutput[] | null {
  const ordered = coins
    .filter((coin) => coin.epoch === epoch)
    .sort((a, b) => Number(b.amountSats - a.amountSats) || compareOutpoints(a.outpoint, b.outpoint))
    .slice(0, MAX_PAYOUT_INPUTS);
  const chosen: FederationOutput[] = [];
  let sum = 0n;
  for (const coin of ordered) {
    chosen.push(coin);
    sum += coin.amountSats;
    if (sum === targetSats || sum >= targetSats + dustSats) return chosen;
  }
  return null;
}
