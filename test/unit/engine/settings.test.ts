import { describe, expect, it } from 'vitest';
import type { EngineMessage, ExecutionConfigured } from '../../../node-core/protocol/engine.ts';
import { EngineWorld } from '../../support/engine-world.ts';

const world = (): EngineWorld => new EngineWorld({ length: 2, finalHeight: 1 });

function change(engine: EngineWorld, config: string): void {
  engine.running.tell('EngineActor', { type: 'UpdateExecutionConfig', config });
  engine.run(100);
}

/** The operator's change, and what comes of it. */
function operatorChange(engine: EngineWorld, settings: string): Promise<ExecutionConfigured> {
  const { system } = engine.running;
  const answer = system.ask(
    system.refOf<EngineMessage>('EngineActor'),
    { type: 'ConfigUpdate', config: { key: 'k', settings, who: 'ada', reason: 'spam' } },
    { from: 'SupervisorActor', timeoutMs: 50_000 },
  );
  engine.run(100);
  return answer;
}

const setting = (engine: EngineWorld, path: string) => engine.view.settings?.find((one) => one.path === path);

describe('new execution settings', () => {
  it('reach the client as they come, and the audit log tells who sent them and what changed', () => {
    const engine = world();
    change(engine, '{"minTipWei":"5"}');
    expect(engine.client.settings).toEqual(['{"minTipWei":"5"}']);
    expect(engine.audit).toMatchObject([
      { actor: 'GovernanceNodes', action: 'execution settings', detail: 'taken: minTipWei: "1" → "5"' },
    ]);
    expect(engine.running.logs()).toContain('info EngineActor: the execution settings are changed');
  });

  it('that the client refuses change nothing, and the reasons are in the audit log', () => {
    const engine = world();
    change(engine, '{"wrong":1}');
    expect(engine.audit).toMatchObject([{ detail: 'refused: wrong: not a setting: {"wrong":1}' }]);
    expect(setting(engine, 'wrong')).toBeUndefined();
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
    expect(engine.audit[0]?.detail).toContain('ENGINE_UNAVAILABLE');
    expect(engine.values.size).toBe(0);
  });

  it('are shown as they are in force, each with who changed it, also after a restart', () => {
    const engine = world();
    engine.run(100);
    expect(setting(engine, 'minTipWei')).toEqual({ path: 'minTipWei', value: '1', changed: null });
    change(engine, '{"minTipWei":"5"}');
    const changed = { source: 'governance', who: 'GovernanceNodes', atMs: expect.any(Number) as number };
    expect(setting(engine, 'minTipWei')).toEqual({ path: 'minTipWei', value: '5', changed });
    engine.running.system.restart('EngineActor');
    engine.run(1000);
    expect(setting(engine, 'minTipWei')).toEqual({ path: 'minTipWei', value: '5', changed });
    expect(setting(engine, 'pool.maxBytes')).toMatchObject({ value: 100, changed: null });
  });
});

describe('execution settings that the operator changes', () => {
  it('while those of before the start are still being read join them, and neither is lost', async () => {
    const engine = world();
    change(engine, '{"pool":{"maxBytes":7},"minTipWei":"2"}');
    engine.loadMs = 50;
    engine.running.system.restart('EngineActor');
    engine.run(10);
    await operatorChange(engine, '{"minTipWei":"5"}');
    engine.run(1000);
    expect(setting(engine, 'minTipWei')).toMatchObject({ value: '5', changed: { source: 'operator' } });
    expect(setting(engine, 'pool.maxBytes')).toMatchObject({ value: 7, changed: { source: 'governance' } });
    expect([...engine.values.values()].map((text) => JSON.parse(text) as unknown)).toEqual([
      { pool: { maxBytes: 7 }, minTipWei: '5' },
      {
        'pool.maxBytes': { source: 'governance', who: 'GovernanceNodes', atMs: expect.any(Number) as number },
        minTipWei: { source: 'operator', who: 'ada', atMs: expect.any(Number) as number },
      },
    ]);
  });

  it('take the way of governance’s, and the operator is told when all is on disk', async () => {
    const engine = world();
    engine.run(100);
    const answer = operatorChange(engine, '{"pool":{"maxBytes":7}}');
    expect(await answer).toMatchObject({ key: 'k', outcome: { applied: true }, failure: null });
    expect(engine.client.settings).toEqual(['{"pool":{"maxBytes":7}}']);
    expect(engine.audit).toEqual([
      {
        atMs: expect.any(Number) as number,
        actor: 'ada',
        action: 'execution settings',
        reason: 'spam',
        detail: 'taken: pool.maxBytes: 100 → 7',
      },
    ]);
    expect(setting(engine, 'pool.maxBytes')).toMatchObject({ value: 7, changed: { source: 'operator', who: 'ada' } });
    engine.client.settings.length = 0;
    engine.running.system.restart('EngineActor');
    engine.run(1000);
    expect(engine.client.settings).toEqual(['{"pool":{"maxBytes":7}}']);
  });

  it('that are refused change nothing: the operator is told why, and the audit log has it', async () => {
    const engine = world();
    const reasons = ['wrong: not a setting'];
    expect(await operatorChange(engine, '{"wrong":1}')).toMatchObject({ outcome: { applied: false, reasons } });
    expect(engine.audit).toMatchObject([
      { actor: 'ada', reason: 'spam', detail: 'refused: wrong: not a setting: {"wrong":1}' },
    ]);
    expect(engine.values.size).toBe(0);
  });

  it('are in force when the store fails, and the operator learns that a restart will not know them', async () => {
    const engine = world();
    engine.run(100);
    engine.failWrites('DISK_FULL');
    const answer = await operatorChange(engine, '{"minTipWei":"5"}');
    expect(answer).toMatchObject({
      outcome: { applied: true },
      failure: expect.stringContaining('DISK_FULL') as string,
    });
    expect(setting(engine, 'minTipWei')?.value).toBe('5');
  });

  it('overtake what waits in EngineActor’s mailbox, as every system message does', async () => {
    const engine = world();
    for (let i = 0; i < 50; i++) engine.running.queue('EngineActor', { type: 'ShareTransactions' });
    await operatorChange(engine, '{"minTipWei":"5"}');
    const handled = engine.running.recorded().filter(({ to }) => to === 'EngineActor');
    const types = handled.map(({ type }) => type);
    expect(types.indexOf('ConfigUpdate')).toBeLessThan(types.indexOf('ShareTransactions'));
  });
});
