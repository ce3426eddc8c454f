import { describe, expect, it } from 'vitest';
import type { OverflowStrategy, SendOutcome, Source } from '../../../node-core/kernel/behaviour.ts';
import { actor, run, type Any } from '../../support/actors.ts';

/** A producer that sends `count` numbered messages in one handler call to a consumer with room for three. */
function flood(overflow: OverflowStrategy, count = 5) {
  const outcomes: SendOutcome[] = [];
  const consumer = actor('ConsumerActor', () => undefined, {
    mailbox: { bound: 3, overflow },
    control: ['Halt'],
    receive: (state, message) => [...state, `${message.type}${String(message['n'] ?? '')}`],
  });
  const producer = actor('ProducerActor', (message, ctx) => {
    if (message.type !== 'Go') return;
    for (let n = 1; n <= count; n++) outcomes.push(ctx.tell(ctx.refOf<Any>('ConsumerActor'), { type: 'Item', n }));
  });
  return { ...run([consumer, producer]), outcomes };
}

describe('a full mailbox', () => {
  it('drops the oldest message, counts it, logs it and records it (INV-21)', () => {
    const { tell, system, outcomes, story, logs } = flood('dropOldest');
    tell('ProducerActor', { type: 'Go' });
    expect(outcomes).toEqual(['queued', 'queued', 'queued', 'queued', 'queued']);
    expect(system.view('ConsumerActor')).toEqual(['Item3', 'Item4', 'Item5']);
    expect(system.tree().find(({ path }) => path === 'ConsumerActor')?.dropped).toBe(2);
    expect(story().filter((line) => line.endsWith('dropped'))).toHaveLength(2);
    expect(logs()).toContain('warn ConsumerActor: mailbox full: Item dropped');
  });

  it('drops the oldest item of a source as well', () => {
    const sinks: { item(value: number): void }[] = [];
    const bitcoin = { blocks: () => ({ open: (sink: (typeof sinks)[0]) => (sinks.push(sink), () => undefined) }) };
    const reader = actor<{ readonly bitcoin: { blocks(): Source<number> } }>(
      'ReaderActor',
      (message, ctx) => {
        if (message.type !== 'Go') return;
        ctx.open('bitcoin', 'blocks', [], {
          key: 'blocks',
          item: (value) => ({ type: `Item${value}` }),
          end: () => ({ type: 'Ended' }),
        });
      },
      { mailbox: { bound: 4, overflow: 'dropOldest' } },
    );
    const { tell, settle, system } = run([reader], { ports: { bitcoin } });
    tell('ReaderActor', { type: 'Go' });
    for (let n = 1; n <= 8; n++) sinks[0]?.item(n);
    settle();
    // One of the four places is kept for the end of the source.
    expect(system.view('ReaderActor')).toEqual(['Go', 'Item6', 'Item7', 'Item8']);
  });

  it('logs every loss, and no line for each', () => {
    const { tell, pump, system } = flood('dropNewest', 1_000);
    const reader = system.read('now');
    tell('ProducerActor', { type: 'Go' });
    pump.runFor(10_000);
    const lines = reader.read(0).logs.filter(({ text }) => text === 'mailbox full: Item dropped');
    expect(lines.length).toBeLessThan(4);
    expect(lines.reduce((sum, { fields }) => sum + Number(fields['count']), 0)).toBe(997);
  });

  it('drops the newest message and tells the sender', () => {
    const { tell, system, outcomes } = flood('dropNewest');
    tell('ProducerActor', { type: 'Go' });
    expect(outcomes).toEqual(['queued', 'queued', 'queued', 'dropped', 'dropped']);
    expect(system.view('ConsumerActor')).toEqual(['Item1', 'Item2', 'Item3']);
    expect(system.tree().find(({ path }) => path === 'ConsumerActor')?.dropped).toBe(2);
  });

  it('returns an error to the sender', () => {
    const { tell, system, outcomes, story } = flood('returnError');
    tell('ProducerActor', { type: 'Go' });
    expect(outcomes).toEqual(['queued', 'queued', 'queued', 'refused', 'refused']);
    expect(system.view('ConsumerActor')).toEqual(['Item1', 'Item2', 'Item3']);
    expect(story().filter((line) => line === 'ProducerActor -> ConsumerActor: Item refused')).toHaveLength(2);
  });

  it('holds the producer until there is room, and loses nothing', () => {
    const { tell, queue, settle, system, outcomes } = flood('blockProducer');
    system.suspend('ConsumerActor');
    tell('ProducerActor', { type: 'Go' });
    expect(outcomes).toEqual(['queued', 'queued', 'queued', 'held', 'held']);
    queue('ProducerActor', { type: 'Later' });
    settle();
    expect(system.view('ProducerActor'), 'the producer handles nothing while it is held').toEqual(['Go']);
    expect(system.tree().find(({ path }) => path === 'ConsumerActor')?.mailbox.depth).toBe(3);
    system.resume('ConsumerActor');
    settle();
    expect(system.view('ConsumerActor')).toEqual(['Item1', 'Item2', 'Item3', 'Item4', 'Item5']);
    expect(system.view('ProducerActor')).toEqual(['Go', 'Later']);
  });

  it('is never deeper than its bound, whatever is sent (INV-21, HOLE-9)', () => {
    for (const overflow of ['dropOldest', 'dropNewest', 'returnError', 'blockProducer'] as const) {
      const { tell, system } = flood(overflow, 50);
      system.suspend('ConsumerActor');
      tell('ProducerActor', { type: 'Go' });
      const status = system.tree().find(({ path }) => path === 'ConsumerActor');
      expect(status?.mailbox.depth).toBe(3);
      expect(status?.mailbox.highWater).toBe(3);
    }
  });

  it('lets control messages pass, also before what waited first (INV-22)', () => {
    const { tell, queue, settle, system } = flood('returnError');
    system.suspend('ConsumerActor');
    tell('ProducerActor', { type: 'Go' });
    queue('ConsumerActor', { type: 'Halt' });
    settle();
    expect(system.view('ConsumerActor'), 'the control lane runs while the actor is suspended').toEqual(['Halt']);
    system.resume('ConsumerActor');
    settle();
    expect(system.view('ConsumerActor')).toEqual(['Halt', 'Item1', 'Item2', 'Item3']);
  });

  it('lets a held producer handle its own control messages', () => {
    const consumer = actor('ConsumerActor', undefined, { mailbox: { bound: 1, overflow: 'blockProducer' } });
    const producer = actor(
      'ProducerActor',
      (message, ctx) => {
        if (message.type !== 'Go') return;
        ctx.tell(ctx.refOf<Any>('ConsumerActor'), { type: 'A' });
        ctx.tell(ctx.refOf<Any>('ConsumerActor'), { type: 'B' });
      },
      { control: ['Halt'] },
    );
    const { tell, system } = run([consumer, producer]);
    system.suspend('ConsumerActor');
    tell('ProducerActor', { type: 'Go' });
    tell('ProducerActor', { type: 'Work' });
    tell('ProducerActor', { type: 'Halt' });
    expect(system.view('ProducerActor')).toEqual(['Go', 'Halt']);
  });
});

describe('two actors that block on each other', () => {
  const pair = (name: string, other: string) =>
    actor(
      name,
      (message, ctx) => {
        if (message.type !== 'Go') return;
        for (let n = 0; n < 4; n++) ctx.tell(ctx.refOf<Any>(other), { type: 'Item', n });
      },
      { mailbox: { bound: 2, overflow: 'blockProducer' } },
    );

  it('are reported, and both go on without losing a message', () => {
    const { queue, settle, system, logs } = run([pair('LeftActor', 'RightActor'), pair('RightActor', 'LeftActor')]);
    queue('LeftActor', { type: 'Go' });
    queue('RightActor', { type: 'Go' });
    settle();
    expect(logs().filter((line) => line.includes('deadlock of blocked producers'))).not.toHaveLength(0);
    for (const path of ['LeftActor', 'RightActor']) {
      expect((system.view(path) as string[]).filter((type) => type === 'Item')).toHaveLength(4);
    }
  });

  it('and an actor that fills its own mailbox goes on too', () => {
    const { tell, system, logs } = run([pair('SelfActor', 'SelfActor')]);
    tell('SelfActor', { type: 'Go' });
    expect(logs().some((line) => line.includes('SelfActor -> SelfActor'))).toBe(true);
    expect(system.view('SelfActor')).toEqual(['Go', 'Item', 'Item', 'Item', 'Item']);
  });
});

describe('a handler', () => {
  it('ends before the next of its actor begins, whatever it tells to whom (INV-23)', () => {
    const steps: string[] = [];
    const echo = actor('EchoActor', (_, ctx) => void ctx.tell(ctx.refOf<Any>('TalkerActor'), { type: 'Back' }));
    const talker = actor('TalkerActor', ({ type }, ctx) => {
      steps.push(`${type} begins`);
      if (type === 'Go') {
        ctx.tell(ctx.self, { type: 'Own' });
        ctx.tell(ctx.refOf<Any>('EchoActor'), { type: 'Ping' });
      }
      steps.push(`${type} ends`);
    });
    run([echo, talker]).tell('TalkerActor', { type: 'Go' });
    expect(steps).toEqual(['Go', 'Own', 'Back'].flatMap((type) => [`${type} begins`, `${type} ends`]));
  });
});

describe('messages of outside parties', () => {
  it('wait at the door of a full mailbox that blocks, up to a limit, then are refused and recorded', () => {
    const consumer = actor('ConsumerActor', undefined, { mailbox: { bound: 2, overflow: 'blockProducer' } });
    const { queue, settle, system, story } = run([consumer], { limits: { door: 3 } });
    system.suspend('ConsumerActor');
    for (let n = 0; n < 7; n++) queue('ConsumerActor', { type: 'Item' });
    settle();
    expect(story().filter((line) => line === 'Operator -> ConsumerActor: Item refused')).toHaveLength(2);
    system.resume('ConsumerActor');
    settle();
    expect(system.view('ConsumerActor')).toHaveLength(5);
  });

  it('to nobody are dead letters, kept and visible', () => {
    const { queue, settle, story, logs, system, recorded } = run([]);
    queue('NobodyActor', { type: 'Hello' });
    settle();
    expect(story()).toContain('Operator -> NobodyActor: Hello deadLetter');
    expect(logs()).toContain('warn NobodyActor: dead letter: Hello');
    expect(system.payload(recorded().at(-1)?.seq ?? 0)).toEqual({ type: 'Hello' });
    expect(system.deadLetters()).toMatchObject([
      { from: 'Operator', to: 'NobodyActor', message: { type: 'Hello' }, seq: recorded().at(-1)?.seq },
    ]);
  });
});

describe('an actor that a handler has just spawned', () => {
  it('gets what the same handler sends it, in its order, also when it lived and ended before', () => {
    const child = actor('ChildActor');
    const parent = actor('ParentActor', (message, ctx) => {
      if (message.type === 'Stop') ctx.stop('ParentActor/child');
      if (message.type !== 'Go') return;
      const ref = ctx.spawn(child, 'child', undefined);
      expect(ctx.tell(ref as never, { type: 'One' })).toBe('queued');
      ctx.tell(ref as never, { type: 'Two' });
    });
    const { tell, system } = run([parent]);
    for (let life = 0; life < 2; life++) {
      tell('ParentActor', { type: 'Go' });
      expect(system.view('ParentActor/child')).toEqual(['One', 'Two']);
      tell('ParentActor', { type: 'Stop' });
      expect(system.view('ParentActor/child')).toBeUndefined();
    }
  });
});
