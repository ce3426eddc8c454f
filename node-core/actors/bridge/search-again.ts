import type { WatchedScript } from '../../domain/pegin/deposits.ts';
import { tipOf } from '../../domain/utxo/view.ts';
import { type BitcoinHeight, bitcoinHeight } from '../../primitives/ids.ts';
import { depositRulesOf } from './federation.ts';
import type { BridgeActorState } from './state.ts';

/** The addresses that the scanned blocks were not searched for: their members were not known then. */
export const missingAddresses = ({ federation, args, view }: BridgeActorState): readonly WatchedScript[] =>
  depositRulesOf(federation, args.network).watched.filter(({ epoch }) => !view.searchedFor.includes(epoch));

/** Whether a block was scanned before: it can only be one that is searched once more. */
export const isScanned = ({ view }: BridgeActorState, height: BitcoinHeight): boolean =>
  height <= (tipOf(view)?.height ?? -1);

/**
 * The next scanned block that is to be searched once more, for addresses that became known after it was scanned; null
 * when all are searched. So what a node holds for the federation's outputs depends on Bitcoin and the chain alone, and
 * not on which of them it read first.
 */
export function nextToSearchAgain(state: BridgeActorState): BitcoinHeight | null {
  const missing = missingAddresses(state);
  if (missing.length === 0) return null;
  const tip = tipOf(state.view);
  const from = Math.min(...missing.map(({ fromHeight }) => fromHeight));
  const next = state.searchAgainAt ?? bitcoinHeight(from);
  if (tip !== null && next <= tip.height) {
    state.searchAgainAt = next;
    // Until it is done this node's view is no view.
    state.caughtUp = false;
    state.toldTip = null;
    return next;
  }
  state.searchAgainAt = null;
  const searchedFor = [...state.view.searchedFor, ...missing.map(({ epoch }) => epoch)];
  state.view = { ...state.view, searchedFor };
  return null;
}
