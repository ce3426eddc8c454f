import type { FederationUpdate } from '../../domain/consensus/types.ts';
import { parseMemberSet } from '../../domain/federation/member-set.ts';
import { nextSet } from '../../domain/federation/succession.ts';
import { retiredSince } from '../../domain/pegin/deposits.ts';
import { encodeJson } from '../../domain/utxo/json.ts';
import { tipOf } from '../../domain/utxo/view.ts';
import { pegInId } from '../../primitives/ids.ts';
import type { FederationConfigUpdate } from '../../protocol/bridge.ts';
import { detectionOf } from './bitcoin-scan.ts';
import { depositRulesOf, federationStateOf } from './federation.ts';
import { UPDATE_KEY } from './keys.ts';
import { tellOperation } from './operations.ts';
import { nextToSearchAgain } from './search-again.ts';
import { tellSchedule } from './startup.ts';
import type { BridgeActorState, BridgeCtx } from './state.ts';

/**
 * Governance wants other members. This node puts the change before the chain, which alone makes it count: the update is
 * kept until a final block holds it, or one of its epoch, or its height has passed.
 */
export function onFederationUpdate(state: BridgeActorState, { update }: FederationConfigUpdate, ctx: BridgeCtx): void {
  const { federation, ledger, loading } = state;
  const next = nextSet(update.update, federation.schedule, ledger.finalHeight);
  // Governance says it once: before the ledger is read it is kept, and dropped by the next final block if it is stale.
  if (!next.ok && loading.size === 0) {
    ctx.log('warn', 'a federation update was refused', { ...next.refusal });
    return;
  }
  ctx.log('info', 'a member change waits for a block', { messageId: update.messageId });
  keepPending(state, update, ctx);
}

function keepPending(state: BridgeActorState, update: FederationUpdate | null, ctx: BridgeCtx): void {
  state.pendingUpdate = update;
  const key = `federation:${state.nextKey++}`;
  ctx.ask(
    state.storage,
    { type: 'PutValue', key, name: UPDATE_KEY, value: update === null ? null : encodeJson(update) },
    { timeoutMs: state.timing.storageTimeoutMs, onTimeout: { type: 'BridgeTimeout', what: 'federation', key } },
  );
}

/** The member change for this node's next block. */
export const updatesToPropose = (state: BridgeActorState): readonly FederationUpdate[] =>
  state.pendingUpdate !== null && handoverRefusal(state, state.pendingUpdate) === null ? [state.pendingUpdate] : [];

/**
 * Why this node doesn't propose or vote for a member change, by its own view of Bitcoin: the new address counts from a
 * block that everybody has, so that no change is paid to it too early, and those before are retired at one that nobody
 * has, so that no deposit is rejected that was one when it was made. Without a view of Bitcoin the members' own word is
 * enough.
 */
export function handoverRefusal(state: BridgeActorState, { update }: FederationUpdate): string | null {
  const handover = parseMemberSet(update)?.handover;
  const tip = tipOf(state.view)?.height;
  if (handover === undefined || tip === undefined || !state.caughtUp) return null;
  const { fromBitcoinHeight, untilBitcoinHeight } = handover;
  if (fromBitcoinHeight > tip)
    return `the new address counts from Bitcoin block ${fromBitcoinHeight}, which isn't there`;
  return untilBitcoinHeight > tip
    ? null
    : `the addresses before would be retired from Bitcoin block ${untilBitcoinHeight}, which is there`;
}

/** A final block is in the ledger: it may have recorded a member set, or be where one takes over. */
export function followMembers(state: BridgeActorState, ctx: BridgeCtx): void {
  const { federation: before, ledger, pendingUpdate } = state;
  const now = federationStateOf(state.args.network, ledger);
  if (pendingUpdate !== null && !nextSet(pendingUpdate.update, now.schedule, ledger.finalHeight).ok)
    keepPending(state, null, ctx);
  const recorded = now.schedule.length > before.schedule.length;
  if (!recorded && now.activeEpoch === before.activeEpoch) return;
  state.federation = now;
  const height = ledger.finalHeight;
  if (recorded) ctx.log('info', 'the chain names the next members', { epoch: now.schedule.at(-1)?.epoch, height });
  else ctx.log('info', 'a new federation is active', { epoch: now.activeEpoch, height });
  if (recorded) {
    retireDeposits(state, ctx);
    // Nothing is judged by a view that lacks the new address; the next poll begins.
    nextToSearchAgain(state);
  }
  tellSchedule(state, ctx);
}

/** What a scan ahead of the chain took for deposits to an address that was retired by then: their operations see it. */
function retireDeposits(state: BridgeActorState, ctx: BridgeCtx): void {
  for (const output of retiredSince(state.view, depositRulesOf(state.federation, state.args.network))) {
    state.view = { ...state.view, outputs: { ...state.view.outputs, [output.outpoint]: output } };
    const id = pegInId(output.outpoint);
    tellOperation(state, id, { type: 'DepositReorganized' }, ctx);
    for (const detected of detectionOf(output)) tellOperation(state, id, detected, ctx);
  }
}
