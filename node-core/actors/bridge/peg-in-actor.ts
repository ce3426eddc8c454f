import { actorPolicies } from '../../config/supervision.ts';
import { verifyApproval } from '../../domain/federation/approval.ts';
import { pegInMachine } from '../../domain/pegin/machine.ts';
import {
  type PegIn,
  certifiedPegIn,
  isPegInTerminal,
  notePegIn,
  stepPegIn,
  withVote,
} from '../../domain/pegin/operation.ts';
import { decodeJson } from '../../domain/utxo/json.ts';
import type { Behaviour, Ctx } from '../../kernel/behaviour.ts';
import type { Trace } from '../../kernel/envelope.ts';
import type { Ref } from '../../kernel/ref.ts';
import type { MemberSignature } from '../../domain/consensus/types.ts';
import type { OperationRecord } from '../../ports/store.ts';
import type { BridgeMessage, PegInMessage } from '../../protocol/bridge.ts';
import type { ChainMessage } from '../../protocol/chain.ts';
import type { StorageMessage } from '../../protocol/storage.ts';
import type { GovernanceApproval, StreamMessage } from '../../protocol/stream.ts';
import { OPERATION_MAILBOX, type OperationArgs, operationSupervision } from './operation-args.ts';
import { type RecordKeeping, isOnDisk, noteWritten, nothingToKeep } from './operation-record.ts';
import { correlationOfPegIn, pegInRecord, pegInView } from './operation-view.ts';

interface PegInActorState {
  readonly args: OperationArgs;
  readonly bridge: Ref<BridgeMessage>;
  readonly chain: Ref<ChainMessage>;
  readonly stream: Ref<StreamMessage>;
  readonly storage: Ref<StorageMessage>;
  readonly keeping: RecordKeeping;
  /** Null after a restart, until BridgeActor has given the record again. */
  pegIn: PegIn | null;
  /** Where this operation's story stands, so that its next step is caused by its last one and not by a timer. */
  story: Trace;
  confirmations: number;
  halted: boolean;
  /** A clearance or an approval is being waited for. */
  asking: boolean;
  /** Nothing is tried before the timer. */
  paused: boolean;
  blocker: string | null;
}
type PegInCtx = Ctx<PegInMessage>;

function init(args: OperationArgs, ctx: PegInCtx): PegInActorState {
  const first = ctx.generation === 1;
  const pegIn = decodeJson<PegIn>(args.record.data);
  const state: PegInActorState = {
    args,
    bridge: ctx.refOf('BridgeActor'),
    chain: ctx.refOf('ChainActor'),
    stream: ctx.refOf('StreamActor'),
    storage: ctx.refOf('StorageActor'),
    keeping: nothingToKeep(),
    pegIn: first ? pegIn : null,
    story: { correlationId: correlationOfPegIn(pegIn), cause: null },
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

function receive(state: PegInActorState, message: PegInMessage, ctx: PegInCtx): PegInActorState {
  if (message.type === 'ResumeOperation') {
    resume(state, message.record, ctx);
    return state;
  }
  const { pegIn } = state;
  // A restarted actor that has no record yet: all that is dropped here comes again.
  if (pegIn === null) return state;
  switch (message.type) {
    case 'BitcoinTransactionDetected':
      state.story = ctx.trace;
      if (pegIn.bitcoinHeight !== message.height) {
        save(state, notePegIn(pegIn, 'DepositConfirmedAgain', ctx.nowMs, { bitcoinHeight: message.height }), ctx);
      }
      validateWhenDeep(state, ctx);
      break;
    case 'ConfirmationsChanged':
      state.confirmations = message.confirmations;
      validateWhenDeep(state, ctx);
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
      else if (!useKnownVotes(state, pegIn, ctx)) askGovernance(state, pegIn, ctx);
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
    case 'HaltChanged':
      state.halted = message.halted;
      if (!message.halted) act(state, ctx);
      break;
    case 'Resubmit':
      state.paused = false;
      if (isOnDisk(state.keeping)) act(state, ctx);
      else write(state, pegIn, ctx);
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
      state.asking = false;
      wait(state, message.what === 'persist' ? 'the store did not answer' : 'governance did not answer in time', ctx);
      break;
    default:
      ctx.log('warn', 'unexpected message', { type: message.type });
  }
  return state;
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

/** Goes on with the detection's story when the deposit is deep enough, whatever brought the news. */
function validateWhenDeep(state: PegInActorState, ctx: PegInCtx): void {
  const { pegIn, confirmations, args } = state;
  if (pegIn?.state !== 'ProcessingPegIn') return;
  if (pegIn.bitcoinHeight === null) state.blocker = 'Bitcoin reorganized its deposit out of the chain';
  else if (confirmations < args.confirmationsRequired) {
    state.blocker = `${confirmations} of ${args.confirmationsRequired} confirmations`;
  } else ctx.tell(ctx.self, { type: 'ValidatePegInTransaction' }, { trace: state.story });
}

function validate(state: PegInActorState, pegIn: PegIn, ctx: PegInCtx): void {
  if (pegIn.state !== 'ProcessingPegIn' || pegIn.bitcoinHeight === null) return;
  if (state.confirmations < state.args.confirmationsRequired) return;
  if (pegIn.rejection !== null) {
    ctx.log('warn', 'deposit rejected', { outpoint: pegIn.outpoint, reason: pegIn.rejection });
    save(state, stepPegIn(pegIn, 'ValidationFailed', ctx.nowMs, {}, pegIn.rejection), ctx);
    return;
  }
  state.blocker = 'governance is to approve it';
  save(state, stepPegIn(pegIn, 'ValidationPassed', ctx.nowMs, { epoch: state.args.epoch }), ctx);
}

function onReorganized(state: PegInActorState, pegIn: PegIn, ctx: PegInCtx): void {
  state.confirmations = 0;
  state.asking = false;
  state.blocker = 'Bitcoin reorganized its deposit out of the chain';
  if (isPegInTerminal(pegIn)) return;
  const change = { bitcoinHeight: null };
  save(
    state,
    pegInMachine.can(pegIn.state, 'DepositReorganized')
      ? stepPegIn(pegIn, 'DepositReorganized', ctx.nowMs, { ...change, votes: [], certificate: null })
      : notePegIn(pegIn, 'DepositReorganized', ctx.nowMs, change),
    ctx,
  );
}

function askGovernance(state: PegInActorState, pegIn: PegIn, ctx: PegInCtx): void {
  const { outpoint, amountSats, recipient, epoch, bitcoinHeight } = pegIn;
  if (recipient === null || bitcoinHeight === null) return;
  state.asking = true;
  state.blocker = `${state.args.threshold} members are to approve it`;
  ctx.ask(
    state.stream,
    { type: 'GovernanceApprovalRequest', request: { outpoint, amountSats, recipient, epoch, bitcoinHeight } },
    {
      trace: state.story,
      timeoutMs: state.args.governanceTimeoutMs,
      onTimeout: { type: 'BridgeTimeout', what: 'approval', key: outpoint },
    },
  );
  tellBridge(state, ctx);
}

/** Votes of before a crash or a time-out are used, not asked for again. */
function useKnownVotes(state: PegInActorState, pegIn: PegIn, ctx: PegInCtx): boolean {
  const certificate = pegIn.votes.flatMap(({ member, signature }) =>
    signature === null ? [] : [{ member, signature }],
  );
  return certificate.length >= state.args.threshold && approve(state, pegIn, certificate, ctx);
}

function onApproval(state: PegInActorState, pegIn: PegIn, message: GovernanceApproval, ctx: PegInCtx): void {
  if (!message.approved) {
    onDenied(state, pegIn, message.reason ?? 'governance denied it', ctx);
    return;
  }
  state.story = ctx.trace;
  approve(state, pegIn, message.certificate, ctx);
}

/** The certificate is verified once more: what is put before the chain is this operation's word. */
function approve(
  state: PegInActorState,
  pegIn: PegIn,
  certificate: readonly MemberSignature[],
  ctx: PegInCtx,
): boolean {
  const certified = certifiedPegIn({ ...pegIn, certificate });
  if (certified === null) return false;
  const { members, threshold, networkHash } = state.args;
  const verified = verifyApproval(certified, members, threshold, networkHash);
  if (!verified.ok) {
    ctx.log('error', 'an approval does not verify', { outpoint: pegIn.outpoint, reason: verified.refusal.reason });
    save(state, notePegIn(pegIn, 'VotesDiscarded', ctx.nowMs, { votes: [] }, verified.refusal.reason), ctx);
    wait(state, verified.refusal.reason, ctx);
    return false;
  }
  const votes = certificate.reduce(
    (sofar, { member, signature }) => withVote(sofar, { member, approved: true, reason: null, signature }),
    pegIn.votes,
  );
  save(state, stepPegIn(pegIn, 'GovernanceApproved', ctx.nowMs, { certificate, votes }), ctx);
  return true;
}

/** Members may see less of Bitcoin than this node does: a denial counts when it was repeated. */
function onDenied(state: PegInActorState, pegIn: PegIn, reason: string, ctx: PegInCtx): void {
  const denials = pegIn.denials + 1;
  if (denials >= state.args.timing.approvalAttempts) {
    const rejection = `governance denied it ${denials} times: ${reason}`;
    save(state, stepPegIn(pegIn, 'GovernanceDenied', ctx.nowMs, { denials, rejection }, reason), ctx);
    return;
  }
  save(state, notePegIn(pegIn, 'ApprovalDenied', ctx.nowMs, { denials }, reason), ctx);
  wait(state, `governance denied it: ${reason}`, ctx);
}

function wait(state: PegInActorState, blocker: string, ctx: PegInCtx): void {
  state.blocker = blocker;
  state.paused = true;
  tellBridge(state, ctx);
  ctx.timer('resubmit', state.args.timing.resubmitMs, { type: 'Resubmit' });
}

function resume(state: PegInActorState, record: OperationRecord, ctx: PegInCtx): void {
  if (state.pegIn !== null) return;
  state.pegIn = decodeJson<PegIn>(record.data);
  act(state, ctx);
}

/** The new state is on disk before anything follows from it. */
function save(state: PegInActorState, pegIn: PegIn, ctx: PegInCtx): void {
  state.pegIn = pegIn;
  state.keeping.version++;
  write(state, pegIn, ctx);
}

function write({ keeping, storage, story, args }: PegInActorState, pegIn: PegIn, ctx: PegInCtx): void {
  const key = `${keeping.version}`;
  ctx.ask(
    storage,
    { type: 'PersistOperation', key, records: [pegInRecord(pegIn)] },
    {
      trace: story,
      timeoutMs: args.timing.storageTimeoutMs,
      onTimeout: { type: 'BridgeTimeout', what: 'persist', key },
    },
  );
}

const viewOf = (state: PegInActorState, pegIn: PegIn) =>
  pegInView(pegIn, {
    confirmations: state.confirmations,
    confirmationsRequired: state.args.confirmationsRequired,
    memberCount: state.args.members.length,
    threshold: state.args.threshold,
    blocker: state.halted ? 'halted' : state.blocker,
  });

/** BridgeActor shows no more than what is on disk. */
function tellBridge(state: PegInActorState, ctx: PegInCtx): void {
  const { pegIn, keeping } = state;
  if (pegIn === null || !isOnDisk(keeping)) return;
  ctx.tell(
    state.bridge,
    { type: 'OperationChanged', view: viewOf(state, pegIn), record: pegInRecord(pegIn) },
    { trace: state.story },
  );
}

/** One deposit. Restarted alone: a stuck or crashing operation harms no other. */
export const pegInActor: Behaviour<PegInActorState, PegInMessage, OperationArgs> = {
  name: 'PegIn',
  mailbox: OPERATION_MAILBOX,
  supervision: operationSupervision(actorPolicies.BridgeActor.supervision),
  control: ['HaltChanged'],
  init,
  receive,
  view: (state) => (state.pegIn === null ? null : viewOf(state, state.pegIn)),
  machineState: (state) => state.pegIn?.state ?? pegInMachine.initial,
};
