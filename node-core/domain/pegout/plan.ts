import { assert } from '../../primitives/assert.ts';
import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import type { BurnId } from '../../primitives/ids.ts';
import { type Sats, sats } from '../../primitives/units.ts';
import { MAX_PAYOUT_SHARES } from '../consensus/ssz.ts';
import type { PayoutInput, PegOutEntry } from '../consensus/types.ts';
import type { Federation } from '../federation/address.ts';
import { payoutVsize } from '../federation/payout-signing.ts';
import type { FederationOutput } from '../utxo/view.ts';
import { selectCoins } from './coin-selection.ts';
import { type PayoutOutput, buildPayoutTransaction } from './payout-transaction.ts';
import { type PayableBurn, type PayoutRules, compareBurns, feeShares } from './rules.ts';

export type ProposedPayout = Extract<PegOutEntry, { readonly status: 'Proposed' }>;
export type PlanRefusal = 'COINS_MISSING' | 'CAP_REACHED' | 'FEE_ABOVE_BURN';

export interface PayoutPlan {
  readonly entry: ProposedPayout;
  /** Burns that this payout had to leave out, with what they wait for. */
  readonly leftOut: readonly { readonly burn: BurnId; readonly reason: string }[];
}

export interface PlanRequest {
  /** At least one; any order. */
  readonly burns: readonly PayableBurn[];
  /** What may be spent now. */
  readonly coins: readonly FederationOutput[];
  /** sat/vB; brought inside the network's bounds. */
  readonly feeRateSatsPerVbyte: number;
  /** What this node still lets out today. */
  readonly capLeftSats: bigint;
  readonly rules: PayoutRules;
}

/**
 * The payout that this node would propose: the burns in log order, as many as the coins and the cap allow; a burn that
 * doesn't fit is left out and holds up no other. Refused only when none fits, which is a state with a reason and stops
 * no block (HOLE-6).
 */
export function planPayout(request: PlanRequest): Checked<PayoutPlan, PlanRefusal> {
  const { coins, rules, capLeftSats } = request;
  const available = coins.reduce((sum, { amountSats }) => sum + amountSats, 0n);
  const leftOut: { burn: BurnId; reason: string }[] = [];
  let included: PayableBurn[] = [];
  let total = 0n;
  let firstRefusal: { readonly code: PlanRefusal; readonly reason: string } | null = null;
  const leave = (payable: PayableBurn, code: PlanRefusal, reason: string): void => {
    leftOut.push({ burn: payable.burn.id, reason });
    firstRefusal ??= { code, reason };
  };
  for (const payable of request.burns.toSorted((a, b) => compareBurns(a.burn, b.burn)).slice(0, MAX_PAYOUT_SHARES)) {
    const next = total + payable.amountSats;
    if (next > capLeftSats)
      leave(payable, 'CAP_REACHED', `the payout cap of this node leaves ${capLeftSats} sat today`);
    else if (next > available) leave(payable, 'COINS_MISSING', `${available} sat can be spent now`);
    else {
      included.push(payable);
      total = next;
    }
  }
  while (included.length > 0) {
    const selected = selectCoins(coins, total, rules.dustSats);
    if (selected.ok) {
      const entry = composePayout(included, selected.value, request.feeRateSatsPerVbyte, rules);
      return entry.ok ? accept({ entry: entry.value, leftOut }) : entry;
    }
    const last = included.at(-1);
    assert(last !== undefined, 'there is a burn to leave out');
    included = included.slice(0, -1);
    total -= last.amountSats;
    leave(last, selected.refusal.code, selected.refusal.reason);
  }
  const { code, reason } = firstRefusal ?? { code: 'COINS_MISSING' as const, reason: 'there is no burn to pay' };
  return refuse(code, reason);
}

/** Puts a payout together whose coins are chosen. Its fee is taken from the burns alone, so change is coins less burns. */
export function composePayout(
  burns: readonly PayableBurn[],
  coins: readonly PayoutInput[],
  feeRateSatsPerVbyte: number,
  rules: PayoutRules,
): Checked<ProposedPayout, 'FEE_ABOVE_BURN'> {
  const { minFeeRateSatsPerVbyte, maxFeeRateSatsPerVbyte, dustSats } = rules;
  const rate = Math.min(maxFeeRateSatsPerVbyte, Math.max(minFeeRateSatsPerVbyte, Math.ceil(feeRateSatsPerVbyte)));
  const inputs = coins.map(({ outpoint, amountSats, epoch }) => ({ outpoint, amountSats, epoch }));
  const outpoints = inputs.map(({ outpoint }) => outpoint);
  const change = changeOf(burns, coins, rules);
  const payees = burns.map(({ scriptPubKey, amountSats }): PayoutOutput => ({ scriptPubKey, amountSats }));
  const draft = buildPayoutTransaction(outpoints, [...payees, ...change]);
  const feeSats =
    BigInt(rate) *
    BigInt(
      payoutVsize(
        draft.unsignedTx,
        coins.map((coin) => federationOf(coin, rules)),
      ),
    );
  const shares = feeShares(feeSats, burns.length).map((feeShareSats, index) => {
    const payable = burns[index];
    assert(payable !== undefined, 'every share has its burn');
    return { burn: payable.burn.id, feeShareSats, burnSats: payable.amountSats };
  });
  const short = shares.find(({ burnSats, feeShareSats }) => burnSats - feeShareSats < dustSats);
  if (short !== undefined) {
    return refuse('FEE_ABOVE_BURN', `${short.burnSats} sat less a fee of ${short.feeShareSats} sat are dust`);
  }
  const outputs = payees.map(({ scriptPubKey, amountSats }, index): PayoutOutput => ({
    scriptPubKey,
    amountSats: sats(amountSats - (shares[index]?.feeShareSats ?? 0n)),
  }));
  const { txid, unsignedTx } = buildPayoutTransaction(outpoints, [...outputs, ...change]);
  return accept({
    status: 'Proposed',
    id: txid,
    txid,
    unsignedTx,
    inputs,
    shares: shares.map(({ burn, feeShareSats, burnSats }) => ({
      burn,
      outputSats: sats(burnSats - feeShareSats),
      feeShareSats,
    })),
  });
}

/** None when the coins are exactly the burns. */
export function changeOf(
  burns: readonly { readonly amountSats: Sats }[],
  coins: readonly { readonly amountSats: Sats }[],
  rules: PayoutRules,
): readonly PayoutOutput[] {
  const sum = (amounts: readonly { readonly amountSats: Sats }[]): bigint =>
    amounts.reduce((total, { amountSats }) => total + amountSats, 0n);
  const amountSats = sum(coins) - sum(burns);
  if (amountSats === 0n) return [];
  const active = rules.federations.get(rules.activeEpoch);
  assert(active !== undefined, 'the active epoch has a federation');
  return [{ scriptPubKey: active.scriptPubKey, amountSats: sats(amountSats) }];
}

/** Whose output it is. */
export function federationOf({ epoch }: Pick<PayoutInput, 'epoch'>, { federations }: PayoutRules): Federation {
  const federation = federations.get(epoch);
  assert(federation !== undefined, `epoch ${epoch} has a federation`);
  return federation;
}
