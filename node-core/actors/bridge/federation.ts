import type { Network } from '../../config/network.ts';
import {
  bitcoinNetworkOf,
  federationAtEpoch,
  type Federation,
  scheduleEntryAt,
} from '../../domain/federation/address.ts';
import { scheduleOf } from '../../domain/federation/succession.ts';
import type { DepositRules } from '../../domain/pegin/deposits.ts';
import type { PayoutRules } from '../../domain/pegout/rules.ts';
import type { PegLedger } from '../../domain/utxo/ledger.ts';
import { assert } from '../../primitives/assert.ts';
import { type BlockHeight, type Epoch, bitcoinHeight, epoch } from '../../primitives/ids.ts';
import { sats } from '../../primitives/units.ts';
import type { FederationState } from './state.ts';

/** The member sets as of the final chain, and every federation that it knows. */
export function federationStateOf(
  network: Network,
  { memberSets, finalHeight }: Pick<PegLedger, 'memberSets' | 'finalHeight'>,
): FederationState {
  const schedule = scheduleOf(network.governance, memberSets);
  const active = scheduleEntryAt(schedule, finalHeight);
  assert(active !== null, 'the network file has a member set from genesis on');
  const federations = new Map<Epoch, Federation>();
  for (const entry of schedule) {
    const set = federationAtEpoch(schedule, epoch(entry.epoch));
    assert(set !== null, 'every epoch of the schedule has its federation');
    federations.set(epoch(entry.epoch), set.federation);
  }
  const activeEpoch = epoch(active.epoch);
  const current = federations.get(activeEpoch);
  assert(current !== undefined, 'the active epoch has a federation');
  const { bitcoin, bridge } = network;
  return {
    schedule,
    activeEpoch,
    members: active.members,
    threshold: current.threshold,
    rules: {
      bitcoinNetwork: bitcoinNetworkOf(bitcoin.network),
      minPegOutSats: sats(BigInt(bridge.minPegOutSats)),
      maxPegOutSats: sats(BigInt(bridge.maxPegOutSats)),
      dustSats: sats(BigInt(bridge.dustSats)),
      minFeeRateSatsPerVbyte: bitcoin.minFeeRateSatsPerVbyte,
      maxFeeRateSatsPerVbyte: bitcoin.maxFeeRateSatsPerVbyte,
      federations,
      knownSince: new Map(memberSets.map(({ recordedHeight, set }) => [epoch(set.epoch), recordedHeight])),
      activeEpoch,
    },
  };
}

/** The rules of a payout that a block of this final height proposes. */
export function payoutRulesAt({ rules, schedule }: FederationState, height: BlockHeight): PayoutRules {
  const active = scheduleEntryAt(schedule, height);
  return active === null ? rules : { ...rules, activeEpoch: epoch(active.epoch) };
}

/** What the scan looks for: each address from where it takes over until where the next one has. */
export const depositRulesOf = ({ rules, schedule }: FederationState, { bitcoin }: Network): DepositRules => ({
  watched: schedule.flatMap(({ epoch: of, handover }, index) => {
    const federation = rules.federations.get(epoch(of));
    const until = schedule[index + 1]?.handover?.untilBitcoinHeight;
    return federation === undefined
      ? []
      : [
          {
            scriptPubKey: federation.scriptPubKey,
            epoch: epoch(of),
            fromHeight: bitcoinHeight(Math.max(handover?.fromBitcoinHeight ?? 0, bitcoin.startHeight)),
            retiredFrom: until === undefined ? null : bitcoinHeight(until),
          },
        ];
  }),
  minDepositSats: sats(BigInt(bitcoin.minDepositSats)),
});
