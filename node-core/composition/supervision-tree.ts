import { bridgeActor, type BridgeArgs } from '../actors/bridge/bridge-actor.ts';
import { chainActor, type ChainArgs } from '../actors/chain/chain-actor.ts';
import { engineActor, type EngineArgs } from '../actors/engine/engine-actor.ts';
import { networkActor, type NetworkArgs } from '../actors/network/network-actor.ts';
import { storageActor } from '../actors/storage/storage-actor.ts';
import { streamActor, type StreamArgs } from '../actors/stream/stream-actor.ts';
import { syncActor } from '../actors/sync/sync-actor.ts';
import { type ActorName, policyOf, type SupervisionSettings } from '../config/supervision-settings.ts';
import { type ActorPolicy, actorPolicies } from '../config/supervision.ts';
import type { Behaviour, Ctx } from '../kernel/behaviour.ts';
import type { Ref, ReplyTo } from '../kernel/ref.ts';
import { actorRef } from '../protocol/actors.ts';
import type { EngineMessage, ExecutionConfigured } from '../protocol/engine.ts';
import type { StorageMessage } from '../protocol/storage.ts';
import type { ConfigureExecution, InterventionRecorded, SupervisorMessage } from '../protocol/supervisor.ts';
import type { SupervisorView } from '../protocol/views.ts';
import { checkChildren, nextCheck, onReport, onSilence, onStarted, onStopped, type Watched } from './health-watch.ts';

/** What each actor of the tree is started with. */
export interface TreeArgs {
  readonly nodeName: string;
  readonly supervision: SupervisionSettings;
  readonly chain: ChainArgs;
  readonly engine: EngineArgs;
  readonly bridge: BridgeArgs;
  readonly network: NetworkArgs;
  readonly stream: StreamArgs;
}

interface SupervisorState {
  readonly args: TreeArgs;
  readonly storage: Ref<StorageMessage>;
  readonly engine: Ref<EngineMessage>;
  readonly startedAtMs: number;
  readonly watched: Watched;
  readonly recording: Map<string, ReplyTo<InterventionRecorded>>;
  readonly configuring: Map<string, ReplyTo<ExecutionConfigured>>;
  nextKey: number;
}

const AUDIT_TIMEOUT_MS = 10_000;
/** The client's and the store's own time-outs have passed by then. */
const CONFIGURE_TIMEOUT_MS = 55_000;

function answer(state: SupervisorState, key: string, failure: string | null, ctx: Ctx<SupervisorMessage>): void {
  const to = state.recording.get(key);
  state.recording.delete(key);
  if (to !== undefined) ctx.reply(to, { type: 'InterventionRecorded', failure });
}

/** EngineActor asks the client and writes its verdict down. */
function configure(state: SupervisorState, message: ConfigureExecution, ctx: Ctx<SupervisorMessage>): void {
  const { settings, who, reason } = message;
  const key = `configure:${state.nextKey++}`;
  state.configuring.set(key, ctx.replyTo<ExecutionConfigured>(message));
  ctx.ask(
    state.engine,
    { type: 'ConfigUpdate', config: { key, settings, who, reason } },
    { timeoutMs: CONFIGURE_TIMEOUT_MS, onTimeout: { type: 'ConfigureTimeout', key } },
  );
}

function onConfigured(state: SupervisorState, answer: ExecutionConfigured, ctx: Ctx<SupervisorMessage>): void {
  const to = state.configuring.get(answer.key);
  state.configuring.delete(answer.key);
  if (to !== undefined) ctx.reply(to, answer);
}

function receive(state: SupervisorState, message: SupervisorMessage, ctx: Ctx<SupervisorMessage>): SupervisorState {
  switch (message.type) {
    case 'RecordIntervention': {
      const key = `intervention:${state.nextKey++}`;
      state.recording.set(key, ctx.replyTo<InterventionRecorded>(message));
      ctx.ask(
        state.storage,
        { type: 'AppendAudit', key, entry: message.entry },
        { timeoutMs: AUDIT_TIMEOUT_MS, onTimeout: { type: 'InterventionTimeout', key } },
      );
      return state;
    }
    case 'ConfigureExecution':
      configure(state, message, ctx);
      return state;
    case 'ExecutionConfigured':
      onConfigured(state, message, ctx);
      return state;
    case 'ConfigureTimeout':
      onConfigured(state, { type: 'ExecutionConfigured', key: message.key, outcome: null, failure: null }, ctx);
      return state;
    case 'AuditAppended':
      answer(state, message.key, null, ctx);
      return state;
    case 'StorageFailure':
      answer(state, message.key, `${message.code}: ${message.reason}`, ctx);
      return state;
    case 'InterventionTimeout':
      answer(state, message.key, 'the store did not answer in time', ctx);
      return state;
    case 'ActorStarted':
      onStarted(state.watched, message, ctx);
      return state;
    case 'ActorStopped':
      onStopped(state.watched, message, ctx);
      return state;
    case 'HealthCheckDue':
      checkChildren(state.watched, state.args.supervision.healthCheck, ctx);
      return state;
    case 'HealthReport':
      onReport(state.watched, message, state.args.supervision.healthCheck, ctx);
      return state;
    case 'HealthCheckTimeout':
      onSilence(state.watched, message.path, state.args.supervision.healthCheck, ctx);
      return state;
  }
}

/** The root as a node's settings want it: its own policy is asked for before it has a state. */
export const rootOf = (supervision: SupervisionSettings): typeof supervisorActor => ({
  ...supervisorActor,
  ...policyOf('SupervisorActor', supervision),
});

/**
 * The root of the tree, readable top to bottom: storage first, because the others load from it; the network last,
 * because what it brings needs the others. Source: communication-flows.md, System Overview.
 */
export const supervisorActor: Behaviour<SupervisorState, SupervisorMessage, TreeArgs> = {
  name: 'SupervisorActor',
  ...actorPolicies.SupervisorActor,
  init: (args, ctx) => {
    const configured = <B extends object>(behaviour: B, name: ActorName): B & ActorPolicy => ({
      ...behaviour,
      ...policyOf(name, args.supervision),
    });
    ctx.spawn(configured(storageActor, 'StorageActor'), 'StorageActor', undefined);
    ctx.spawn(configured(engineActor, 'EngineActor'), 'EngineActor', args.engine);
    ctx.spawn(configured(chainActor, 'ChainActor'), 'ChainActor', args.chain);
    ctx.spawn(configured(bridgeActor, 'BridgeActor'), 'BridgeActor', args.bridge);
    ctx.spawn(configured(streamActor, 'StreamActor'), 'StreamActor', args.stream);
    ctx.spawn(configured(syncActor, 'SyncActor'), 'SyncActor', undefined);
    ctx.spawn(configured(networkActor, 'NetworkActor'), 'NetworkActor', args.network);
    nextCheck(args.supervision.healthCheck, ctx);
    return {
      args,
      storage: actorRef(ctx, 'StorageActor'),
      engine: actorRef(ctx, 'EngineActor'),
      startedAtMs: ctx.nowMs,
      watched: new Map(),
      recording: new Map(),
      configuring: new Map(),
      nextKey: 1,
    };
  },
  receive,
  observes: ['ActorStarted', 'ActorStopped'],
  view: (state): SupervisorView => ({
    nodeName: state.args.nodeName,
    startedAtMs: state.startedAtMs,
    children: [...state.watched.values()],
  }),
};
