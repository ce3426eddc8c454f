import {
  changeConfig,
  DEFAULT_EXECUTION_CONFIG,
  type ExecutionConfig,
} from '../../../node-core/adapters/embedded-evm/execution-config.ts';
import { flatSettings, parseSettings, type SettingChange } from '../../../node-core/domain/execution/settings.ts';
import { ServiceError } from '../../../node-core/primitives/errors.ts';
import type { ConsoleNode, ConsoleSource, Intervention } from '../../../node-core/read-model/console-source.ts';
import { pegIn, type FlowStep } from '../../../node-core/read-model/flows.ts';
import type { ChainedAuditEntry } from '../../../node-core/ports/store.ts';
import type { EvmTxHash, Txid } from '../../../node-core/primitives/ids.ts';
import { sats, satsToWei } from '../../../node-core/primitives/units.ts';
import type { ChainView, EngineView, OperationView } from '../../../node-core/protocol/views.ts';
import { SampleSystem } from './sample-system.ts';
import { bridgeView, chainView, hex, networkView, operationView, streamView } from './sample-views.ts';

const TREE = ['StorageActor', 'EngineActor', 'ChainActor', 'BridgeActor', 'StreamActor', 'SyncActor', 'NetworkActor'];
const TICK_MS = 1000;
const MOST_GAS = 30_000_000;

const ENGINE_AT_REST: Omit<EngineView, 'settings'> = {
  latestHeight: 1212,
  latestHash: '',
  queuedMints: 0,
  executed: 1212,
  built: 404,
  client: 'Ready',
  trouble: null,
  replayedHeight: null,
};

export interface SampleOptions {
  /** Operations on the list from the start. */
  readonly operations: number;
  readonly running?: boolean;
}

/** A console source whose node is a story: for the console's own tests and for drawing its screens. */
export function sampleSource({
  operations: count,
  running = true,
}: SampleOptions): ConsoleSource & { readonly system: SampleSystem } {
  const system = new SampleSystem();
  const startedAtMs = Date.now() - 3_725_000;
  let slot = 1219;
  let halts: ChainView['haltCauses'] = [];
  let links: 'cut' | 'joined' = 'joined';
  let execution: ExecutionConfig = DEFAULT_EXECUTION_CONFIG;
  const changes = new Map<string, SettingChange>([
    ['pool.maxPerAccount', { source: 'governance', who: 'GovernanceNodes', atMs: startedAtMs + 90_000 }],
  ]);
  const audit: ChainedAuditEntry[] = [];
  const operations: OperationView[] = Array.from({ length: count }, (_, i) => operationView(i, Date.now()));

  function refresh(): void {
    const nowMs = Date.now();
    system.views.set('SupervisorActor', { nodeName: 'node-1', startedAtMs, children: [] });
    system.views.set('ChainActor', chainView(slot, halts));
    system.views.set('BridgeActor', bridgeView(operations, 214));
    system.views.set('EngineActor', {
      ...ENGINE_AT_REST,
      settings: [...flatSettings(execution)].map(([path, value]) => ({
        path,
        value,
        changed: changes.get(path) ?? null,
      })),
    });
    system.views.set('NetworkActor', { ...networkView(nowMs), ...(links === 'cut' ? { peers: [] } : {}) });
    system.views.set('StreamActor', streamView(nowMs));
    system.views.set('SyncActor', { state: 'Idle', targetHeight: null, importedHeight: null, ranges: [] });
  }

  function playSlot(): void {
    slot += 1;
    const id = `slot:${slot}`;
    const tick = system.say(id, null, { from: 'AuraTimer', to: 'ChainActor', type: 'SlotTick' });
    if (halts.length === 0 && slot % 3 === 0) {
      const build = system.say(id, tick, { from: 'ChainActor', to: 'EngineActor', type: 'BuildBlockRequest' });
      const template = system.say(id, build, { from: 'EngineActor', to: 'ChainActor', type: 'BlockTemplate' });
      const check = system.say(id, template, { from: 'ChainActor', to: 'BridgeActor', type: 'ValidatePegOperations' });
      const valid = system.say(id, check, { from: 'BridgeActor', to: 'ChainActor', type: 'PegValidationResult' });
      system.say(id, valid, { from: 'ChainActor', to: 'NetworkActor', type: 'PropagateBlock' });
      system.say(id, valid, { from: 'ChainActor', to: 'StorageActor', type: 'PersistBlock' });
      system.log('ChainActor', 'info', 'proposed a block', { slot, height: slot - 7 }, id);
    } else if (halts.length === 0) {
      const got = system.say(id, tick, { from: 'Peer:12D3KooWabc', to: 'NetworkActor', type: 'BlockReceived' });
      const block = system.say(id, got, { from: 'NetworkActor', to: 'ChainActor', type: 'ProcessBlock' });
      const run = system.say(id, block, { from: 'ChainActor', to: 'EngineActor', type: 'ExecutePayload' });
      system.say(id, run, { from: 'EngineActor', to: 'ChainActor', type: 'PayloadStatus' });
      system.say(id, block, { from: 'ChainActor', to: 'StorageActor', type: 'PersistBlock' });
    }
    if (slot % 5 === 0) system.log('NetworkActor', 'debug', 'peer status', { peers: 2, headHeight: slot - 7 });
    if (slot % 13 === 0) system.log('BridgeActor', 'warn', 'a deposit waits for confirmations', { confirmations: 1 });
  }

  function playFlow(steps: readonly FlowStep[], id: string): void {
    let cause: number | null = null;
    for (const step of steps) {
      if ('type' in step) cause = system.say(id, cause, { from: step.from, to: step.to, type: step.type });
    }
  }

  system.actor('SupervisorActor', null);
  for (const path of TREE)
    system.actor(path, 'SupervisorActor', {
      machineState: path === 'ChainActor' ? 'Active' : path === 'BridgeActor' ? 'Monitoring' : null,
    });
  for (const operation of operations.filter(({ terminal }) => !terminal).slice(0, 6)) {
    system.actor(`BridgeActor/${operation.id}`, 'BridgeActor', {
      behaviour: operation.kind === 'pegIn' ? 'PegIn' : 'PegOut',
      machineState: operation.state,
    });
  }
  for (let i = 0; i < 12; i++) playSlot();
  for (const { kind, id } of operations.slice(0, 20)) if (kind === 'pegIn') playFlow(pegIn.steps, id);
  refresh();
  const timer = setInterval(() => {
    playSlot();
    refresh();
  }, TICK_MS);
  timer.unref();

  const start = (): ConsoleNode => ({
    name: 'node-1',
    system: system.asSystem(),
    store: { readBlocks: () => Promise.resolve([]) },
    rpcUrl: 'http://127.0.0.1:8545',
  });
  let node: ConsoleNode | null = running ? start() : null;
  const write = (action: string, target: string, by: Intervention): void => {
    const previousHash = audit[0]?.hash ?? '0'.repeat(64);
    const sequence = audit.length + 1;
    audit.unshift({
      sequence,
      atMs: Date.now(),
      actor: by.who,
      action,
      reason: by.reason,
      detail: target,
      previousHash,
      hash: hex(`${previousHash} ${sequence} ${action}`),
    });
  };
  return {
    system,
    nodeName: 'node-1',
    networkName: 'devnet',
    chainId: 121212,
    version: '0.1.0',
    dataDir: '.data',
    publicConfig: {},
    authorityNames: () => ['node-1', 'node-2', 'node-3'],
    node: () => node,
    failure: () => null,
    controls: {
      start: async (by) => {
        node ??= start();
        write('start', 'node-1', by);
      },
      stop: async (by) => {
        node = null;
        write('stop', 'node-1', by);
      },
      restartActor: async (path, by) => {
        const actor = system.actors.get(path);
        system.actor(path, actor?.parent ?? null, { lifecycle: 'Stopping' });
        system.actor(path, actor?.parent ?? null, {
          lifecycle: 'Running',
          generation: (actor?.generation ?? 0) + 1,
          restarts: (actor?.restarts ?? 0) + 1,
        });
        write('restart', path, by);
      },
      suspendActor: async (path, by) => {
        system.actor(path, system.actors.get(path)?.parent ?? null, { suspended: true });
        write('suspend', path, by);
      },
      resumeActor: async (path, by) => {
        system.actor(path, system.actors.get(path)?.parent ?? null, { suspended: false });
        write('resume actor', path, by);
      },
      halt: async (by) => {
        halts = [...halts, { source: 'operator', reason: by.reason, sinceMs: Date.now() }];
        refresh();
        write('emergency halt', 'node-1', by);
      },
      resume: async (by) => {
        halts = [];
        refresh();
        write('end halt', 'node-1', by);
      },
      endFreeze: async (by) => write('end freeze', 'node-1', by),
      configureExecution: async (settings, by) => {
        const changed = changeConfig(execution, settings, MOST_GAS);
        write('execution settings', changed.ok ? `taken: ${settings}` : `refused: ${settings}`, by);
        if (!changed.ok) throw new ServiceError('SETTINGS_REFUSED', changed.reasons.join('; '));
        execution = changed.config;
        for (const path of flatSettings(parseSettings(settings)).keys())
          changes.set(path, { source: 'operator', who: by.who, atMs: Date.now() });
        refresh();
      },
      backup: async (by) => {
        write('back up store', 'node-1', by);
        return '.data/backup.db';
      },
      checkStore: async (by) => {
        write('check store', 'node-1', by);
        return [];
      },
      verifyAudit: async () => ({ entries: audit.length, brokenAt: null }),
      auditLog: async (limit) => audit.slice(0, limit),
    },
    devnet: {
      deposit: async (amountSats) => {
        const operation = { ...operationView(0, Date.now()), amountSats: amountSats.toString() };
        operations.unshift(operation);
        refresh();
        return { txid: hex('deposit') as Txid };
      },
      burn: async () => ({ evmTxHash: `0x${hex('burn')}` as EvmTxHash }),
      mine: async (blocks) => ({ height: 214 + blocks }),
      setLinks: async (next) => {
        links = next;
        refresh();
      },
      wallets: async () => ({
        bitcoinAddress: 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080',
        bitcoinBalanceSats: sats(945_000_000n),
        evmAddress: `0x${hex('user').slice(0, 40)}`,
        evmBalanceWei: satsToWei(sats(5_000_000n)),
        nodes: ['node-1', 'node-2', 'node-3'],
        links,
      }),
    },
    close: async () => clearInterval(timer),
  };
}
