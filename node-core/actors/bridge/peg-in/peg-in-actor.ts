import { actorPolicies } from '../../../config/supervision.ts';
import { pegInMachine } from '../../../domain/pegin/machine.ts';
import { type PegIn, certifiedPegIn, notePegIn, stepPegIn, withVote } from '../../../domain/pegin/operation.ts';
import { decodeJson } from '../../../domain/utxo/json.ts';
import type { Behaviour } from '../../../kernel/behaviour.ts';
import { actorRef } from '../../../protocol/actors.ts';
import type { PegInMessage } from '../../../protocol/bridge.ts';
import type { OperationArgs } from '../operation/args.ts';
import { isOnDisk, noteWritten, nothingToKeep } from '../operation/keeping.ts';
import { correlationOfPegIn } from '../operation/view.ts';
import { askGovernance, followMembers, onApproval, useKnownVotes } from './approval.ts';
import { onDepositSeen, onDetected, onReorganized, validate, validateWhenDeep } from './deposit.ts';
import { type PegInActorState, type PegInCtx, save, tellBridge, viewOf, wait, write } from './state.ts';

function init(args: OperationArgs, ctx: PegInCtx): PegInActorState {
  const first = !ctx.restarted;
  const pegIn = decodeJson<PegIn>(args.record.data);
  const state: PegInActorState = {
    args,
    bridge: actorRef(ctx, 'BridgeActor'),
    chain: actorRef(ctx, 'ChainActor'),
    stream: actorRef(ctx, 'StreamActor'),
    storage: actorRef(ctx, 'StorageActor'),
    keeping: nothingToKeep(),
    pegIn: first ? pegIn : null,
    story: { correlationId: correlationOfPegIn(pegIn), cause: null },
    members: { epoch: args.epoch, members: args.members, threshold: args.threshold },
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

function receive(state: PegInActorState, message: PegInMessage, ctx: PegInCtx): PegInActorState {
  if (message.type === 'ResumeOperation') {
    state.pegIn ??= decodeJson<PegIn>(message.record.data);
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
  const { pegIn } = state;
  // A restarted actor that has no record yet: all that is dropped here comes again.
  if (pegIn === null) return state;
  switch (message.type) {
    case 'BitcoinTransactionDetected':
      state.story = ctx.trace;
      onDetected(state, pegIn, message, ctx);
      break;
    case 'ConfirmationsChanged':
      state.confirmations = message.confirmations;
      onDepositSeen(state, pegIn, message.height, ctx);
      tellBridge(state, ctx);
      break;
    case 'ValidatePegInTransaction':
      state.story = ctx.trace;
      validate(state, pegIn, ctx);
      break;
    case 'DepositReorganized':
      onReorganized(state, pegIn, ctx);
      break;
    case 'Clearance':
      state.asking = false;
      if (pegIn.state !== 'WaitingApproval') break;
      if (!message.granted || state.halted) wait(state, message.reason ?? 'halted', ctx);
      else if (!followMembers(state, pegIn, message.members ?? state.members, ctx) && !useKnownVotes(state, pegIn, ctx))
        askGovernance(state, pegIn, ctx);
      break;
    case 'ApprovalProgress': {
      if (pegIn.state !== 'WaitingApproval') break;
      const { member, approved, reason, signature } = message;
      const votes = withVote(pegIn.votes, { member, approved, reason, signature });
      save(
        state,
        notePegIn(pegIn, approved ? 'MemberApproved' : 'MemberRefused', ctx.nowMs, { votes }, `member ${member}`),
        ctx,
      );
      break;
    }
    case 'GovernanceApproval':
      state.asking = false;
      if (pegIn.state === 'WaitingApproval') onApproval(state, pegIn, message, ctx);
      break;
    case 'PegInComplete': {
      if (!pegInMachine.can(pegIn.state, 'MintFinal')) break;
      const { root, blockHash, height } = message;
      save(state, stepPegIn(pegIn, 'MintFinal', ctx.nowMs, { mint: { root, blockHash, height } }), ctx);
      break;
    }
    case 'Resubmit':
      state.paused = false;
      if (isOnDisk(state.keeping)) act(state, ctx);
      else write(state, pegIn, ctx);
      break;
    case 'OperationPersisted':
      if (noteWritten(state.keeping, message.key)) actInSight(state, ctx);
      break;
    case 'StorageFailure':
      wait(state, `the store failed: ${message.reason}`, ctx);
      break;
    case 'BridgeTimeout':
      if (message.what !== 'persist') state.asking = false;
      wait(state, message.what === 'persist' ? 'the store did not answer' : 'governance did not answer in time', ctx);
      break;
    default:
      ctx.log('warn', 'unexpected message', { type: message.type });
  }
  return state;
}

/** As `act`, and says what it waits for now (INV-10). */
function actInSight(state: PegInActorState, ctx: PegInCtx): void {
  act(state, ctx);
  tellBridge(state, ctx);
}

/** What the durable state asks to be done. Every effect of it may run again: after a crash it does. */
function act(state: PegInActorState, ctx: PegInCtx): void {
  const { pegIn, story, args } = state;
  if (pegIn === null || !isOnDisk(state.keeping)) return;
  switch (pegIn.state) {
    case 'WaitingApproval':
      if (state.asking || state.paused || state.halted) return;
      state.asking = true;
      ctx.ask(
        state.bridge,
        { type: 'RequestClearance', operation: args.record.id, what: 'approval' },
        {
          trace: story,
          timeoutMs: args.timing.resubmitMs,
          onTimeout: { type: 'BridgeTimeout', what: 'clearance', key: args.record.id },
        },
      );
      return;
    case 'Minting': {
      const certified = certifiedPegIn(pegIn);
      if (certified === null) return;
      ctx.tell(state.chain, { type: 'PegInOperation', pegIn: certified }, { trace: story });
      state.blocker = 'its mint has to stand in a final block';
      ctx.timer('resubmit', args.timing.resubmitMs, { type: 'Resubmit' });
      return;
    }
    case 'ProcessingPegIn':
      validateWhenDeep(state, ctx);
      return;
    case 'Rejected':
    case 'Completed':
      ctx.cancelTimer('resubmit');
  }
}

/** One deposit. Restarted alone: a stuck or crashing operation harms no other. */
export const pegInActor: Behaviour<PegInActorState, PegInMessage, OperationArgs> = {
  name: 'PegIn',
  ...actorPolicies.PegIn,
  control: ['HaltChanged'],
  init,
  receive,
  view: (state) => (state.pegIn === null ? null : viewOf(state, state.pegIn)),
  machineState: (state) => state.pegIn?.state ?? pegInMachine.initial,
};
