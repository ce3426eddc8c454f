import { actorPolicies } from '../../config/supervision.ts';
import type { Behaviour } from '../../kernel/behaviour.ts';
import type { NodePorts } from '../../ports/node-ports.ts';
import type { BridgeMessage, Clearance } from '../../protocol/bridge.ts';
import type { PegValidationResult } from '../../protocol/peg-validation.ts';
import type { BridgeArgs } from './args.ts';
import { onBlock, onBlockHash, onBlockSaved, onTip, poll, resumeScan } from './bitcoin-scan.ts';
import { clearanceFor } from './clearance.ts';
import { askForMissing, onBurn, onBurnSaved, onBurnsScanned, onFinalBlock, onPegInComplete } from './finality.ts';
import { assess, resolveAlarm } from './health.ts';
import { onFederationUpdate } from './member-change.ts';
import { onOperationChanged, onOperationEnded, resumeOperation, tellAll } from './operations.ts';
import { onCreateTransaction } from './payouts.ts';
import { onUndoSaved } from './reorganisation.ts';
import { writeBooks } from './saving.ts';
import { askWhetherHalted, failLoad, initialState, onOperationsLoaded, onValueRead, tellSchedule } from './startup.ts';
import type { BridgeActorState, BridgeCtx } from './state.ts';
import { validatePegs } from './validation.ts';
import { bridgeView } from './view.ts';

export type { BridgeArgs };

function receive(state: BridgeActorState, message: BridgeMessage, ctx: BridgeCtx): BridgeActorState {
  switch (message.type) {
    case 'ValidatePegOperations':
      ctx.reply(ctx.replyTo<PegValidationResult>(message), validatePegs(state, message));
      return state;
    case 'RequestClearance':
      ctx.reply(ctx.replyTo<Clearance>(message), clearanceFor(state, message, ctx));
      return state;
    case 'HaltChanged':
      state.haltHeard = true;
      setHalted(state, message.halted, ctx);
      return state;
    case 'ChainStatusResponse':
      // A change overtakes this answer in the control lane, and is newer.
      if (!state.haltHeard) setHalted(state, message.report.halted, ctx);
      return state;
    case 'FederationConfigUpdate':
      onFederationUpdate(state, message, ctx);
      return state;
    case 'ValueRead':
      onValueRead(state, message.key, message.value, ctx);
      return state;
    case 'OperationsLoaded':
      onOperationsLoaded(state, message.key, message.records, ctx);
      return state;
    case 'StorageFailure':
      onStorageFailure(state, message.key, `${message.code}: ${message.reason}`, ctx);
      return state;
    case 'BridgeTimeout':
      if (message.what === 'halted') askWhetherHalted(state, ctx);
      else if (message.what === 'retry') retryScan(state, message.key, ctx);
      else onStorageFailure(state, message.key, 'no answer in time', ctx);
      return state;
    default:
      // What comes before everything is read is told again: it is asked for when the reading is done.
      if (state.loading.size === 0) receiveLoaded(state, message, ctx);
      return state;
  }
}

function receiveLoaded(state: BridgeActorState, message: BridgeMessage, ctx: BridgeCtx): void {
  switch (message.type) {
    case 'FinalizeBlock':
      onFinalBlock(state, message, ctx);
      return;
    case 'BurnEventDetected':
      onBurn(state, message, ctx);
      return;
    case 'BurnScanCompleted':
      onBurnsScanned(state, message.height, ctx);
      return;
    case 'PegInComplete':
      onPegInComplete(state, message, ctx);
      return;
    case 'RequestFederationSchedule':
      tellSchedule(state, ctx);
      ctx.tell(state.stream, { type: 'HaltChanged', halted: state.halted });
      return;
    case 'PollBitcoin':
      askForMissing(state, ctx);
      poll(state, ctx);
      return;
    case 'BitcoinTipObserved':
      onTip(state, message, ctx);
      return;
    case 'FeeRateObserved':
      state.feeRateSatsPerVbyte = message.feeRateSatsPerVbyte ?? state.feeRateSatsPerVbyte;
      return;
    case 'BitcoinBlockHashObserved':
      onBlockHash(state, message, ctx);
      return;
    case 'BitcoinTransactionDetected':
      state.detections.set(message.operation, ctx.trace);
      return;
    case 'BitcoinBlockObserved':
      onBlock(state, message, ctx);
      return;
    case 'CreateBitcoinTransaction':
      onCreateTransaction(state, message.operation, ctx);
      return;
    case 'OperationChanged':
      onOperationChanged(state, message, ctx);
      return;
    case 'OperationRestarted':
      resumeOperation(state, message.operation, ctx);
      return;
    case 'OperationEnded':
      onOperationEnded(state, message.operation, ctx);
      return;
    case 'ResolveFreeze':
      resolveAlarm(state, message.reason, ctx);
      return;
    case 'ScanPersisted':
      onScanSaved(state, message.key, ctx);
      return;
    default:
      return;
  }
}

function onScanSaved(state: BridgeActorState, key: string, ctx: BridgeCtx): void {
  const pending = state.pendingScans.get(key);
  state.pendingScans.delete(key);
  switch (pending?.kind) {
    case 'block':
      onBlockSaved(state, pending, ctx);
      return;
    case 'undo':
      onUndoSaved(state, pending, ctx);
      assess(state, ctx);
      resumeScan(state, ctx);
      return;
    case 'burn':
      onBurnSaved(state, pending, ctx);
      return;
    case undefined:
      return;
  }
}

function setHalted(state: BridgeActorState, halted: boolean, ctx: BridgeCtx): void {
  if (state.halted === halted) return;
  state.halted = halted;
  ctx.tell(state.stream, { type: 'HaltChanged', halted });
  tellAll(state, { type: 'HaltChanged', halted }, ctx);
}

/** A scan is written again until it is on disk; the rest follows from what is written later. */
function onStorageFailure(state: BridgeActorState, key: string, reason: string, ctx: BridgeCtx): void {
  if (state.loading.has(key)) failLoad(key, reason);
  ctx.log('error', 'the store did not take what the bridge wrote', { key, reason });
  if (state.pendingScans.has(key)) {
    ctx.timer(`retry:${key}`, state.timing.resubmitMs, { type: 'BridgeTimeout', what: 'retry', key });
  }
}

function retryScan(state: BridgeActorState, key: string, ctx: BridgeCtx): void {
  if (state.pendingScans.has(key)) writeBooks(state, key, ctx);
}

/** Watches Bitcoin and the final chain, keeps the books, and has an actor for each peg operation under it. */
export const bridgeActor: Behaviour<BridgeActorState, BridgeMessage, BridgeArgs, Pick<NodePorts, 'bitcoin'>> = {
  name: 'BridgeActor',
  ...actorPolicies.BridgeActor,
  control: ['HaltChanged'],
  init: initialState,
  receive,
  view: bridgeView,
  machineState: (state) => state.machine,
};
