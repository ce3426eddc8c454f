import type { Slot } from '../../primitives/ids.ts';
import type { Payout, PegLedger, UnsignedPayoutEntry } from '../utxo/ledger.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** What a payout takes from the federation, fee included. */
export const payoutTotal = ({ shares }: Pick<UnsignedPayoutEntry, 'shares'>): bigint =>
  shares.reduce((sum, { outputSats, feeShareSats }) => sum + outputSats + feeShareSats, 0n);

export interface PayoutCap {
  readonly capSats: bigint;
  readonly slotDurationMs: number;
}

/** The slot from which payouts count against the cap. */
export const capWindowStart = (slot: Slot, { slotDurationMs }: Pick<PayoutCap, 'slotDurationMs'>): Slot =>
  Math.max(0, slot - Math.floor(DAY_MS / slotDurationMs)) as Slot;

/**
 * What this node still lets out at `now`: its rolling cap less the payouts of final blocks of the last 24 hours of
 * slots. For a payout that is final itself only those before it count, so that of two the first goes first. Never
 * negative; at zero nothing goes out (fails closed).
 */
export function capLeftSats(ledger: PegLedger, now: Slot, cap: PayoutCap, final: Payout | null = null): bigint {
  const from = capWindowStart(now, cap);
  const out = Object.values(ledger.payouts)
    .filter(
      ({ id, versions: [{ slot }] }) =>
        slot >= from && (final === null || (id !== final.id && slot <= final.versions[0].slot)),
    )
    .reduce((sum, { versions }) => sum + payoutTotal(versions[0]), 0n);
  return out >= cap.capSats ? 0n : cap.capSats - out;
}
