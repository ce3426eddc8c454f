import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createActorSystem } from '../../../node-core/kernel/actor-system.ts';
import { ProductionPump } from '../../../node-core/kernel/pump/production.ts';
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
});
