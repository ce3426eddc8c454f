import { actorPolicies } from '../../../config/supervision.ts';
import { pegOutMachine } from '../../../domain/pegout/machine.ts';
import { type PegOut, notePegOut, stepPegOut, withSignatures } from '../../../domain/pegout/operation.ts';
import { decodeJson } from '../../../domain/utxo/json.ts';
import type { Behaviour } from '../../../kernel/behaviour.ts';
import type { NodePorts } from '../../../ports/node-ports.ts';
import { actorRef } from '../../../protocol/actors.ts';
import type { PegOutMessage } from '../../../protocol/bridge.ts';
import type { OperationArgs } from '../operation/args.ts';
import { isOnDisk, noteWritten, nothingToKeep } from '../operation/keeping.ts';
import { correlationOfPegOut } from '../operation/view.ts';
import { broadcast, confirm, onBroadcast, onConfirmed } from './payment.ts';
import { onClearance, onCollected, onFinal } from './signing.ts';
import { block, type PegOutActorState, type PegOutCtx, save, tellBridge, viewOf, wait, write } from './state.ts';

function init(args: OperationArgs, ctx: PegOutCtx): PegOutActorState {
  const first = !ctx.restarted;
  const pegOut = decodeJson<PegOut>(args.record.data);
  const state: PegOutActorState = {
    args,
    bridge: actorRef(ctx, 'BridgeActor'),
    stream: actorRef(ctx, 'StreamActor'),
    storage: actorRef(ctx, 'StorageActor'),
    keeping: nothingToKeep(),
    pegOut: first ? pegOut : null,
    story: { correlationId: correlationOfPegOut(pegOut), cause: null },
    signing: null,
    confirmations: args.confirmations,
    halted: args.halted,
    asking: false,
    paused: false,
    blocker: null,
  };
  if (!first) ctx.tell(state.bridge, { type: 'OperationRestarted', operation: args.record.id });
  // One that was over is started because there is more to come, which may undo its end.
  else if (!args.record.terminal) actInSight(state, ctx);
  return state;
}

function receive(state: PegOutActorState, message: PegOutMessage, ctx: PegOutCtx): PegOutActorState {
  if (message.type === 'ResumeOperation') {
    if (state.pegOut !== null) return state;
    state.pegOut = decodeJson<PegOut>(message.record.data);
    begin(state, state.pegOut, ctx);
    act(state, ctx);
    return state;
  }
  // In the control lane it may come before the record.
  if (message.type === 'HaltChanged') {
    state.halted = message.halted;
    if (!message.halted) act(state, ctx);
    if (!state.args.record.terminal) tellBridge(state, ctx);
    return state;
  }
  const { pegOut } = state;
  // A restarted actor that has no record yet: all that is dropped here comes again.
  if (pegOut === null) return state;
  switch (message.type) {
    case 'BurnEventDetected':
      state.story = ctx.trace;
      begin(state, pegOut, ctx);
      break;
    case 'PayoutPlanned':
      state.story = ctx.trace;
      block(state, 'its payout has to stand in a final block', ctx);
      break;
    case 'PayoutBlocked':
      state.story = ctx.trace;
      block(state, message.reason, ctx);
      break;
    case 'PayoutFinal':
      onFinal(state, pegOut, message, ctx);
      break;
    case 'Clearance':
      onClearance(state, pegOut, message, ctx);
      break;
    case 'SignatureProgress': {
      if (pegOut.state !== 'CollectingSignatures' || message.txid !== pegOut.payout?.entry.txid) break;
      const { member, signed, reason, signatures } = message;
      const change = { signatures: withSignatures(pegOut.signatures, { member, signatures, reason }) };
      save(
        state,
        notePegOut(pegOut, signed ? 'MemberSigned' : 'MemberRefused', ctx.nowMs, change, `member ${member}`),
        ctx,
      );
      break;
    }
    case 'CollectedSignatures':
      state.asking = false;
      onCollected(state, pegOut, message, ctx);
      break;
    case 'BroadcastDone':
      onBroadcast(state, pegOut, message.failure, ctx);
      break;
    case 'PayoutSeen':
      if (pegOut.state !== 'ProcessingPegOut') confirm(state, message, ctx);
      break;
    case 'TransactionConfirmed':
      onConfirmed(state, pegOut, message, ctx);
      break;
    case 'PayoutReorganized': {
      const event = pegOut.rawTx === null ? 'SignaturesMissing' : 'PayoutReorganized';
      if (!pegOutMachine.can(pegOut.state, event)) break;
      state.confirmations = 0;
      save(state, stepPegOut(pegOut, event, ctx.nowMs, { confirmedTxid: null, bitcoinHeight: null }), ctx);
      break;
    }
    case 'Resubmit':
      state.paused = false;
      if (isOnDisk(state.keeping)) act(state, ctx);
      else write(state, pegOut, ctx);
      break;
    case 'OperationPersisted':
      if (noteWritten(state.keeping, message.key)) actInSight(state, ctx);
      break;
    case 'StorageFailure':
      wait(state, `the store failed: ${message.reason}`, ctx);
      break;
    case 'BridgeTimeout':
      if (message.what === 'confirm') break;
      if (message.what !== 'persist') state.asking = false;
      wait(state, message.what === 'persist' ? 'the store did not answer' : 'no answer in time', ctx);
      break;
    default:
      ctx.log('warn', 'unexpected message', { type: message.type });
  }
  return state;
}

/** As `act`, and says what it waits for now (INV-10). */
function actInSight(state: PegOutActorState, ctx: PegOutCtx): void {
  act(state, ctx);
  tellBridge(state, ctx);
}

/** What the durable state asks to be done. Every effect of it may run again: after a crash it does. */
function act(state: PegOutActorState, ctx: PegOutCtx): void {
  const { pegOut, story, args } = state;
  if (pegOut === null || !isOnDisk(state.keeping) || state.paused) return;
  switch (pegOut.state) {
    case 'CollectingSignatures':
      if (state.asking || state.halted) return;
      state.asking = true;
      ctx.ask(
        state.bridge,
        { type: 'RequestClearance', operation: args.record.id, what: 'signatures' },
        {
          trace: story,
          timeoutMs: args.timing.resubmitMs,
          onTimeout: { type: 'BridgeTimeout', what: 'clearance', key: args.record.id },
        },
      );
      return;
    case 'Broadcasting':
      if (!state.asking && !state.halted) broadcast(state, pegOut, ctx);
      return;
    case 'Confirming':
      if (pegOut.bitcoinHeight !== null) return;
      // A mempool may have lost it: known transactions are taken again as known.
      if (!state.asking && !state.halted) broadcast(state, pegOut, ctx);
      return;
    case 'ProcessingPegOut':
    case 'Rejected':
    case 'Completed':
      ctx.cancelTimer('resubmit');
  }
}

/** A burn that can't be paid ends here; for the others BridgeActor builds the transaction. */
function begin(state: PegOutActorState, pegOut: PegOut, ctx: PegOutCtx): void {
  if (pegOut.state !== 'ProcessingPegOut') return;
  if (pegOut.rejection === null) {
    ctx.tell(
      state.bridge,
      { type: 'CreateBitcoinTransaction', operation: state.args.record.id },
      { trace: state.story },
    );
    return;
  }
  ctx.log('warn', 'burn rejected', { burn: pegOut.burn.id, reason: pegOut.rejection });
  save(state, stepPegOut(pegOut, 'BurnRefused', ctx.nowMs, {}, pegOut.rejection), ctx);
}

/** One burn. A payout may pay several: each goes on by itself, and broadcasting one transaction twice is harmless. */
export const pegOutActor: Behaviour<PegOutActorState, PegOutMessage, OperationArgs, Pick<NodePorts, 'bitcoin'>> = {
  name: 'PegOut',
  ...actorPolicies.PegOut,
  control: ['HaltChanged'],
  init,
  receive,
  view: (state) => (state.pegOut === null ? null : viewOf(state, state.pegOut)),
  machineState: (state) => state.pegOut?.state ?? pegOutMachine.initial,
};
