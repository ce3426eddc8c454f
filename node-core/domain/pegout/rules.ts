import type { Network as BitcoinNetwork } from 'bitcoinjs-lib';
import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import type { BlockHeight, Epoch } from '../../primitives/ids.ts';
import { type Sats, weiToSats } from '../../primitives/units.ts';
import type { Burn } from '../consensus/types.ts';
import type { Federation } from '../federation/address.ts';
import { checkDestination, type DestinationRefusal } from './destination.ts';

/** What every node of a network holds alike about payouts. */
export interface PayoutRules {
  readonly bitcoinNetwork: BitcoinNetwork;
  /** Both inclusive. */
  readonly minPegOutSats: Sats;
  readonly maxPegOutSats: Sats;
  readonly dustSats: Sats;
  readonly minFeeRateSatsPerVbyte: number;
  readonly maxFeeRateSatsPerVbyte: number;
  /** Every federation that is known, by epoch. */
  readonly federations: ReadonlyMap<Epoch, Federation>;
  /** Heights of the blocks that made them known; 0 for those of the network file, which aren't in it. */
  readonly knownSince: ReadonlyMap<Epoch, BlockHeight>;
  /** Of the members at the height of the block that proposes: change goes to their address. */
  readonly activeEpoch: Epoch;
}

/** The federation's addresses that a block of this height knows. */
const federationScripts = ({ federations, knownSince }: PayoutRules, height: BlockHeight): Set<string> =>
  new Set(
    [...federations].flatMap(([of, { scriptPubKey }]) => ((knownSince.get(of) ?? 0) <= height ? [scriptPubKey] : [])),
  );

/** A burn that can be paid, and to what. A remainder below a sat is never paid (INV-8). */
export interface PayableBurn {
  readonly burn: Burn;
  readonly amountSats: Sats;
  readonly scriptPubKey: string;
}

export type BurnRefusal = DestinationRefusal | 'BELOW_MINIMUM' | 'ABOVE_MAXIMUM';

/** Whether a burn can ever be paid. Depends on nothing but the burn and the blocks up to its own, so all nodes agree. */
export function checkBurn(burn: Burn, rules: PayoutRules): Checked<PayableBurn, BurnRefusal> {
  const amountSats = weiToSats(burn.amountWei).quotientSats;
  const { minPegOutSats, maxPegOutSats } = rules;
  if (amountSats < minPegOutSats) {
    return refuse('BELOW_MINIMUM', `${amountSats} sat are below the minimum of ${minPegOutSats} sat`);
  }
  if (amountSats > maxPegOutSats) {
    return refuse('ABOVE_MAXIMUM', `${amountSats} sat are above the maximum of ${maxPegOutSats} sat`);
  }
  const destination = checkDestination(burn.destination, rules.bitcoinNetwork, federationScripts(rules, burn.height));
  if (!destination.ok) return destination;
  return accept({ burn, amountSats, scriptPubKey: destination.value });
}

/** The order in which burns are paid: that of their logs in the chain. */
export const compareBurns = (a: Burn, b: Burn): number => a.height - b.height || a.logIndex - b.logIndex;

/** One fee split over `count` shares: the floor for each, and the remainder to the first, one sat each. */
export function feeShares(feeSats: bigint, count: number): Sats[] {
  const [floor, remainder] = [feeSats / BigInt(count), feeSats % BigInt(count)];
  return Array.from({ length: count }, (_, index) => (floor + (BigInt(index) < remainder ? 1n : 0n)) as Sats);
}
