import { networkSchema, type Network } from '../../config/network.ts';
import {
  bitcoinNetworkOf,
  federationAtEpoch,
  type Federation,
  scheduleEntryAt,
} from '../../domain/federation/address.ts';
import type { DepositRules } from '../../domain/pegin/deposits.ts';
import { assert } from '../../primitives/assert.ts';
import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import { type BlockHeight, type Epoch, epoch } from '../../primitives/ids.ts';
import { sats } from '../../primitives/units.ts';
import type { FederationState } from './state.ts';

/** The member sets as of a final height, and every federation that ever held coins. */
export function federationStateAt(
  network: Network,
  schedule: Network['governance'],
  height: BlockHeight,
): FederationState {
  const active = scheduleEntryAt(schedule, height);
  assert(active !== null, 'the network file has a member set from genesis on');
  const federations = new Map<Epoch, Federation>();
  for (const entry of schedule) {
    const set = federationAtEpoch(schedule, epoch(entry.epoch));
    assert(set !== null, 'every epoch of the schedule has its federation');
    federations.set(epoch(entry.epoch), set.federation);
  }
  const current = federations.get(epoch(active.epoch));
  assert(current !== undefined, 'the active epoch has a federation');
  const { bitcoin, bridge } = network;
  return {
    schedule,
    activeEpoch: epoch(active.epoch),
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
      activeEpoch: epoch(active.epoch),
    },
  };
}

export const depositRulesOf = ({ rules, activeEpoch }: FederationState, network: Network): DepositRules => ({
  watched: [...rules.federations].map(([of, { scriptPubKey }]) => ({
    scriptPubKey,
    epoch: of,
    retired: of < activeEpoch,
  })),
  minDepositSats: sats(BigInt(network.bitcoin.minDepositSats)),
});

/**
 * Adds a member set that governance signed for. It takes effect at a height to come, in the next epoch; sets in the
 * schedule are never changed, so coins of retired federations stay spendable by their members (INV-20).
 */
export function withUpdate(
  schedule: Network['governance'],
  update: string,
  finalHeight: BlockHeight,
): Checked<Network['governance'], 'UPDATE_MALFORMED' | 'UPDATE_EPOCH' | 'UPDATE_HEIGHT' | 'UPDATE_KEYS'> {
  const parsed = parseEntry(update);
  if (parsed === null) return refuse('UPDATE_MALFORMED', 'the update is no member set');
  const last = schedule.reduce((newest, entry) => (entry.epoch > newest.epoch ? entry : newest));
  if (parsed.epoch !== last.epoch + 1) return refuse('UPDATE_EPOCH', `the next epoch is ${last.epoch + 1}`);
  if (parsed.activationHeight <= Math.max(finalHeight, last.activationHeight)) {
    return refuse('UPDATE_HEIGHT', `height ${parsed.activationHeight} is not to come`);
  }
  const next = [...schedule, parsed];
  try {
    federationAtEpoch(next, epoch(parsed.epoch));
  } catch (error) {
    return refuse('UPDATE_KEYS', error instanceof Error ? error.message : String(error));
  }
  return accept(next);
}

function parseEntry(text: string): Network['governance'][number] | null {
  try {
    const parsed = networkSchema.shape.governance.element.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
