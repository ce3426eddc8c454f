import { join } from 'node:path';
import type { Store } from '../adapters/sqlite/open-store.ts';
import { ActorDown } from '../kernel/actor-down.ts';
import type { ActorPath } from '../kernel/envelope.ts';
import type { ActorSystem } from '../kernel/system.ts';
import { type AlysError, ServiceError } from '../primitives/errors.ts';
import { actorRef } from '../protocol/actors.ts';
import type { ChainView, EngineView } from '../protocol/views.ts';
import { type ConsoleNode, type Intervention, type NodeControls, resumePhrase } from '../read-model/console-source.ts';
import { createNode, type NodeOptions, openNodeStore, type RunningNode } from './create-node.ts';
import { haltNode, resumeNode } from './operator-halt.ts';
import { startTelemetry } from './telemetry.ts';

export interface NodeHostOptions extends Omit<NodeOptions, 'store' | 'onTerminalFailure'> {
  readonly storeFolder: string;
  /** What could not be mended: the node has stopped, or is about to. */
  readonly onFailure: (sentence: string) => void;
  /** Other code for the store's thread: how tests make its disk fail. */
  readonly storeWorkerUrl?: URL;
  /** Called after each start. */
  readonly onStarted?: (running: RunningNode) => void;
}

/** A node that can be started and stopped, and its store, which stays open in between. */
export interface NodeHost {
  readonly name: string;
  readonly controls: NodeControls;
  running(): RunningNode | null;
  node(): ConsoleNode | null;
  /** What ended the last run, when nobody asked for its end. */
  failure(): string | null;
  /** Starts without an entry in the audit log: the program's own start. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const RESTART_TIMEOUT_MS = 30_000;
const START_TIMEOUT_MS = 30_000;
/** How long a start waits for the execution client to have the chain's head; the node runs without. */
const CLIENT_HEAD_TIMEOUT_MS = 10_000;
/** SupervisorActor's children. */
const TREE_ACTORS = 7;
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const AUDIT_TIMEOUT_MS = 10_000;
/** SupervisorActor answers before. */
const CONFIGURE_TIMEOUT_MS = 60_000;

/** Until then a wallet would be told of no blocks. A client in trouble is brought back by the tree while it runs. */
function clientHasHead(system: ActorSystem): boolean {
  const engine = system.view('EngineActor') as EngineView | undefined;
  const chain = system.view('ChainActor') as ChainView | undefined;
  if (engine === undefined || chain === undefined || chain.state === 'Initializing') return false;
  return chain.head.height === 0 || engine.client !== 'Ready' || engine.latestHash === chain.head.blockHash;
}

/** Opens the node's store, which locks its folder, and stands ready to start. */
export async function createNodeHost(options: NodeHostOptions): Promise<NodeHost> {
  let running: RunningNode | null = null;
  let consoleNode: ConsoleNode | null = null;
  let failure: string | null = null;
  let stopTelemetry: () => Promise<void> = async () => undefined;
  /** Starts and stops take their turns: two clicks never make two trees. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work);
    turn = next.catch(() => undefined);
    return next;
  };

  const giveUp = (sentence: string): void => {
    failure = sentence;
    options.onFailure(sentence);
    inTurn(stopNow).catch((error: unknown) => options.onFailure(`the node did not stop cleanly: ${String(error)}`));
  };

  const store: Store = await openNodeStore(
    options.storeFolder,
    (error: AlysError) => giveUp(`the store failed and the node stops: ${error.message}`),
    options.storeWorkerUrl,
  );

  async function startNow(): Promise<void> {
    if (running !== null) return;
    const before = failure;
    failure = null;
    try {
      await bringUp();
    } catch (error) {
      failure ??= before;
      throw error;
    }
  }

  async function bringUp(): Promise<void> {
    const sinceMs = Date.now();
    const started = await createNode({
      ...options,
      store,
      onTerminalFailure: (reason) => giveUp(`supervision gave up: ${reason}`),
    });
    try {
      await treeRuns(started);
      stopTelemetry = await startTelemetry(started.system, options.local, sinceMs);
    } catch (error) {
      await started.stop();
      throw error;
    }
    running = started;
    consoleNode = { name: started.name, system: started.system, store: store.port, rpcUrl: started.rpcUrl };
    options.onStarted?.(started);
  }

  async function stopNow(): Promise<void> {
    const stopping = running;
    running = null;
    consoleNode = null;
    await stopTelemetry();
    stopTelemetry = async () => undefined;
    await stopping?.stop();
  }

  /** Long jobs over the store's whole file, one at a time. */
  let upkeep = false;
  async function upkeepOf<T>(work: () => Promise<T>): Promise<T> {
    if (upkeep)
      throw new ServiceError('UPKEEP_RUNS', 'the store is being backed up or checked: wait until that is done');
    upkeep = true;
    try {
      return await work();
    } finally {
      upkeep = false;
    }
  }

  const live = (): RunningNode => {
    if (running === null) throw new ServiceError('NODE_STOPPED', 'the node is stopped: start it first');
    return running;
  };

  /** Writes an intervention down: through the tree while it runs, else straight to the store, also while the tree rests. */
  async function audit(action: string, target: string, by: Intervention, detail: string): Promise<void> {
    const entry = {
      atMs: Date.now(),
      actor: by.who,
      action,
      reason: by.reason,
      detail: detail === '' ? target : `${target}: ${detail}`,
    };
    if (running === null) {
      await store.port.appendAudit(entry);
      return;
    }
    const { system } = running;
    const supervisor = actorRef(system, 'SupervisorActor');
    const answer = await system
      .ask(supervisor, { type: 'RecordIntervention', entry }, { from: 'Operator', timeoutMs: AUDIT_TIMEOUT_MS })
      .catch((error: unknown) => {
        if (error instanceof ActorDown) return null;
        throw error;
      });
    if (answer === null) await store.port.appendAudit(entry);
    else if (answer.failure !== null)
      throw new ServiceError('AUDIT_FAILED', `the audit log could not be written: ${answer.failure}`);
  }

  const statusOf = (path: ActorPath) => {
    const status = live()
      .system.tree()
      .find((actor) => actor.path === path);
    if (status === undefined) throw new ServiceError('UNKNOWN_ACTOR', `there is no actor ${path}`);
    return status;
  };

  /** The pump starts the actors one after another: a node is started when all of its tree runs. */
  async function treeRuns({ system }: RunningNode): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    const headDeadline = Date.now() + CLIENT_HEAD_TIMEOUT_MS;
    while (Date.now() < deadline) {
      const tree = system.tree();
      const runs = tree.length > TREE_ACTORS && tree.every(({ lifecycle }) => lifecycle === 'Running');
      if (runs && (clientHasHead(system) || Date.now() > headDeadline)) return;
      await pause();
    }
    throw new ServiceError('START_TIMEOUT', `the actors did not start in ${START_TIMEOUT_MS / 1000} s`);
  }

  async function restarted(path: ActorPath, generation: number): Promise<void> {
    const deadline = Date.now() + RESTART_TIMEOUT_MS;
    while (Date.now() < deadline) {
      const status = statusOf(path);
      if (status.generation > generation && status.lifecycle === 'Running') return;
      await pause();
    }
    throw new ServiceError('RESTART_TIMEOUT', `${path} did not come back in ${RESTART_TIMEOUT_MS / 1000} s`);
  }

  const controls: NodeControls = {
    start: (by) =>
      inTurn(async () => {
        if (running !== null) return;
        await audit('start', options.local.nodeName, by, '');
        await startNow();
      }),
    stop: (by) =>
      inTurn(async () => {
        if (running === null) return;
        await audit('stop', options.local.nodeName, by, '');
        await stopNow();
      }),
    async restartActor(path, by) {
      const { generation, lifecycle } = statusOf(path);
      await audit('restart', path, by, `generation ${generation}, ${lifecycle}`);
      live().system.restart(path);
      await restarted(path, generation);
    },
    async suspendActor(path, by) {
      statusOf(path);
      await audit('suspend', path, by, '');
      live().system.suspend(path);
    },
    async resumeActor(path, by) {
      statusOf(path);
      await audit('resume actor', path, by, '');
      live().system.resume(path);
    },
    async halt(by) {
      // The halt comes first: what it stops must not wait for the audit log.
      const down = await haltNode(live().system, by.reason);
      await audit('emergency halt', options.local.nodeName, by, down?.message ?? '');
      if (down !== null)
        throw new ServiceError('HALT_WAITS', `${down.message}; the halt is the first message that it will handle`);
    },
    async resume(by, confirmation) {
      const phrase = resumePhrase(options.network.name);
      if (confirmation !== phrase) throw new ServiceError('NOT_CONFIRMED', `to end the halt, type ${phrase}`);
      await audit('end halt', options.local.nodeName, by, '');
      await resumeNode(live().system, by.reason);
    },
    async endFreeze(by) {
      const { system } = live();
      await audit('end freeze', options.local.nodeName, by, '');
      const bridge = actorRef(system, 'BridgeActor');
      system.inject(bridge, { type: 'ResolveFreeze', reason: by.reason }, { from: 'Operator' });
    },
    async configureExecution(settings, by) {
      const { system } = live();
      const { who, reason } = by;
      const answer = await system.ask(
        actorRef(system, 'SupervisorActor'),
        { type: 'ConfigureExecution', settings, who, reason },
        { from: 'Operator', timeoutMs: CONFIGURE_TIMEOUT_MS },
      );
      const { outcome, failure } = answer;
      if (outcome === null)
        throw new ServiceError(
          'NO_VERDICT',
          'the execution client did not answer: the audit log tells what became of it',
        );
      if (!outcome.applied) throw new ServiceError('SETTINGS_REFUSED', outcome.reasons.join('; '));
      if (failure !== null)
        throw new ServiceError('SETTINGS_UNSAVED', `in force, but not kept for the next start: ${failure}`);
    },
    backup: (by) =>
      upkeepOf(async () => {
        const stamp = new Date().toISOString().replace(/[:.]/g, '-');
        const path = join(options.storeFolder, `backup-${stamp}.db`);
        await audit('back up store', options.local.nodeName, by, path);
        await store.backup(path);
        return path;
      }),
    checkStore: (by) =>
      upkeepOf(async () => {
        await audit('check store', options.local.nodeName, by, '');
        return store.integrityCheck();
      }),
    verifyAudit: () => store.verifyAudit(),
    auditLog: async (limit) => (await store.port.readAudit(limit)).toReversed(),
  };

  return {
    name: options.local.nodeName,
    controls,
    running: () => running,
    node: () => consoleNode,
    failure: () => failure,
    start: () => inTurn(startNow),
    close: () =>
      inTurn(async () => {
        await stopNow();
        await store.close();
      }),
  };
}
