import { describe, expect, it } from 'vitest';
import { ConsoleModel } from '../../../node-core/read-model/console-model.ts';
import { plain } from '../../../node-core/read-model/plain.ts';
import { RateMeter } from '../../../node-core/read-model/rates.ts';
import { Ring } from '../../../node-core/read-model/ring.ts';
import { blastRadius } from '../../../node-core/read-model/tree.ts';
import { sampleSource } from '../../support/sample/sample-source.ts';
import { SampleSystem } from '../../support/sample/sample-system.ts';

const by = { who: 'test', reason: 'test' };

describe('the console model', () => {
  it('follows a node through stop and start and keeps the story of a stopped one readable', async () => {
    const source = sampleSource({ operations: 5 });
    const model = new ConsoleModel({ source, machines: {}, nowMs: Date.now });
    model.poll();
    expect(model.overview().health.level).not.toBe('stopped');
    const before = model.recent(1000, () => true).length;
    expect(before).toBeGreaterThan(0);
    await source.controls.stop(by);
    model.poll();
    expect(model.overview()).toMatchObject({ health: { level: 'stopped' }, node: { running: false } });
    expect(model.recent(1000, () => true)).toHaveLength(before);
    await source.controls.start(by);
    model.poll();
    expect(model.overview().node.running).toBe(true);
    await source.close();
  });

  it('counts every message of an edge once, children and peers with their kind', async () => {
    const source = sampleSource({ operations: 5 });
    const model = new ConsoleModel({ source, machines: {}, nowMs: Date.now });
    model.poll();
    const { edges } = model.flow();
    expect(edges.reduce((sum, { total }) => sum + total, 0)).toBe(source.system.messages.length);
    expect(edges.some(({ from }) => from === 'Peers')).toBe(true);
    expect(edges.every(({ from, to }) => !`${from}${to}`.includes('/'))).toBe(true);
    await source.close();
  });

  it('finds a log line by level, actor and expression, and says why an expression is none', async () => {
    const source = sampleSource({ operations: 1 });
    source.system.log('EngineActor', 'error', 'state root differs', { height: 12 });
    const model = new ConsoleModel({ source, machines: {}, nowMs: Date.now });
    model.poll();
    const query = { level: 'debug', actor: '', pattern: '', limit: 100 } as const;
    expect(model.logs({ ...query, level: 'error' }).lines.map(({ text }) => text)).toEqual(['state root differs']);
    expect(model.logs({ ...query, pattern: '"height":12\\b' }).matching).toBe(1);
    expect(model.logs({ ...query, actor: 'EngineActor' }).matching).toBe(1);
    expect(model.logs({ ...query, pattern: '(' }).patternError).not.toBeNull();
    await source.close();
  });

  it("shows an actor's times by message type", async () => {
    const source = sampleSource({ operations: 1 });
    const model = new ConsoleModel({ source, machines: {}, nowMs: Date.now });
    model.poll();
    const panel = model.actor('ChainActor');
    expect(panel?.times).toEqual(source.system.times('ChainActor'));
    const handled = source.system.messages.filter(({ to }) => to === 'ChainActor').length;
    expect(panel?.times.reduce((sum, { count }) => sum + count, 0)).toBe(handled);
    expect(model.actor('SupervisorActor')?.times).toEqual([]);
    await source.close();
  });

  it('shows no actor and no operation that does not exist', async () => {
    const source = sampleSource({ operations: 1 });
    const model = new ConsoleModel({ source, machines: {}, nowMs: Date.now });
    model.poll();
    expect(model.actor('NoActor')).toBeNull();
    expect(model.operation('peg-in:none')).toBeNull();
    expect(await model.block(7)).toBeNull();
    await source.close();
  });
});

describe('what it is made of', () => {
  it('a ring keeps the newest in order and counts what it ever held', () => {
    const ring = new Ring<number>(3);
    for (const item of [1, 2, 3, 4, 5]) ring.push(item);
    expect([...ring]).toEqual([3, 4, 5]);
    expect(ring.newest(2)).toEqual([5, 4]);
    expect(ring.newest(9, (item) => item % 2 === 1)).toEqual([5, 3]);
    expect(ring.added).toBe(5);
  });

  it('a rate is that of the last seconds and begins anew with its counter', () => {
    const meter = new RateMeter();
    expect(meter.sample('a', 0, 0)).toBe(0);
    expect(meter.sample('a', 10, 1000)).toBe(10);
    for (let second = 2; second <= 10; second++) meter.sample('a', 10, second * 1000);
    expect(meter.sample('a', 10, 11_000)).toBe(0);
    expect(meter.sample('a', 3, 12_000)).toBe(0);
  });

  it('the blast radius reaches an actor’s descendants and counts what waits in them', () => {
    const system = new SampleSystem();
    const mailbox = { depth: 2, bound: 10, overflow: 'returnError', highWater: 2, reserved: 0, atDoor: 0 };
    system.actor('SupervisorActor', null);
    system.actor('BridgeActor', 'SupervisorActor', { mailbox });
    system.actor('BridgeActor/peg-in:a:0', 'BridgeActor', { mailbox });
    system.actor('ChainActor', 'SupervisorActor', { mailbox });
    const tree = system.asSystem().tree();
    expect(blastRadius('BridgeActor', tree)).toMatchObject({
      children: ['BridgeActor/peg-in:a:0'],
      waitingMessages: 4,
    });
    expect(blastRadius('SupervisorActor', tree).children).toHaveLength(3);
    expect(blastRadius('ChainActor', tree).children).toEqual([]);
  });

  it('plain data is JSON whatever an actor holds: amounts, bytes, maps, cycles, depth', () => {
    const cyclic: Record<string, unknown> = {
      amountSats: 5n,
      bytes: Uint8Array.of(1, 255),
      map: new Map([['a', 1n]]),
      call: () => 1,
    };
    cyclic['self'] = cyclic;
    const text = JSON.stringify(plain(cyclic));
    expect(JSON.parse(text)).toMatchObject({ amountSats: '5', bytes: '0x01ff', map: [['a', '1']] });
    expect(text.length).toBeLessThan(10_000);
  });
});
