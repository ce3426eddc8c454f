import { describe, expect, it } from 'vitest';
import { NetworkError } from '../../../node-core/primitives/errors.ts';
import type { HealthCheck } from '../../../node-core/kernel/system-messages.ts';
import { answerAfter } from '../../../node-core/kernel/pump/simulation.ts';
import { actor, run, type Any } from '../../support/actors.ts';

describe('a mailbox that fills', () => {
  it('raises an alarm at 50, 80 and 100 % of its bound, once each until it has been quiet again', () => {
    const leaf = actor('LeafActor', undefined, { mailbox: { bound: 10, overflow: 'returnError' } });
    const { queue, settle, system, logs } = run([leaf]);
    const alarms = (): readonly string[] => logs().filter((line) => line.includes('% full') || line.includes('quiet'));
    system.suspend('LeafActor');
    for (let n = 0; n < 12; n++) queue('LeafActor', { type: 'Work' });
    const filled = [50, 80, 100].map((percent) => `warn LeafActor: mailbox ${percent} % full`);
    expect(alarms()).toEqual(filled);
    system.resume('LeafActor');
    settle();
    expect(alarms()).toEqual([...filled, 'info LeafActor: mailbox quiet again']);
    system.suspend('LeafActor');
    for (let n = 0; n < 5; n++) queue('LeafActor', { type: 'Work' });
    expect(alarms()).toHaveLength(5);
  });
});

describe('a mailbox whose places are reserved', () => {
  it('raises its alarms before it has no place left, also when nothing waits in it', () => {
    const leaf = actor(
      'LeafActor',
      (message, ctx) => {
        if (message.type === 'Go') for (let n = 0; n < 9; n++) ctx.timer(`timer${n}`, 1_000, { type: 'Late' });
      },
      { mailbox: { bound: 10, overflow: 'returnError' } },
    );
    const { tell, logs } = run([leaf]);
    tell('LeafActor', { type: 'Go' });
    expect(logs().filter((line) => line.includes('% full'))).toEqual([
      'warn LeafActor: mailbox 50 % full',
      'warn LeafActor: mailbox 80 % full',
    ]);
  });
});

describe('a health check', () => {
  const ask = ({ system }: ReturnType<typeof run>, path: string) =>
    system.ask(system.refOf<HealthCheck>(path), { type: 'HealthCheck' }, { from: 'Operator', timeoutMs: 1_000 });

  it('is answered by every actor in its own turn, before what waits', async () => {
    const running = run([actor('LeafActor')]);
    running.system.suspend('LeafActor');
    for (let n = 0; n < 3; n++) running.queue('LeafActor', { type: 'Work' });
    const report = ask(running, 'LeafActor');
    running.settle();
    expect(await report).toMatchObject({
      path: 'LeafActor',
      lifecycle: 'Running',
      suspended: true,
      waiting: 3,
      lastHandledAtMs: null,
    });
    expect(running.story()).toContain('LeafActor -> Operator: HealthReport sent');
  });

  it('shows port calls that hang and producers that are held', async () => {
    const ports = { bitcoin: { getTip: () => answerAfter(10_000, 1) } };
    const full = actor('FullActor', undefined, { mailbox: { bound: 1, overflow: 'blockProducer' } });
    const busy = actor<{ readonly bitcoin: { getTip(): Promise<number> } }>('BusyActor', (message, ctx) => {
      if (message.type !== 'Go') return;
      ctx.call('bitcoin', 'getTip', [], { party: 'BitcoinNetwork', timeoutMs: 2_000, done: () => [] });
      for (let n = 0; n < 2; n++) ctx.tell(ctx.refOf<Any>('FullActor'), { type: 'Item' });
    });
    const running = run([full, busy], { ports });
    running.system.suspend('FullActor');
    running.tell('BusyActor', { type: 'Go' });
    running.pump.runFor(500);
    const report = ask(running, 'BusyActor');
    running.settle();
    expect(await report).toMatchObject({
      heldBy: ['FullActor'],
      pendingCalls: [{ party: 'BitcoinNetwork', type: 'getTip', forMs: 500 }],
    });
    running.pump.runFor(2_000);
    expect(running.logs()).toContain('warn BusyActor: BitcoinNetwork has not answered getTip within 2000 ms');
  });

  it('fails when no such actor lives', async () => {
    const running = run([]);
    await expect(ask(running, 'NobodyActor')).rejects.toMatchObject({ code: 'ACTOR_DOWN' });
  });
});

describe('a parent that observes its children', () => {
  it('is told when one has started and when one has ended for good, not when one restarts', () => {
    const child = actor('ChildActor', (message) => {
      if (message.type === 'Crash') throw new NetworkError('N', 'n');
      if (message.type === 'Bug') throw new TypeError('bug');
    });
    const seen: unknown[] = [];
    const parent = actor('ParentActor', (message) => void seen.push(message), {
      observes: ['ActorStarted', 'ActorStopped'] as never,
      init: (_, ctx) => {
        ctx.spawn(child, 'child', undefined);
        return [];
      },
    });
    const { tell } = run([parent]);
    tell('ParentActor/child', { type: 'Crash' });
    tell('ParentActor/child', { type: 'Bug' });
    expect(seen).toEqual([
      { type: 'ActorStarted', path: 'ParentActor/child', generation: 1 },
      { type: 'ActorStarted', path: 'ParentActor/child', generation: 2 },
      { type: 'ActorStopped', path: 'ParentActor/child', generation: 2, reason: 'UNKNOWN_THROW: bug' },
    ]);
  });
});

describe('a system message', () => {
  const seen: string[] = [];
  const strict = (observes: readonly string[]) =>
    actor('StrictActor', (message) => void seen.push(message.type), { observes: observes as never });

  it('never reaches a behaviour that does not observe it, nor does a health check that is told', () => {
    const { tell, story, system } = run([strict([])]);
    for (const type of ['HealthCheck', 'ActorStarted', 'ActorStopped', 'ConfigUpdate']) {
      tell('StrictActor', { type });
      expect(story().at(-1)).toBe(`Operator -> StrictActor: ${type} deadLetter`);
    }
    expect(seen).toEqual([]);
    expect(system.view('StrictActor')).toEqual([]);
  });

  it('reaches one that does, past a full mailbox (INV-22)', () => {
    const { tell, queue, system } = run([strict(['ConfigUpdate'])]);
    system.suspend('StrictActor');
    for (let n = 0; n < 200; n++) queue('StrictActor', { type: 'Item' });
    tell('StrictActor', { type: 'ConfigUpdate', config: {} });
    expect(seen).toEqual(['ConfigUpdate']);
  });
});

describe('a handler that takes too long', () => {
  it('is logged with its message and its time', () => {
    const slow = actor('SlowActor', (message) => {
      if (message.type === 'Slow') clock.us += 250_000;
    });
    const clock = { us: 0 };
    const { tell, logs, recorded } = run([slow], {
      environment: { nowMs: () => 1, monotonicUs: () => clock.us, random: () => 0 },
    });
    for (let n = 0; n < 20; n++) tell('SlowActor', { type: 'Quick' });
    tell('SlowActor', { type: 'Slow' });
    expect(logs()).toContain('warn SlowActor: Slow took 250 ms to handle');
    expect(recorded().at(-1)).toMatchObject({ type: 'Slow', handlingUs: 250_000 });
  });
});
