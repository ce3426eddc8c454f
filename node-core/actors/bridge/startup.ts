import { bridgeMachine } from '../../domain/bridge-machine.ts';
import type { FederationUpdate } from '../../domain/consensus/types.ts';
import { decodeJson } from '../../domain/utxo/json.ts';
import { type PegLedger, accountedHeight, emptyLedger } from '../../domain/utxo/ledger.ts';
import { type BitcoinView, emptyView } from '../../domain/utxo/view.ts';
import type { Trace } from '../../kernel/envelope.ts';
import { CascadingError } from '../../primitives/errors.ts';
import { blockHeight } from '../../primitives/ids.ts';
import type { OperationRecord } from '../../ports/store.ts';
import { type BridgeArgs, timingOf } from './args.ts';
import { federationStateOf } from './federation.ts';
import { ALARM_KEY, BITCOIN_KEY, LEDGER_KEY, UPDATE_KEY } from './keys.ts';
import { keepFinished, operationActors, spawnOperation, viewOfRecord } from './operations.ts';
import { actorRef } from '../../protocol/actors.ts';
import { type Alarm, type BridgeActorState, type BridgeCtx, MAX_FINISHED } from './state.ts';

/** More operations than this at once are no state of a federation's bridge. */
const MAX_OPEN_OPERATIONS = 20_000;
const FIRST_POLL_MS = 0;

/** The state before anything is read, and the reads that it waits for. */
export function initialState(args: BridgeArgs, ctx: BridgeCtx): BridgeActorState {
  const timing = timingOf(args);
  const state: BridgeActorState = {
    args,
    timing,
    actors: operationActors(args.local.supervision),
    chain: actorRef(ctx, 'ChainActor'),
    stream: actorRef(ctx, 'StreamActor'),
    storage: actorRef(ctx, 'StorageActor'),
    machine: bridgeMachine.initial,
    loading: new Set(),
    loaded: [],
    federation: federationStateOf(args.network, emptyLedger),
    pendingUpdate: null,
    searchAgainAt: null,
    view: emptyView,
    ledger: emptyLedger,
    alarm: null,
    contradictions: [],
    solvency: null,
    tip: null,
    caughtUp: false,
    toldTip: null,
    failures: 0,
    feeRateSatsPerVbyte: args.network.bitcoin.minFeeRateSatsPerVbyte,
    scanning: false,
    reorgDepth: 0,
    halted: true,
    haltHeard: false,
    operations: new Map(),
    finished: new Map(),
    stopping: new Map(),
    detections: new Map(),
    pendingScans: new Map(),
    waitingBurns: new Map(),
    offered: null,
    contentHeight: 0,
    toldHeight: blockHeight(0),
    finalMovedAtMs: 0,
    burnsMovedAtMs: 0,
    nextKey: 1,
  };
  for (const name of [BITCOIN_KEY, LEDGER_KEY, ALARM_KEY, UPDATE_KEY]) {
    state.loading.add(name);
    ctx.ask(state.storage, { type: 'GetValue', key: name, name }, loadOptions(state, name));
  }
  for (const [key, terminal, limit] of [
    ['open', false, MAX_OPEN_OPERATIONS],
    ['over', true, MAX_FINISHED],
  ] as const) {
    state.loading.add(key);
    ctx.ask(state.storage, { type: 'LoadOperations', key, terminal, limit }, loadOptions(state, key));
  }
  return state;
}

const loadOptions = ({ timing }: BridgeActorState, key: string) => ({
  timeoutMs: timing.storageTimeoutMs,
  onTimeout: { type: 'BridgeTimeout', what: 'load', key } as const,
});

/** The store could not be read: the supervisor tries again. */
export function failLoad(key: string, reason: string): never {
  throw new CascadingError('BRIDGE_LOAD', `${key} could not be read: ${reason}`);
}

export function onValueRead(state: BridgeActorState, key: string, value: string | null, ctx: BridgeCtx): void {
  if (!state.loading.delete(key)) return;
  if (value !== null) {
    switch (key) {
      case BITCOIN_KEY:
        state.view = decodeJson<BitcoinView>(value);
        break;
      case LEDGER_KEY:
        state.ledger = decodeJson<PegLedger>(value);
        // Up to here anything may have been in the blocks whose burns are still to be read.
        state.contentHeight = state.ledger.finalHeight;
        break;
      case ALARM_KEY:
        state.alarm = decodeJson<Alarm>(value);
        break;
      case UPDATE_KEY:
        // One that has come since the start is newer.
        state.pendingUpdate ??= decodeJson<FederationUpdate>(value);
        break;
    }
  }
  beginWhenLoaded(state, ctx);
}

export function onOperationsLoaded(
  state: BridgeActorState,
  key: string,
  records: readonly OperationRecord[],
  ctx: BridgeCtx,
): void {
  if (!state.loading.delete(key)) return;
  state.loaded.push(...records);
  beginWhenLoaded(state, ctx);
}

/** Everything is read: every operation goes on from its durable state, and what happened meanwhile is asked for. */
function beginWhenLoaded(state: BridgeActorState, ctx: BridgeCtx): void {
  if (state.loading.size > 0) return;
  state.federation = federationStateOf(state.args.network, state.ledger);
  for (const record of state.loaded.splice(0).sort((a, b) => a.createdAtMs - b.createdAtMs)) {
    if (record.terminal) keepFinished(state, record, viewOfRecord(state, record));
    else startOperation(state, record, ctx);
  }
  tellSchedule(state, ctx);
  askWhetherHalted(state, ctx);
  askForFinalBlocks(state, ctx);
  ctx.timer('poll', FIRST_POLL_MS, { type: 'PollBitcoin' });
}

/** A burn's operation begins by asking for its transaction; a deposit's goes on by itself. */
export function startOperation(state: BridgeActorState, record: OperationRecord, ctx: BridgeCtx, trace?: Trace): void {
  const burn = state.ledger.burns[record.id.slice('peg-out:'.length) as keyof typeof state.ledger.burns]?.burn;
  const first = record.kind === 'pegOut' && burn !== undefined ? [{ type: 'BurnEventDetected', burn } as const] : [];
  spawnOperation(state, record, ctx, first, trace);
}

/** StreamActor authenticates governance by the member sets that are kept here. */
export function tellSchedule({ stream, federation }: BridgeActorState, ctx: BridgeCtx): void {
  const { schedule, activeEpoch } = federation;
  ctx.tell(stream, { type: 'FederationSchedule', schedule, activeEpoch });
}

export function askWhetherHalted({ chain, timing }: BridgeActorState, ctx: BridgeCtx): void {
  ctx.ask(
    chain,
    { type: 'RequestChainStatus', requestId: null },
    { timeoutMs: timing.resubmitMs, onTimeout: { type: 'BridgeTimeout', what: 'halted', key: '' } },
  );
}

export function askForFinalBlocks(state: BridgeActorState, ctx: BridgeCtx): void {
  state.finalMovedAtMs = ctx.nowMs;
  state.burnsMovedAtMs = ctx.nowMs;
  ctx.tell(state.chain, { type: 'ReplayFinalized', fromHeight: blockHeight(accountedHeight(state.ledger) + 1) });
}
