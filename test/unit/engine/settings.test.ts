import { describe, expect, it } from 'vitest';
import { EngineWorld } from '../../support/engine-world.ts';

const world = (): EngineWorld => new EngineWorld({ length: 2, finalHeight: 1 });

function change(engine: EngineWorld, config: string): void {
  engine.running.tell('EngineActor', { type: 'UpdateExecutionConfig', config });
  engine.run(100);
}

describe('new execution settings', () => {
  it('reach the client as they come, and the audit log tells who sent them', () => {
    const engine = world();
    change(engine, '{"minTipWei":"5"}');
    expect(engine.client.settings).toEqual(['{"minTipWei":"5"}']);
    expect(engine.audit).toMatchObject([
      { actor: 'Operator', action: 'execution settings', reason: 'taken', detail: '{"minTipWei":"5"}' },
    ]);
    expect(engine.running.logs()).toContain('info EngineActor: the execution settings are changed');
  });

  it('that the client refuses change nothing, and the reasons are in the audit log', () => {
    const engine = world();
    change(engine, '{"wrong":1}');
    expect(engine.audit).toMatchObject([{ reason: 'refused: wrong: not a setting' }]);
    expect(engine.values.size).toBe(0);
    expect(engine.running.logs()).toContain('warn EngineActor: new execution settings are refused');
  });

  it('are made again after a restart, all as one change', () => {
    const engine = world();
    change(engine, '{"minTipWei":"5","pool":{"maxBytes":1000,"maxTransactions":7}}');
    change(engine, '{"wrong":1}');
    change(engine, '{"pool":{"maxBytes":2000},"gasLimitTarget":null}');
    engine.client.settings.length = 0;
    engine.running.system.restart('EngineActor');
    engine.run(1000);
    expect(engine.client.settings.map((text) => JSON.parse(text) as unknown)).toEqual([
      { minTipWei: '5', pool: { maxBytes: 2000, maxTransactions: 7 }, gasLimitTarget: null },
    ]);
    // What was recorded once is not recorded again.
    expect(engine.audit).toHaveLength(3);
  });

  it('that another client took are made again section by section, as far as this one knows them', () => {
    const engine = world();
    change(engine, '{"rpc":{"maxLogs":7}}');
    change(engine, '{"pool":{"maxTransactions":7}}');
    const [name, stored] = [...engine.values][0] ?? ['', ''];
    engine.values.set(name, stored.replace('pool', 'wrong'));
    engine.client.settings.length = 0;
    engine.running.system.restart('EngineActor');
    engine.run(1000);
    expect(engine.client.settings).toEqual([
      '{"rpc":{"maxLogs":7},"wrong":{"maxTransactions":7}}',
      '{"rpc":{"maxLogs":7}}',
      '{"wrong":{"maxTransactions":7}}',
    ]);
    expect(engine.running.logs().slice(-2).sort()).toEqual([
      'info EngineActor: the execution settings are changed',
      'warn EngineActor: stored execution settings are refused',
    ]);
    // What this client doesn't know stays for the next.
    change(engine, '{"rpc":{"maxLogs":8}}');
    expect(engine.values.get(name)).toBe('{"rpc":{"maxLogs":8},"wrong":{"maxTransactions":7}}');
  });

  it('are refused while the client is away', () => {
    const engine = world();
    engine.client.away = true;
    change(engine, '{"minTipWei":"5"}');
    expect(engine.audit[0]?.reason).toContain('ENGINE_UNAVAILABLE');
    expect(engine.values.size).toBe(0);
  });
});
