import { actorPolicies } from '../../config/supervision.ts';
import { finalizePayout } from '../../domain/federation/payout-signing.ts';
import { pegOutMachine } from '../../domain/pegout/machine.ts';
import { type PegOut, notePegOut, stepPegOut, withSignatures } from '../../domain/pegout/operation.ts';
import type { SchnorrSignature } from '../../domain/consensus/types.ts';
import { decodeJson } from '../../domain/utxo/json.ts';
import type { Behaviour, Ctx } from '../../kernel/behaviour.ts';
import type { Trace } from '../../kernel/envelope.ts';
import type { Ref } from '../../kernel/ref.ts';
import type { NodePorts } from '../../ports/node-ports.ts';
import type { MemberIndex } from '../../primitives/ids.ts';
import type { BridgeMessage, Clearance, PegOutMessage, TransactionConfirmed } from '../../protocol/bridge.ts';
import type { StorageMessage } from '../../protocol/storage.ts';
import type { CollectedSignatures, StreamMessage } from '../../protocol/stream.ts';
import { OPERATION_MAILBOX, type OperationArgs, operationSupervision } from './operation-args.ts';
import { type RecordKeeping, isOnDisk, noteWritten, nothingToKeep } from './operation-record.ts';
import { correlationOfPegOut, pegOutRecord, pegOutView } from './operation-view.ts';

interface PegOutActorState {
  readonly args: OperationArgs;
  readonly bridge: Ref<BridgeMessage>;
  readonly stream: Ref<StreamMessage>;
  readonly storage: Ref<StorageMessage>;
  readonly keeping: RecordKeeping;
  /** Null after a restart, until BridgeActor has given the record again. */
  pegOut: PegOut | null;
  /** Where this operation's story stands, so that its next step is caused by its last one and not by a timer. */
  story: Trace;
  /** Whose members sign; known with the clearance. */
  signing: Clearance['signing'];
  confirmations: number;
  halted: boolean;
  /** A clearance, signatures or a broadcast is being waited for. */
  asking: boolean;
  /** Nothing is tried before the timer. */
  paused: boolean;
  blocker: string | null;
}
type PegOutCtx = Ctx<PegOutMessage, Pick<NodePorts, 'bitcoin'>>;

function init(args: OperationArgs, ctx: PegOutCtx): PegOutActorState {
  const first = ctx.generation === 1;
  const pegOut = decodeJson<PegOut>(args.record.data);
  const state: PegOutActorState = {
    args,
    bridge: ctx.refOf('BridgeActor'),
    stream: ctx.refOf('StreamActor'),
    storage: ctx.refOf('StorageActor'),
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
  if (first) act(state, ctx);
  else ctx.tell(state.bridge, { type: 'OperationRestarted', operation: args.record.id });
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
    case 'HaltChanged':
      state.halted = message.halted;
      if (!message.halted) act(state, ctx);
      break;
    case 'Resubmit':
      state.paused = false;
      if (isOnDisk(state.keeping)) act(state, ctx);
      else write(state, pegOut, ctx);
      break;
    case 'OperationPersisted':
      if (noteWritten(state.keeping, message.key)) {
        tellBridge(state, ctx);
        act(state, ctx);
      }
      break;
    case 'StorageFailure':
      wait(state, `the store failed: ${message.reason}`, ctx);
      break;
    case 'BridgeTimeout':
      if (message.what === 'confirm') break;
      state.asking = false;
      wait(state, message.what === 'persist' ? 'the store did not answer' : 'no answer in time', ctx);
      break;
    default:
      ctx.log('warn', 'unexpected message', { type: message.type });
  }
  return state;
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

/** A version of the payout stands in a final block: the first, or a fee bump that is to be signed anew. */
function onFinal(
  state: PegOutActorState,
  pegOut: PegOut,
  { payout, root, height }: Extract<PegOutMessage, { readonly type: 'PayoutFinal' }>,
  ctx: PegOutCtx,
): void {
  if (pegOut.payout?.entry.txid === payout.txid) return;
  const event = pegOut.payout === null ? 'TransactionCreated' : 'TransactionReplaced';
  if (!pegOutMachine.can(pegOut.state, event)) return;
  state.signing = null;
  state.asking = false;
  state.paused = false;
  state.blocker = `${state.args.threshold} members are to sign it`;
  const change = { payout: { entry: payout, root, height }, signatures: [], rawTx: null };
  save(state, stepPegOut(pegOut, event, ctx.nowMs, change, payout.txid), ctx);
}

function onClearance(state: PegOutActorState, pegOut: PegOut, message: Clearance, ctx: PegOutCtx): void {
  state.asking = false;
  if (pegOut.state !== 'CollectingSignatures') return;
  const { signing } = message;
  if (!message.granted || signing === null || state.halted) {
    wait(state, message.reason ?? 'halted', ctx);
    return;
  }
  if (signing.request.txid !== pegOut.payout?.entry.txid) return;
  state.signing = signing;
  // Signatures of before a crash are used, not asked for again.
  if (signedAnswers(pegOut).length >= signing.federation.threshold) {
    aggregate(state, pegOut, ctx);
    return;
  }
  state.asking = true;
  ctx.ask(
    state.stream,
    { type: 'RequestFederationSignatures', request: signing.request },
    {
      trace: state.story,
      timeoutMs: state.args.governanceTimeoutMs,
      onTimeout: { type: 'BridgeTimeout', what: 'signatures', key: signing.request.txid },
    },
  );
}

function signedAnswers({ signatures }: PegOut): { member: MemberIndex; signatures: readonly SchnorrSignature[] }[] {
  return signatures.flatMap(({ member, signatures: own }) => (own === null ? [] : [{ member, signatures: own }]));
}

function onCollected(state: PegOutActorState, pegOut: PegOut, message: CollectedSignatures, ctx: PegOutCtx): void {
  if (pegOut.state !== 'CollectingSignatures' || message.txid !== pegOut.payout?.entry.txid) return;
  if (message.members === null) {
    wait(state, message.reason ?? 'governance refuses to sign', ctx);
    return;
  }
  state.story = ctx.trace;
  aggregate(state, { ...pegOut, signatures: message.members.reduce(withSignatures, pegOut.signatures) }, ctx);
}

/** Puts the signatures into the transaction, which is on disk before it goes out. */
function aggregate(state: PegOutActorState, pegOut: PegOut, ctx: PegOutCtx): void {
  const { signing } = state;
  if (signing === null || pegOut.payout === null) return;
  const { unsignedTx, inputs } = pegOut.payout.entry;
  const final = finalizePayout(unsignedTx, inputs, () => signing.federation, signedAnswers(pegOut));
  if (final.ok) {
    const change = { signatures: pegOut.signatures, rawTx: final.value.rawTx };
    save(state, stepPegOut(pegOut, 'SignaturesCollected', ctx.nowMs, change), ctx);
    return;
  }
  ctx.log('error', 'collected signatures do not make a transaction', { reason: final.refusal.reason });
  save(state, notePegOut(pegOut, 'SignaturesDiscarded', ctx.nowMs, { signatures: [] }, final.refusal.reason), ctx);
  wait(state, final.refusal.reason, ctx);
}

function broadcast(state: PegOutActorState, { rawTx }: PegOut, ctx: PegOutCtx): void {
  if (rawTx === null) return;
  state.asking = true;
  state.blocker = 'Bitcoin has to take it';
  ctx.call('bitcoin', 'broadcast', [rawTx], {
    party: 'BitcoinNetwork',
    as: 'BroadcastBitcoinTransaction',
    trace: state.story,
    timeoutMs: state.args.bitcoinTimeoutMs,
    done: (outcome) => ({
      type: 'BroadcastDone',
      txid: outcome.ok ? outcome.value.txid : null,
      failure: outcome.ok ? null : `${outcome.error.code}: ${outcome.error.reason}`,
    }),
  });
}

function onBroadcast(state: PegOutActorState, pegOut: PegOut, failure: string | null, ctx: PegOutCtx): void {
  state.asking = false;
  if (pegOut.state === 'Broadcasting' && failure === null) {
    state.story = ctx.trace;
    state.blocker = 'Bitcoin has to confirm it';
    save(state, stepPegOut(pegOut, 'TransactionBroadcast', ctx.nowMs), ctx);
  }
  if (pegOut.state !== 'Broadcasting' && pegOut.state !== 'Confirming') return;
  if (failure !== null)
    ctx.log('warn', 'a payout was not taken by Bitcoin', { txid: pegOut.payout?.entry.txid, failure });
  wait(state, failure ?? 'Bitcoin has to confirm it', ctx);
}

/** The scan's word is checked with the Bitcoin node under this operation's own story. */
function confirm(
  state: PegOutActorState,
  { txid, height, hash, confirmations, deep }: Extract<PegOutMessage, { readonly type: 'PayoutSeen' }>,
  ctx: PegOutCtx,
): void {
  ctx.call('bitcoin', 'getBlockHash', [height], {
    party: 'BitcoinNetwork',
    as: 'ConfirmTransaction',
    trace: state.story,
    timeoutMs: state.args.bitcoinTimeoutMs,
    done: (outcome) =>
      outcome.ok && (hash === null || outcome.value === hash)
        ? { type: 'TransactionConfirmed', txid, confirmations, height, deep }
        : { type: 'BridgeTimeout', what: 'confirm', key: txid },
  });
}

function onConfirmed(state: PegOutActorState, pegOut: PegOut, message: TransactionConfirmed, ctx: PegOutCtx): void {
  const { txid, height, confirmations, deep } = message;
  const { confirmationsRequired } = state.args;
  state.confirmations = confirmations;
  state.blocker = `${confirmations} of ${confirmationsRequired} confirmations`;
  let next = pegOut;
  const change = { confirmedTxid: txid, bitcoinHeight: height };
  if (pegOutMachine.can(next.state, 'TransactionSeen')) {
    next = stepPegOut(next, 'TransactionSeen', ctx.nowMs, change, txid);
  } else if (next.state === 'Confirming' && (next.bitcoinHeight !== height || next.confirmedTxid !== txid)) {
    next = notePegOut(next, 'TransactionSeen', ctx.nowMs, change, txid);
  }
  if (deep && next.state === 'Confirming') next = stepPegOut(next, 'TransactionConfirmed', ctx.nowMs);
  if (next === pegOut) tellBridge(state, ctx);
  else save(state, next, ctx);
}

function block(state: PegOutActorState, blocker: string, ctx: PegOutCtx): void {
  state.blocker = blocker;
  tellBridge(state, ctx);
}

function wait(state: PegOutActorState, blocker: string, ctx: PegOutCtx): void {
  state.paused = true;
  block(state, blocker, ctx);
  ctx.timer('resubmit', state.args.timing.resubmitMs, { type: 'Resubmit' });
}

/** The new state is on disk before anything follows from it. */
function save(state: PegOutActorState, pegOut: PegOut, ctx: PegOutCtx): void {
  state.pegOut = pegOut;
  state.keeping.version++;
  write(state, pegOut, ctx);
}

function write({ keeping, storage, story, args }: PegOutActorState, pegOut: PegOut, ctx: PegOutCtx): void {
  const key = `${keeping.version}`;
  ctx.ask(
    storage,
    { type: 'PersistOperation', key, records: [pegOutRecord(pegOut)] },
    {
      trace: story,
      timeoutMs: args.timing.storageTimeoutMs,
      onTimeout: { type: 'BridgeTimeout', what: 'persist', key },
    },
  );
}

const viewOf = (state: PegOutActorState, pegOut: PegOut) =>
  pegOutView(pegOut, {
    confirmations: state.confirmations,
    confirmationsRequired: state.args.confirmationsRequired,
    memberCount: state.args.members.length,
    threshold: state.args.threshold,
    blocker: state.halted ? 'halted' : state.blocker,
  });

/** BridgeActor shows no more than what is on disk. */
function tellBridge(state: PegOutActorState, ctx: PegOutCtx): void {
  const { pegOut, keeping } = state;
  if (pegOut === null || !isOnDisk(keeping)) return;
  ctx.tell(
    state.bridge,
    { type: 'OperationChanged', view: viewOf(state, pegOut), record: pegOutRecord(pegOut) },
    { trace: state.story },
  );
}

/** One burn. A payout may pay several: each goes on by itself, and broadcasting one transaction twice is harmless. */
export const pegOutActor: Behaviour<PegOutActorState, PegOutMessage, OperationArgs, Pick<NodePorts, 'bitcoin'>> = {
  name: 'PegOut',
  mailbox: OPERATION_MAILBOX,
  supervision: operationSupervision(actorPolicies.BridgeActor.supervision),
  control: ['HaltChanged'],
  init,
  receive,
  view: (state) => (state.pegOut === null ? null : viewOf(state, state.pegOut)),
  machineState: (state) => state.pegOut?.state ?? pegOutMachine.initial,
};
