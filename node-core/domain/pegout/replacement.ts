import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import type { Sats } from '../../primitives/units.ts';
import type { PegOutEntry } from '../consensus/types.ts';
import { payoutVsize } from '../federation/payout-signing.ts';
import { type Payout, type PegLedger, type UnsignedPayoutEntry, latestVersion } from '../utxo/ledger.ts';
import { type PayoutRefusal, checkTransaction } from './check.ts';
import { composePayout, federationOf } from './plan.ts';
import { type PayableBurn, type PayoutRules, checkBurn } from './rules.ts';

/** A replacement pays at least this much more for its own relay. Source: BIP-125 rule 4, Bitcoin Core's incremental relay fee. */
const INCREMENTAL_RATE_SATS_PER_VBYTE = 1n;

export type ReplacedPayout = Extract<PegOutEntry, { readonly status: 'Replaced' }>;
export type ReplacementRefusal =
  PayoutRefusal | 'PAYOUT_NOT_LIVE' | 'REPLACEMENT_INPUTS' | 'REPLACEMENT_FEE' | 'FEE_ABOVE_BURN';

const feeOf = ({ shares }: { readonly shares: readonly { readonly feeShareSats: Sats }[] }): bigint =>
  shares.reduce((sum, { feeShareSats }) => sum + feeShareSats, 0n);

/** The fee rate of a payout's newest version, sat/vB, rounded down. */
export function feeRateOf(payout: Payout, rules: PayoutRules): number {
  const version = latestVersion(payout);
  const vsize = payoutVsize(
    version.unsignedTx,
    version.inputs.map((input) => federationOf(input, rules)),
  );
  return Number(feeOf(version) / BigInt(vsize));
}

/**
 * A fee bump: the same inputs, so that it conflicts with every earlier version (HOLE-14), the same burns and change; the
 * higher fee comes out of the burns' outputs.
 */
export function planReplacement(
  payout: Payout,
  feeRateSatsPerVbyte: number,
  ledger: PegLedger,
  rules: PayoutRules,
): Checked<ReplacedPayout, ReplacementRefusal> {
  const burns = burnsOf(payout, ledger, rules);
  if (!burns.ok) return burns;
  const { inputs } = latestVersion(payout);
  const composed = composePayout(burns.value, inputs, feeRateSatsPerVbyte, rules);
  if (!composed.ok) return composed;
  const entry: ReplacedPayout = { ...composed.value, status: 'Replaced', id: payout.id };
  const checked = checkReplacement(entry, payout, ledger, rules);
  return checked.ok ? accept(entry) : checked;
}

/** Whether a fee bump pays the same burns from the same inputs, with a higher fee that nodes relay. */
export function checkReplacement(
  entry: UnsignedPayoutEntry,
  payout: Payout,
  ledger: PegLedger,
  rules: PayoutRules,
): Checked<UnsignedPayoutEntry, ReplacementRefusal> {
  if (payout.confirmed) return refuse('PAYOUT_NOT_LIVE', `payout ${payout.id} is paid`);
  if (entry.id !== payout.id || payout.versions.some(({ txid }) => txid === entry.txid)) {
    return refuse('PAYOUT_IDENTITY', 'a replacement is another version of a live payout');
  }
  const previous = latestVersion(payout);
  const sameInputs =
    entry.inputs.length === previous.inputs.length &&
    entry.inputs.every(({ outpoint, amountSats, epoch }, index) => {
      const before = previous.inputs[index];
      return before?.outpoint === outpoint && before.amountSats === amountSats && before.epoch === epoch;
    });
  if (!sameInputs) return refuse('REPLACEMENT_INPUTS', 'a replacement spends exactly the inputs of what it replaces');
  const burns = burnsOf(payout, ledger, rules);
  if (!burns.ok) return burns;
  const sameBurns =
    entry.shares.length === burns.value.length &&
    entry.shares.every(({ burn }, index) => burn === burns.value[index]?.burn.id);
  if (!sameBurns) return refuse('BURN_ORDER', 'a replacement pays exactly the burns of what it replaces');
  const vsize = payoutVsize(
    entry.unsignedTx,
    entry.inputs.map((input) => federationOf(input, rules)),
  );
  const least = feeOf(previous) + INCREMENTAL_RATE_SATS_PER_VBYTE * BigInt(vsize);
  if (feeOf(entry) < least) return refuse('REPLACEMENT_FEE', `a fee of ${feeOf(entry)} sat is below ${least} sat`);
  return checkTransaction(entry, burns.value, rules);
}

function burnsOf(
  payout: Payout,
  ledger: PegLedger,
  rules: PayoutRules,
): Checked<readonly PayableBurn[], PayoutRefusal> {
  const payable: PayableBurn[] = [];
  for (const { burn: id } of payout.versions[0].shares) {
    const known = ledger.burns[id];
    if (known === undefined) return refuse('BURN_UNKNOWN', `${id} is no final burn that this node knows`);
    const checked = checkBurn(known.burn, rules);
    if (!checked.ok) return refuse('BURN_REFUSED', `${id}: ${checked.refusal.reason}`);
    payable.push(checked.value);
  }
  return accept(payable);
}
