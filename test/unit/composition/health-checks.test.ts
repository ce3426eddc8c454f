import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../node-core/primitives/errors.ts';
import { healthOf } from '../../../node-core/read-model/health.ts';
import { NO_VIEWS } from '../../../node-core/read-model/node-views.ts';
import { startTree as start } from '../../support/silent-tree.ts';

const CHILDREN = [
  'StorageActor',
  'EngineActor',
  'ChainActor',
  'BridgeActor',
  'StreamActor',
  'SyncActor',
  'NetworkActor',
];

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
