import { describe, expect, it } from 'vitest';
import type { SendOutcome } from '../../../node-core/kernel/behaviour.ts';
import type { Request } from '../../../node-core/kernel/ref.ts';
import { actor, run, type Any } from '../../support/actors.ts';

const blocking = (bound: number) => ({ mailbox: { bound, overflow: 'blockProducer' as const } });
interface Question extends Request<Any> {
  readonly type: 'Question';
}
/** Tells `to` as many messages of `type` as it is told to. */
const sends = (name: string, bound = 10) =>
  actor(
    name,
    (message, ctx) => {
      for (let n = 0; n < Number(message['count'] ?? 0); n++)
        ctx.tell(ctx.refOf<Any>(String(message['to'])), { type: 'Item', n });
    },
    blocking(bound),
  );
const send = (to: string, count: number): Any => ({ type: 'Go', to, count });

describe('the door of a full mailbox', () => {
  it('holds so many messages of one producer, then refuses and counts them', () => {
    const outcomes: SendOutcome[] = [];
    const producer = actor('ProducerActor', (message, ctx) => {
      if (message.type !== 'Go') return;
      for (let n = 0; n < 20; n++) outcomes.push(ctx.tell(ctx.refOf<Any>('ConsumerActor'), { type: 'Item' }));
    });
    const { tell, settle, system } = run([actor('ConsumerActor', undefined, blocking(3)), producer], {
      limits: { door: 5 },
    });
    system.suspend('ConsumerActor');
    tell('ProducerActor', { type: 'Go' });
    expect(outcomes.filter((outcome) => outcome === 'held')).toHaveLength(5);
    expect(outcomes.filter((outcome) => outcome === 'refused')).toHaveLength(12);
    const consumer = () => system.tree().find(({ path }) => path === 'ConsumerActor');
    expect(consumer()).toMatchObject({ refused: 12, mailbox: { depth: 3, atDoor: 5 } });
    system.resume('ConsumerActor');
    settle();
    expect(consumer()).toMatchObject({ handled: 8, mailbox: { depth: 0, atDoor: 0 } });
    tell('ProducerActor', { type: 'Go' });
    expect(consumer()?.handled, 'the producer has its places at the door again').toBe(16);
  });

  it('gives the places back that a crashed handler had taken', () => {
    const crasher = actor(
      'ProducerActor',
      (message, ctx) => {
        if (message.type !== 'Go') return;
        for (let n = 0; n < 8; n++) ctx.tell(ctx.refOf<Any>('ConsumerActor'), { type: 'Item' });
        if (message['crash'] === true) throw new TypeError('bug');
      },
      { supervision: { ...actor('X').supervision, logic: { kind: 'immediate' } } },
    );
    const { tell, settle, system } = run([actor('ConsumerActor', undefined, blocking(3)), crasher], {
      limits: { door: 5 },
    });
    for (let n = 0; n < 3; n++) tell('ProducerActor', { type: 'Go', crash: true });
    tell('ProducerActor', { type: 'Go' });
    settle();
    expect((system.view('ConsumerActor') as string[]).length).toBe(8);
  });

  it('keeps the order of each pair: an answer waits behind what its sender has at the door (INV-23)', () => {
    const asker = actor(
      'AskerActor',
      (message, ctx) => {
        if (message.type === 'Go')
          ctx.ask(
            ctx.refOf<Question>('ReplierActor'),
            { type: 'Question' },
            {
              timeoutMs: 1_000,
              onTimeout: { type: 'Late' },
            },
          );
      },
      blocking(4),
    );
    const replier = actor('ReplierActor', (message, ctx) => {
      if (message.type !== 'Question') return;
      for (let n = 1; n <= 6; n++) ctx.tell(ctx.refOf<Any>('AskerActor'), { type: `Told${n}` });
      ctx.reply(ctx.replyTo(message as unknown as Question), { type: 'Answer' });
    });
    const { tell, system } = run([asker, replier]);
    tell('AskerActor', { type: 'Go' });
    expect(system.view('AskerActor')).toEqual(['Go', ...[1, 2, 3, 4, 5, 6].map((n) => `Told${n}`), 'Answer']);
  });

  it('forgets whom an actor no longer waits for, so that no deadlock is seen where there is none', () => {
    const { tell, settle, system, logs } = run([sends('PActor', 1), sends('AActor', 1), sends('BActor', 1)]);
    system.suspend('AActor');
    system.suspend('BActor');
    system.suspend('PActor');
    tell('PActor', send('AActor', 2));
    system.resume('PActor');
    settle();
    // P waits for A alone, then for nobody, then for B alone.
    system.resume('AActor');
    settle();
    tell('PActor', send('BActor', 2));
    // A waits for P, which is held by B: no circle.
    tell('AActor', send('PActor', 2));
    tell('AActor', { type: 'Next' });
    expect(system.view('AActor')).not.toContain('Next');
    expect(logs().filter((line) => line.includes('deadlock'))).toEqual([]);
    system.resume('BActor');
    settle();
    expect(system.view('AActor')).toContain('Next');
  });

  it('forgets one of two that an actor waits for', () => {
    const both = actor(
      'PActor',
      (message, ctx) => {
        if (message.type !== 'Go') return;
        for (const to of ['AActor', 'AActor', 'BActor', 'BActor']) ctx.tell(ctx.refOf<Any>(to), { type: 'Item' });
      },
      blocking(1),
    );
    const { tell, queue, settle, system, logs } = run([both, sends('AActor', 1), sends('BActor', 1)]);
    system.suspend('AActor');
    system.suspend('BActor');
    tell('PActor', { type: 'Go' });
    system.resume('AActor');
    settle();
    tell('AActor', send('PActor', 2));
    queue('AActor', { type: 'Next' });
    settle();
    expect(logs().filter((line) => line.includes('deadlock'))).toEqual([]);
    expect(system.view('AActor'), 'A waits for P').not.toContain('Next');
    system.resume('BActor');
    settle();
    expect(system.view('AActor')).toContain('Next');
  });

  it('finds a circle of three', () => {
    const names = ['AActor', 'BActor', 'CActor'];
    const { queue, settle, system, logs } = run(names.map((name) => sends(name, 1)));
    names.forEach((name, index) => queue(name, send(names[(index + 1) % 3] as string, 4)));
    settle();
    expect(logs().filter((line) => line.includes('deadlock')).length).toBeGreaterThan(0);
    for (const name of names) expect((system.view(name) as string[]).filter((type) => type === 'Item')).toHaveLength(4);
  });

  it('logs a deadlock that repeats once a second', () => {
    let left = 200;
    const selfish = actor(
      'SelfActor',
      (_, ctx) => {
        if (left-- > 0) for (let n = 0; n < 2; n++) ctx.tell(ctx.refOf<Any>('SelfActor'), { type: 'Item' });
      },
      blocking(2),
    );
    const { tell, logs, system } = run([selfish], { limits: { door: 50 } });
    tell('SelfActor', { type: 'Go' });
    expect(logs().filter((line) => line.includes('deadlock'))).toHaveLength(1);
    const { handled, refused } = system.tree().find(({ path }) => path === 'SelfActor') ?? {};
    expect(refused).toBeGreaterThan(0);
    expect((handled ?? 0) + (refused ?? 0), 'every message is handled or refused').toBe(401);
  });
});
