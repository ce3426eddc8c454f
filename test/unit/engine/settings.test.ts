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

  it('are refused while the client is away', () => {
    const engine = world();
    engine.client.away = true;
    change(engine, '{"minTipWei":"5"}');
    expect(engine.audit[0]?.reason).toContain('ENGINE_UNAVAILABLE');
    expect(engine.values.size).toBe(0);
  });
});
