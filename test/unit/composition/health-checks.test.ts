import { describe, expect, it } from 'vitest';
import { defaultSupervision } from '../../../node-core/config/supervision-settings.ts';
import { supervisorActor, type TreeArgs } from '../../../node-core/composition/supervision-tree.ts';
import { genesisBlock } from '../../../node-core/domain/consensus/genesis.ts';
import { createActorSystem } from '../../../node-core/kernel/actor-system.ts';
import { answerAfter, SimulationPump } from '../../../node-core/kernel/pump/simulation.ts';
import { accept, ServiceError } from '../../../node-core/primitives/errors.ts';
import { evmAddress } from '../../../node-core/primitives/ids.ts';
import type { NodePorts } from '../../../node-core/ports/node-ports.ts';
import type { SupervisorView } from '../../../node-core/protocol/views.ts';
import { healthOf } from '../../../node-core/read-model/health.ts';
import { NO_VIEWS } from '../../../node-core/read-model/node-views.ts';
import { emptyPayload } from '../../support/consensus-world.ts';
import { createKeyedScheme } from '../../support/keyed-scheme.ts';
import { sampleLocal, sampleNetwork } from '../config/sample-network.ts';

const NEVER_MS = 1e12;
const CHILDREN = [
  'StorageActor',
  'EngineActor',
  'ChainActor',
  'BridgeActor',
  'StreamActor',
  'SyncActor',
  'NetworkActor',
];

/** A port that answers nothing. */
const silent: never = new Proxy(
  {},
  {
    get: () => () => Object.assign(answerAfter(NEVER_MS, null), { open: () => () => undefined }),
  },
) as never;

/** The real tree in virtual time, with outside parties that hang. */
function start(store: NodePorts['store'] = silent) {
  const pump = new SimulationPump({ seed: 1 });
  const ports: NodePorts = {
    bitcoin: silent,
    execution: silent,
    governance: silent,
    peers: silent,
    signer: silent,
    store,
  };
  const system = createActorSystem({ ports, environment: pump.environment, pump });
  const lines = system.read('oldest');
  const network = sampleNetwork();
  const args: TreeArgs = {
    nodeName: 'node-1',
    supervision: defaultSupervision,
    chain: {
      network,
      networkHash: 'aa',
      scheme: createKeyedScheme(),
      genesis: genesisBlock(emptyPayload()),
      self: null,
      verifyApproval: () => accept(null),
      buildBudgetMs: 500,
    },
    engine: { bridgeAddress: evmAddress(network.bridge.address) },
    bridge: { network, networkHash: 'aa', local: sampleLocal },
    network: { peerId: 'peer-1', listen: [], names: {}, slotDurationMs: 2_000 },
    stream: { network, networkHash: 'aa', local: sampleLocal },
  };
  system.start(supervisorActor, args);
  pump.runFor(0);
  const view = () => system.view('SupervisorActor') as SupervisorView;
  const child = (path: string) => view().children.find((one) => one.path === path);
  const logs: string[] = [];
  const logged = () => {
    for (const { path, level, text } of lines.read(1e6).logs) logs.push(`${level} ${path}: ${text}`);
    return logs;
  };
  return { pump, system, view, child, logged };
}

describe('the supervisor', () => {
  it('knows its children by their start and asks each how it is, again and again', () => {
    const { pump, view } = start();
    expect(
      view()
        .children.map(({ path }) => path)
        .toSorted(),
    ).toEqual(CHILDREN.toSorted());
    for (const afterMs of [10_000, 10_000]) {
      pump.runFor(afterMs);
      for (const { answeredAtMs } of view().children) expect(answeredAtMs).toBe(pump.nowMs);
    }
  });

  it('names the actor that hangs, with what it is doing, to the operator', () => {
    const { pump, system, view, child, logged } = start();
    pump.runFor(19_999);
    expect(child('StorageActor')?.trouble).toBeNull();
    const says = /^StorageActor hangs: it waits for Database to answer \w+ for 20 s/;
    pump.runFor(1);
    expect(child('StorageActor')?.trouble).toMatch(says);
    expect(logged().filter((line) => line.startsWith('warn SupervisorActor: StorageActor hangs'))).toHaveLength(1);
    const health = healthOf(
      { nodeName: 'node-1', authorities: [], views: { ...NO_VIEWS, supervisor: view() }, tree: system.tree() },
      pump.nowMs,
    );
    const reason = health.reasons.find(({ text }) => says.test(text));
    expect(reason).toMatchObject({ severity: 'warning', sinceMs: pump.nowMs, screen: 'tree' });
    pump.runFor(60_000);
    expect(logged().some((line) => line === 'info SupervisorActor: StorageActor is well again')).toBe(true);
  });

  it('names the actor that does not answer in time, and says when it runs again', () => {
    const failing = new Proxy(
      {},
      {
        get: () => {
          throw new ServiceError('DISK', 'gone');
        },
      },
    ) as never;
    const { pump, child, logged } = start(failing);
    pump.runFor(30_000);
    const silence = 'StorageActor does not answer its health check within 5000 ms';
    expect(logged().some((line) => line.startsWith(`warn SupervisorActor: ${silence}`))).toBe(true);
    expect(logged()).toContain('info SupervisorActor: StorageActor has started again');
    pump.runUntil(() => child('StorageActor')?.trouble !== null, 60_000);
    expect(child('StorageActor')?.trouble).toContain(silence);
  });

  it('tells a suspended actor from one that hangs, and takes over its new generation', () => {
    const { pump, system, child } = start();
    system.suspend('ChainActor');
    pump.runFor(10_000);
    expect(child('ChainActor')).toMatchObject({ trouble: null, doing: expect.stringMatching(/^is suspended/) });
    system.restart('ChainActor');
    pump.runFor(10_000);
    expect(child('ChainActor')).toMatchObject({ generation: 2, trouble: null });
  });

  it('says which actor has ended for good, and why, and asks it no more', () => {
    const { pump, system, child, logged } = start({} as never);
    pump.runFor(30_000);
    expect(child('StorageActor')).toMatchObject({ ended: true, answeredAtMs: null });
    const [line] = logged().filter((text) => text.startsWith('error SupervisorActor: '));
    expect(line).toMatch(/StorageActor has ended for good: NO_SUCH_PORT/);
    expect(logged().filter((text) => text.includes('dead letter: HealthCheck'))).toEqual([]);
    system.restart('StorageActor');
    pump.runFor(0);
    expect(logged()).toContain('info SupervisorActor: StorageActor has started again');
  });

  it('says that a stop was one', async () => {
    const { pump, system, logged } = start();
    const stopped = system.stop();
    pump.runFor(20_000);
    await stopped;
    expect(logged()).toContain('info SupervisorActor: SyncActor has stopped');
    expect(logged().filter((text) => text.startsWith('error'))).toEqual([]);
  });
});
