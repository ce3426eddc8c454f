import { actorPolicies } from '../../config/supervision.ts';
import { clientMachine } from '../../domain/execution/client-machine.ts';
import type { Behaviour } from '../../kernel/behaviour.ts';
import type { NodePorts } from '../../ports/node-ports.ts';
import { actorRef } from '../../protocol/actors.ts';
import type { BlockExecuted, BlockTemplate, BlockTemplateFailed, EngineMessage } from '../../protocol/engine.ts';
import type { EngineView } from '../../protocol/views.ts';
import { finalize, readBurns, tellBurns } from './finality.ts';
import { onBuilt, onExecuted } from './jobs.ts';
import {
  choose,
  isOfReplay,
  onClientChecked,
  onClientDue,
  onMoved,
  onReplayExecuted,
  onReplayMoved,
  onReplayStored,
  onReplayTimeout,
  onUnanswered,
  take,
} from './recovery.ts';
import {
  loadSettings,
  noSettings,
  onGovernanceChange,
  onOperatorChange,
  onReconfigured,
  onSettingsAnswered,
  onSettingsRead,
  onSettingsTimeout,
  settingsView,
} from './settings.ts';
import type { EngineArgs, EngineCtx, EngineState } from './state.ts';
import { onChecked, onGivenUp, onPending, share, shareAgain, shareSoon, submit } from './transactions.ts';

export type { EngineArgs } from './state.ts';

function handle(state: EngineState, message: EngineMessage, ctx: EngineCtx): void {
  switch (message.type) {
    case 'BuildBlockRequest': {
      const to = ctx.replyTo<BlockTemplate | BlockTemplateFailed>(message);
      take(state, { kind: 'build', request: message, to, trace: ctx.trace }, ctx);
      return;
    }
    case 'ExecuteBlock': {
      const to = ctx.replyTo<BlockExecuted>(message);
      take(state, { kind: 'execute', request: message, to, trace: ctx.trace }, ctx);
      return;
    }
    case 'PayloadBuilt':
      onUnanswered(state, onBuilt(state, message, ctx), ctx);
      return;
    case 'PayloadExecuted':
      onUnanswered(state, onExecuted(state, message, ctx), ctx);
      return;
    case 'UpdateForkchoice':
      choose(state, message, ctx);
      shareAgain(state, message.headHeight, ctx);
      return;
    case 'ForkchoiceMoved':
      onMoved(state, message, ctx);
      return;
    case 'ClientChecked':
      onClientChecked(state, message, ctx);
      return;
    case 'ClientDue':
      onClientDue(state, ctx);
      return;
    case 'ReplayExecuted':
      onReplayExecuted(state, message, ctx);
      return;
    case 'ReplayMoved':
      onReplayMoved(state, message, ctx);
      return;
    case 'ReplayTimeout':
      onReplayTimeout(state, message.key, ctx);
      return;
    case 'MintTokensRequest':
      if (!state.mints.has(message.pegIn.outpoint))
        state.mints.set(message.pegIn.outpoint, { pegIn: message.pegIn, trace: ctx.trace });
      return;
    case 'FinalizeBlock':
      finalize(state, message, ctx);
      return;
    case 'BurnsFound':
      tellBurns(state, message, ctx);
      return;
    case 'RetryBurns':
      readBurns(state, ctx);
      return;
    case 'BurnTransaction':
    case 'SubmitTransaction':
    case 'ImportTransaction':
      submit(state, message, ctx);
      return;
    case 'TransactionChecked':
      onChecked(state, message, ctx);
      return;
    case 'ShareTransactions':
      shareSoon(state, ctx);
      return;
    case 'ShareDue':
      share(ctx);
      return;
    case 'TransactionsPending':
      onPending(state, message, ctx);
      return;
    case 'TransactionGivenUp':
      onGivenUp(state, message, ctx);
      return;
    case 'UpdateExecutionConfig':
      onGovernanceChange(state, message, ctx);
      return;
    case 'ConfigUpdate':
      onOperatorChange(state, message, ctx);
      return;
    case 'ExecutionReconfigured':
      onReconfigured(state, message, ctx);
      return;
    case 'SettingsRead':
      onSettingsRead(state, message, ctx);
      return;
    case 'SettingsTimeout':
      onSettingsTimeout(state, message, ctx);
      return;
    default:
      if (isOfReplay(message)) onReplayStored(state, message, ctx);
      else onSettingsAnswered(state, message, ctx);
  }
}

/**
 * Owns the mint queue, who waits for the execution client, and that the client follows the store: one that lost blocks
 * is brought back along them (INV-17). Does not own state, pool or receipts: the client does.
 */
export const engineActor: Behaviour<EngineState, EngineMessage, EngineArgs, Pick<NodePorts, 'execution'>> = {
  name: 'EngineActor',
  ...actorPolicies.EngineActor,
  init: (args, ctx) => {
    const storage: EngineState['storage'] = actorRef(ctx, 'StorageActor');
    loadSettings(storage, ctx);
    return {
      args,
      chain: actorRef(ctx, 'ChainActor'),
      bridge: actorRef(ctx, 'BridgeActor'),
      network: actorRef(ctx, 'NetworkActor'),
      storage,
      client: clientMachine.initial,
      trouble: null,
      choice: null,
      waiting: [],
      target: null,
      replay: null,
      attempt: 0,
      settings: noSettings(),
      mints: new Map(),
      transactionTraces: new Map(),
      burnQueue: [],
      building: new Map(),
      executing: new Map(),
      submitting: new Map(),
      sharing: false,
      nextRequest: 1,
      latestHeight: 0,
      latestHash: '',
      built: 0,
      executed: 0,
    };
  },
  receive: (state, message, ctx) => {
    handle(state, message, ctx);
    return state;
  },
  observes: ['ConfigUpdate'],
  machineState: ({ client }) => client,
  view: (state): EngineView => ({
    latestHeight: state.latestHeight,
    latestHash: state.latestHash,
    queuedMints: state.mints.size,
    executed: state.executed,
    built: state.built,
    client: state.client,
    trouble: state.trouble,
    replayedHeight: state.replay?.plan.reached?.height ?? null,
    settings: settingsView(state.settings),
  }),
};
