import { setImmediate as eventLoopTurn, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createActorSystem } from '../../../node-core/kernel/actor-system.ts';
import { ProductionPump } from '../../../node-core/kernel/pump/production.ts';
import { Task } from '../../../node-core/kernel/pump/pump.ts';
import { actor, root, type Any } from '../../support/actors.ts';

const environment = {
  nowMs: () => Date.now(),
  monotonicUs: () => performance.now() * 1_000,
  random: () => Math.random(),
};

const echo = actor<{ readonly echo: { say(text: string): Promise<string>; fail(): Promise<string> } }>(
  'EchoActor',
  (message, ctx) => {
    if (message.type === 'Question') ctx.timer('soon', 5, { type: 'Later', to: ctx.replyTo<Any>(message) });
    if (message.type === 'Later') {
      const to = message['to'] as never;
      ctx.call('echo', 'say', ['hi'], {
        timeoutMs: 1_000,
        done: (outcome) => ({ type: 'Said', to, text: outcome.ok ? outcome.value : '' }),
      });
    }
    if (message.type === 'Said') ctx.reply(message['to'] as never, { type: 'Answer', text: message['text'] });
  },
);

describe('the production pump', () => {
  it('runs messages, timers, port promises, asks from outside and a stop on the event loop', async () => {
    const system = createActorSystem({
      ports: { echo: { say: async (text: string) => `${text}!` } },
      environment,
      pump: new ProductionPump(),
    });
    system.start(root([echo]), undefined);
    const answer = await system.ask(
      system.refOf<Any>('EchoActor'),
      { type: 'Question' },
      { from: 'User', timeoutMs: 5_000 },
    );
    expect(answer).toEqual({ type: 'Answer', text: 'hi!' });
    await system.stop();
    expect(system.tree().every(({ lifecycle }) => lifecycle === 'Terminated')).toBe(true);
  });

  it('leaves the event loop its turns while actors have endless work', async () => {
    const busy = actor('BusyActor', (message, ctx) => void ctx.tell(ctx.self, message), {
      receive: (state, message, ctx) => (ctx.tell(ctx.self, message), state),
    });
    const system = createActorSystem({ ports: {}, environment, pump: new ProductionPump() });
    system.start(
      root([busy, busy].map((behaviour, index) => ({ ...behaviour, name: `Busy${index}Actor` }))),
      undefined,
    );
    for (const path of ['Busy0Actor', 'Busy1Actor'])
      system.inject(system.refOf<Any>(path), { type: 'Go' }, { from: 'Operator' });
    for (let turns = 0; turns < 20; turns++) await sleep(1);
    const handled = system.tree().map((status) => status.handled);
    expect(handled[1]).toBeGreaterThan(100);
    expect(handled[2]).toBeGreaterThan(100);
    await system.stop();
  });

  it('holds the event loop for one handler beyond its millisecond at most, however much work there is', async () => {
    const HANDLER_MS = 2;
    const spin = (): void => {
      for (const until = performance.now() + HANDLER_MS; performance.now() < until;);
    };
    const slow = actor('SlowActor', spin);
    const system = createActorSystem({ ports: {}, environment, pump: new ProductionPump() });
    system.start(root([slow]), undefined);
    const ref = system.refOf<Any>('SlowActor');
    for (let message = 0; message < 64; message++) system.inject(ref, { type: 'Go' }, { from: 'Operator' });
    const handled = (): number => system.tree().at(-1)?.handled ?? 0;
    const inOneTurn: number[] = [];
    for (let turn = 0; turn < 20; turn++) {
      const before = handled();
      await new Promise((resolve) => setImmediate(resolve));
      inOneTurn.push(handled() - before);
    }
    expect(Math.max(...inOneTurn)).toBe(1);
    await system.stop();
  });

  it('gives the event loop its turns between timers that are due at once', async () => {
    const TIMERS = 20_000;
    const pump = new ProductionPump();
    let fired = 0;
    class Due extends Task {
      fire(): void {
        fired++;
        for (const until = performance.now() + 0.002; performance.now() < until;);
      }
    }
    for (let timer = 0; timer < TIMERS; timer++) pump.schedule(1, new Due());
    const seen: number[] = [];
    while (fired < TIMERS) {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(fired);
    }
    expect(fired).toBe(TIMERS);
    expect(seen.filter((count) => count > 0 && count < TIMERS).length).toBeGreaterThan(5);
  });

  it('times handlers known to be quick together, until they were slow together', async () => {
    const clock = { us: 0 };
    const late = actor('LateActor', (message) => {
      clock.us += Number(message['us'] ?? 0);
    });
    const system = createActorSystem({
      ports: {},
      environment: { nowMs: () => 1, monotonicUs: () => clock.us, random: () => 0 },
      pump: new ProductionPump(),
      limits: { slowHandlerMs: 2 },
    });
    system.start(root([late]), undefined);
    const reader = system.read('now');
    const work = async (us: number, handled: number): Promise<void> => {
      system.inject(system.refOf<Any>('LateActor'), { type: 'Work', us }, { from: 'Operator' });
      while ((system.tree()[1]?.handled ?? 0) < handled) await eventLoopTurn();
    };
    for (let n = 1; n <= 8; n++) await work(0, n);
    for (let n = 9; n < 41; n++)
      system.inject(system.refOf<Any>('LateActor'), { type: 'Work', us: n === 25 ? 3_210 : 0 }, { from: 'Operator' });
    await work(777, 41);
    const { messages, logs } = reader.read(100);
    const times = messages.filter(({ type }) => type === 'Work').map(({ handlingUs }) => handlingUs);
    expect(times.slice(0, 8)).toEqual(new Array(8).fill(0));
    expect(times.slice(8, 40), 'the mean of 32').toEqual(new Array(32).fill(100));
    expect(times.slice(40)).toEqual([777]);
    expect(logs.map(({ text }) => text)).toContain('one of 32 handlers timed together took up to 3 ms');
    expect(system.tree()[1]?.handling.maxUs).toBe(777);
    await system.stop();
  });

  it('shows what was handled to whoever looks in the middle of a batch', async () => {
    const seen: number[] = [];
    const host = actor<{ readonly host: { look(): Promise<null> } }>('HostActor', (message, ctx) => {
      if (message.type === 'Look') ctx.call('host', 'look', [], { timeoutMs: 1_000, done: () => [] });
    });
    const system = createActorSystem({
      ports: {
        host: {
          look: async () => {
            seen.push(reader.read(100).messages.filter(({ outcome }) => outcome === 'handled').length);
            return null;
          },
        },
      },
      environment,
      pump: new ProductionPump(),
    });
    system.start(root([host]), undefined);
    const reader = system.read('now');
    for (const type of ['Work', 'Work', 'Look'])
      system.inject(system.refOf<Any>('HostActor'), { type }, { from: 'Operator' });
    while (seen.length === 0) await eventLoopTurn();
    expect(seen).toEqual([2]);
    await system.stop();
  });
});
