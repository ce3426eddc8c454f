import { describe, expect, it } from 'vitest';
import { FORGOTTEN, InternTable } from '../../../node-core/kernel/interning.ts';
import { actor, run, type Any } from '../../support/actors.ts';

const relay = (name: string, to: string | undefined) =>
  actor(name, (message, ctx) => {
    if (to !== undefined) ctx.tell(ctx.refOf<Any>(to), { type: `${message.type}+` });
  });

describe('the event record', () => {
  it('makes a story a tree by seq and cause, under one correlation id', () => {
    const { tell, system } = run([relay('AActor', 'BActor'), relay('BActor', 'CActor'), relay('CActor', undefined)]);
    tell('AActor', { type: 'Go' }, 'slot:7');
    const story = system.trace('slot:7');
    expect(story.map(({ from, to, type }) => `${from} ${to} ${type}`)).toEqual([
      'Operator AActor Go',
      'AActor BActor Go+',
      'BActor CActor Go++',
    ]);
    expect(story.map(({ cause }) => cause)).toEqual([null, story[0]?.seq, story[1]?.seq]);
    expect(system.payload(story[1]?.seq ?? 0)).toEqual({ type: 'Go+' });
  });

  it('gives a message of an outside party a story of its own, which can be joined and looked up', () => {
    const { tell, recorded, system } = run([relay('AActor', 'BActor'), relay('BActor', undefined)]);
    tell('AActor', { type: 'Go' });
    tell('AActor', { type: 'Go' });
    const [first, , second] = recorded();
    expect(first?.correlationId).not.toBe(second?.correlationId);
    expect(system.trace(first?.correlationId ?? '')).toHaveLength(2);
    tell('BActor', { type: 'Join' }, first?.correlationId);
    expect(system.trace(first?.correlationId ?? '')).toHaveLength(3);
  });

  it('lets an actor begin another story, or go on with one that it kept', () => {
    const keeper = actor('AActor', (message, ctx) => {
      if (message.type === 'New') ctx.tell(ctx.refOf<Any>('BActor'), { type: 'Hello' }, { correlationId: 'slot:1' });
      if (message.type === 'Kept')
        ctx.tell(ctx.refOf<Any>('BActor'), { type: 'Hello' }, { trace: { correlationId: 'peg-in:1', cause: 1 } });
    });
    const { tell, system, recorded } = run([keeper, relay('BActor', undefined)]);
    tell('AActor', { type: 'New' });
    const fresh = recorded().find(({ type }) => type === 'New');
    expect(system.trace('slot:1')).toMatchObject([{ type: 'Hello', cause: fresh?.seq }]);
    tell('AActor', { type: 'Kept' });
    expect(system.trace('peg-in:1')).toMatchObject([{ type: 'Hello', cause: 1 }]);
  });

  it('tells a reader exactly how many entries it missed', () => {
    const { tell, system } = run([relay('AActor', undefined)], { limits: { recordEntries: 16 } });
    const reader = system.read('now');
    for (let n = 0; n < 40; n++) tell('AActor', { type: 'Go' });
    const batch = reader.read(100);
    expect(batch.messages).toHaveLength(16);
    expect(batch.missed).toBe(24);
    expect(reader.read(100)).toMatchObject({ messages: [], missed: 0 });
    for (let n = 0; n < 5; n++) tell('AActor', { type: 'Go' });
    expect(reader.read(2).messages).toHaveLength(2);
    expect(reader.read(100).messages).toHaveLength(3);
    reader.close();
    tell('AActor', { type: 'Go' });
    expect(reader.read(100)).toMatchObject({ messages: [], missed: 0 });
  });

  it('counts how long messages wait and are handled', () => {
    const { pump, queue, system } = run([actor('AActor')]);
    system.suspend('AActor');
    queue('AActor', { type: 'Go' });
    pump.runFor(30);
    system.resume('AActor');
    pump.runFor(0);
    const status = system.tree()[1];
    expect(status?.queueWait.maxUs).toBe(30_000);
    expect(status?.handled).toBe(1);
  });
});

describe('a bounded table of names', () => {
  it('gives the place of the oldest name that is not pinned to a new one, and never shows the new name for the old', () => {
    const table = new InternTable(2, (id) => id === 1);
    const [a, b] = [table.intern('a', 1), table.intern('b', 2)];
    expect(table.intern('a', 3)).toBe(a);
    const c = table.intern('c', 9);
    expect(c).toBe(b);
    expect(table.nameAt(c, 9)).toBe('c');
    expect(table.nameAt(b, 8)).toBe(FORGOTTEN);
    expect(table.find('b')).toBeUndefined();
    expect(table.nameAt(a, 1)).toBe('a');
  });

  it('has no id left when every name is pinned', () => {
    const table = new InternTable(1, () => true);
    table.intern('a', 1);
    expect(table.intern('b', 2)).toBe(0);
  });
});
