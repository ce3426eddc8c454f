import { actorPolicies } from '../../config/supervision.ts';
import { nodeOf } from '../../domain/consensus/block-tree.ts';
import { headOf } from '../../domain/consensus/forkchoice.ts';
import type { Behaviour } from '../../kernel/behaviour.ts';
import type { ChainStatusReport } from '../../ports/governance.ts';
import type { NodePorts } from '../../ports/node-ports.ts';
import type { PeerStatus } from '../../ports/peers.ts';
import type { ChainMessage, ChainStatusResponse, ChainTimeout, PeerStatusResponse } from '../../protocol/chain.ts';
import type { StorageAnswer } from '../../protocol/storage.ts';
import { rememberBlocks, takeEvidence } from './evidence.ts';
import { onPointersPersisted, onReplayRead, persistPointers, replayFinalized } from './finality.ts';
import { HALTS_RETRY, onHaltRequest, onHaltsPersisted, writeHalts } from './halts.ts';
import { abandon, execute, importFromBatch, importWaiting, onExecuted, onPersisted, postpone } from './import.ts';
import { MEMBERS_KEY, onMembersWritten } from './members.ts';
import { takeCandidate } from './payouts.ts';
import { abandonProduction, onBlockSigned, onProposalPegs, onTemplate, startProductionIfDue } from './production.ts';
import { checkProgress, onBatch, onPeerStatus, onSlotTick, onSyncEnded } from './progress.ts';
import { lastSignedSlots, onGuardChecked, onGuardLoaded, rearmIfKnown } from './rearming.ts';
import { receiveBlock } from './receiving.ts';
import {
  headBlockOf,
  initialState,
  onChainLoaded,
  onGenesisPersisted,
  onHaltsLoaded,
  onMembersLoaded,
  failLoad,
  retry,
  SEEN_KEY,
} from './startup.ts';
import { type ChainActorState, type ChainArgs, type ChainCtx, isHaltedNow } from './state.ts';
import { chainView } from './view.ts';
import { collectVote, onVotePegs, onVoteSigned } from './voting.ts';

export type { ChainArgs } from './state.ts';

function peerStatus(state: ChainActorState): PeerStatus {
  const head = headBlockOf(state);
  const finalized = nodeOf(state.tree, state.tree.finalizedRoot);
  return {
    networkHash: state.args.networkHash,
    headRoot: headOf(state.tree),
    headHeight: head.height,
    finalizedRoot: finalized.root,
    finalizedHeight: finalized.height,
    highCertificate: state.tree.highCertificate,
    lastSignedSlots: lastSignedSlots(state),
  };
}

function statusReport(state: ChainActorState, requestId: string | null): ChainStatusReport {
  const { headHeight, headRoot, finalizedHeight, finalizedRoot } = peerStatus(state);
  return { requestId, headHeight, headRoot, finalizedHeight, finalizedRoot, halted: isHaltedNow(state) };
}

/** What StorageActor answers, by the key that it was asked with. */
function onStorage(state: ChainActorState, message: StorageAnswer, ctx: ChainCtx): void {
  switch (message.type) {
    case 'ValueRead':
      if (message.key === 'halts') onHaltsLoaded(state, message.value, ctx);
      else if (message.key === MEMBERS_KEY) onMembersLoaded(state, message.value, ctx);
      return;
    case 'ValuePut':
      if (message.key.startsWith(`${MEMBERS_KEY}:`)) {
        if (onMembersWritten(state, message.key)) persistPointers(state, ctx);
        return;
      }
      onHaltsPersisted(state, message.key, null, ctx);
      return;
    case 'ChainLoaded':
      onChainLoaded(state, message.chain, ctx);
      return;
    case 'BlockPersisted':
      if (message.key === 'genesis') onGenesisPersisted(state, ctx);
      else onPersisted(state, message.key, ctx);
      return;
    case 'BlockBatchPersisted':
      onPersisted(state, message.key, ctx);
      return;
    case 'PointersPersisted':
      onPointersPersisted(state, message.key, ctx);
      return;
    case 'BlocksRead':
      if (message.key === SEEN_KEY) rememberBlocks(state, message.blocks);
      else onReplayRead(state, message.blocks, ctx);
      return;
    case 'EvidenceLoaded':
      takeEvidence(state, message.evidence);
      return;
    case 'StorageFailure':
      onStorageFailure(state, message, ctx);
      return;
    case 'OperationPersisted':
    case 'ScanPersisted':
    case 'OperationsLoaded':
    case 'AuditAppended':
      return;
  }
}

function onStorageFailure(
  state: ChainActorState,
  { key, code, reason }: Extract<StorageAnswer, { type: 'StorageFailure' }>,
  ctx: ChainCtx,
): void {
  if (state.loading === key) failLoad(state, key, { code, reason }, ctx);
  else if (key.startsWith('halts:')) onHaltsPersisted(state, key, `${code}: ${reason}`, ctx);
  else if (state.importing?.root === key) abandon(state, state.importing, { code, reason }, ctx);
  else ctx.log('error', 'the chain could not be written or read', { key, code, reason });
}

function onTimeout(state: ChainActorState, { what, key }: ChainTimeout, ctx: ChainCtx): void {
  const failure = { code: 'TIMEOUT', reason: `no answer: ${what}` };
  switch (what) {
    case 'load':
      failLoad(state, key, failure, ctx);
      return;
    case 'build':
      if (state.producing !== null && `${state.producing.slot}` === key) abandonProduction(state, failure.reason, ctx);
      return;
    case 'pegs':
      if (key.startsWith('vote:')) state.voting.delete(key.slice('vote:'.length) as never);
      else if (state.producing !== null && key.startsWith(`propose:${state.producing.slot}:`))
        abandonProduction(state, failure.reason, ctx);
      return;
    case 'execute':
      if (state.importing?.root === key) postpone(state, state.importing, failure.reason, ctx);
      return;
    case 'persist':
      if (state.importing?.root === key) abandon(state, state.importing, failure, ctx);
      return;
    case 'evidence':
      ctx.log('warn', 'what was known of equivocations could not be read', { key, reason: failure.reason });
      return;
    case 'halts':
      if (key === HALTS_RETRY) writeHalts(state, ctx);
      else onHaltsPersisted(state, key, failure.reason, ctx);
      return;
  }
}

function handle(state: ChainActorState, message: ChainMessage, ctx: ChainCtx): void {
  switch (message.type) {
    case 'SlotTick':
      retry(state, ctx);
      onSlotTick(state, message, ctx);
      return;
    case 'ProcessBlock':
      receiveBlock(state, message.signedBlock, { kind: 'peer', peer: message.peer }, ctx);
      return;
    case 'GovernanceBlockProposal':
      receiveBlock(state, message.signedBlock, { kind: 'governance' }, ctx);
      return;
    case 'ProcessVote':
      collectVote(state, message.vote, ctx);
      return;
    case 'PeerStatusReceived':
      onPeerStatus(state, message, ctx);
      return;
    case 'RequestPeerStatus':
      ctx.reply(ctx.replyTo<PeerStatusResponse>(message), {
        type: 'PeerStatusResponse',
        requestId: message.requestId,
        status: peerStatus(state),
      });
      return;
    case 'RequestChainStatus':
      ctx.reply(ctx.replyTo<ChainStatusResponse>(message), {
        type: 'ChainStatusResponse',
        report: statusReport(state, message.requestId),
      });
      return;
    case 'ReplayFinalized':
      replayFinalized(state, message.fromHeight, ctx);
      return;
    case 'PegInOperation':
      // Asked again for what is final already: the bridge's own ledger completes it, and nothing is minted twice (INV-2).
      if (!state.minted.has(message.pegIn.outpoint))
        ctx.tell(state.engine, { type: 'MintTokensRequest', pegIn: message.pegIn });
      return;
    case 'MintResult': {
      const { outpoint, amountSats, recipient, root, blockHash, height } = message;
      ctx.tell(state.bridge, { type: 'PegInComplete', outpoint, amountSats, recipient, root, blockHash, height });
      return;
    }
    case 'PegOutOperation':
      takeCandidate(state, message.entry);
      return;
    case 'BlockTemplate':
      onTemplate(state, message, ctx);
      return;
    case 'BlockTemplateFailed':
      if (state.producing?.slot === message.slot) abandonProduction(state, message.reason, ctx);
      return;
    case 'PegValidationResult':
      if (message.requestId.startsWith('vote:')) onVotePegs(state, message, ctx);
      else onProposalPegs(state, message, ctx);
      return;
    case 'BlockSigned': {
      const signed = onBlockSigned(state, message, ctx);
      if (signed === null) return;
      execute(
        state,
        {
          root: message.root,
          signedBlock: signed,
          source: { kind: 'own' },
          trace: ctx.trace,
          earlyMs: 0,
          totals: null,
        },
        ctx,
      );
      return;
    }
    case 'BlockExecuted':
      onExecuted(state, message, ctx);
      return;
    case 'VoteSigned':
      onVoteSigned(state, message, ctx);
      return;
    case 'GuardChecked':
      onGuardChecked(state, message, ctx);
      return;
    case 'GuardLoaded':
      onGuardLoaded(state, message, ctx);
      return;
    case 'ValidatedBlockBatch':
      onBatch(state, message, ctx);
      return;
    case 'SyncCompleted':
      onSyncEnded(state, null, ctx);
      return;
    case 'SyncFailed':
      ctx.log('warn', 'the sync failed', { reason: message.reason });
      onSyncEnded(state, message.reason, ctx);
      return;
    case 'EmergencyHaltRequest':
    case 'ResumeRequest':
      onHaltRequest(state, message, ctx);
      return;
    case 'ChainTimeout':
      onTimeout(state, message, ctx);
      return;
    default:
      onStorage(state, message, ctx);
  }
}

/** Begins what can begin now: one import or one production at a time, blocks of others first. */
function advance(state: ChainActorState, ctx: ChainCtx): void {
  if (state.importing !== null || state.producing !== null) return;
  if (state.machine === 'Syncing') importFromBatch(state, ctx);
  if (state.machine === 'Syncing' && state.importing === null) checkProgress(state, ctx);
  if (state.machine === 'Active' && !importWaiting(state, ctx)) startProductionIfDue(state, ctx);
  if (state.machine === 'Active') checkProgress(state, ctx);
  if (state.machine === 'Active') rearmIfKnown(state, ctx);
}

/**
 * Owns the block tree, votes, finality, what is imported and proposed when, and the halt. Does not own the EVM's state
 * (EngineActor's client), Bitcoin's (BridgeActor), keys (the signer) or the disk (StorageActor).
 */
export const chainActor: Behaviour<ChainActorState, ChainMessage, ChainArgs, Pick<NodePorts, 'signer'>> = {
  name: 'ChainActor',
  ...actorPolicies.ChainActor,
  control: ['EmergencyHaltRequest', 'ResumeRequest'],
  init: initialState,
  receive: (state, message, ctx) => {
    handle(state, message, ctx);
    advance(state, ctx);
    return state;
  },
  view: chainView,
  machineState: ({ machine }) => machine,
};
