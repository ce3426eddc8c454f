import { describe, expect, it } from 'vitest';
import { NetworkError, ServiceError } from '../../../node-core/primitives/errors.ts';
import type { AnyBehaviour } from '../../../node-core/kernel/actor-kind.ts';
import type { Source } from '../../../node-core/kernel/behaviour.ts';
import { actor, policy, run, type Any } from '../../support/actors.ts';

const stopper = actor('StopperActor', (message, ctx) => {
  if (message.type === 'Stop') ctx.stop(String(message['path']));
  if (message.type === 'Watch') ctx.watch(ctx.refOf(String(message['path'])), { type: 'Gone', path: message['path'] });
});

/** An actor that a full mailbox holds, so that its stop takes until its deadline. */
const slowToStop = [
  actor('FullActor', undefined, { mailbox: { bound: 1, overflow: 'blockProducer' } }),
  actor('BlockedActor', (message, ctx) => {
    if (message.type === 'Go') for (let n = 0; n < 3; n++) ctx.tell(ctx.refOf<Any>('FullActor'), { type: 'Item' });
  }),
];

describe('a graceful stop', () => {
  it('handles what the mailbox holds, says its last words, then ends; what comes later is a dead letter', () => {
    const leaf = actor('LeafActor', undefined, {
      onStop: (state, ctx) =>
        void ctx.tell(ctx.refOf<Any>('StopperActor'), { type: 'LastWords', handled: state.length }),
    });
    const { queue, tell, settle, system, states, story } = run([stopper, leaf]);
    system.suspend('LeafActor');
    for (let n = 0; n < 3; n++) queue('LeafActor', { type: 'Work' });
    tell('StopperActor', { type: 'Stop', path: 'LeafActor' });
    queue('LeafActor', { type: 'TooLate' });
    settle();
    expect(states('LeafActor')).toEqual(['Initializing', 'Running', 'Stopping', 'Terminated']);
    expect(story().filter((line) => line.endsWith('LeafActor: Work handled'))).toHaveLength(3);
    expect(story()).toContain('Operator -> LeafActor: TooLate deadLetter');
    expect(system.view('StopperActor')).toEqual(['Stop', 'LastWords']);
    expect(system.tree().map(({ path }) => path)).not.toContain('LeafActor');
  });

  it('cuts off at its deadline: what is left is a dead letter', () => {
    const { tell, queue, pump, system, states, logs, story } = run([stopper, ...slowToStop]);
    system.suspend('FullActor');
    tell('BlockedActor', { type: 'Go' });
    queue('BlockedActor', { type: 'Work' });
    tell('StopperActor', { type: 'Stop', path: 'BlockedActor' });
    pump.runFor(999);
    expect(states('BlockedActor').at(-1)).toBe('Stopping');
    pump.runFor(1);
    expect(states('BlockedActor').at(-1)).toBe('Terminated');
    expect(logs()).toContain('warn BlockedActor: stopped at its deadline');
    expect(story()).toContain('Operator -> BlockedActor: Work deadLetter');
  });

  it('takes no longer than its own deadline, however many children use up theirs', () => {
    const stuck = (name: string) =>
      actor(name, (_, ctx) => {
        for (let n = 0; n < 3; n++) ctx.tell(ctx.refOf<Any>('FullActor'), { type: 'Item' });
      });
    const names = ['a', 'b', 'c', 'd'];
    const parent = actor('ParentActor', undefined, {
      init: (_, ctx) => {
        for (const name of names) ctx.spawn(stuck(name), name, undefined);
        return [];
      },
      supervision: { ...policy, stopDeadlineMs: 2_500 },
    });
    const { tell, pump, system, states, changes, logs } = run([stopper, slowToStop[0] as AnyBehaviour, parent]);
    system.suspend('FullActor');
    for (const name of names) for (let n = 0; n < 2; n++) tell(`ParentActor/${name}`, { type: 'Work' });
    const stoppedMs = pump.nowMs;
    tell('StopperActor', { type: 'Stop', path: 'ParentActor' });
    pump.runFor(10_000);
    expect(states('ParentActor').at(-1)).toBe('Terminated');
    const ends = changes()
      .filter(({ path, to }) => path.startsWith('ParentActor') && to === 'Terminated')
      .map(({ path, atMs }) => [path, atMs - stoppedMs]);
    expect(ends).toEqual([
      ['ParentActor/d', 1_000],
      ['ParentActor/c', 2_000],
      ['ParentActor/b', 2_500],
      ['ParentActor/a', 2_500],
      ['ParentActor', 2_500],
    ]);
    expect(logs().filter((line) => line.includes('deadline')).length).toBeGreaterThanOrEqual(3);
  });

  it('of the whole tree goes leaves first, the last started first, and resolves', async () => {
    const parent = (name: string) =>
      actor(name, undefined, {
        init: (_, ctx) => {
          for (const child of ['a', 'b']) ctx.spawn(actor('ChildActor'), child, undefined);
          return [];
        },
      });
    const { system, settle, recorded } = run([parent('FirstActor'), parent('SecondActor')]);
    const ended: string[] = [];
    const reader = system.read('now');
    const stopped = system.stop();
    settle();
    await stopped;
    for (const { path, to } of reader.read(1).lifecycle) if (to === 'Terminated') ended.push(path);
    expect(ended).toEqual([
      'SecondActor/b',
      'SecondActor/a',
      'SecondActor',
      'FirstActor/b',
      'FirstActor/a',
      'FirstActor',
      'SupervisorActor',
    ]);
    expect(recorded().filter(({ outcome }) => outcome === 'deadLetter')).toEqual([]);
    await system.stop();
  });

  it('lets a child speak to its stopping parent', () => {
    const child = actor('ChildActor', undefined, {
      onStop: (_, ctx) => void ctx.tell(ctx.refOf<Any>('ParentActor'), { type: 'ChildDone' }),
    });
    const parent = actor('ParentActor', undefined, {
      init: (_, ctx) => {
        ctx.spawn(child, 'child', undefined);
        return [];
      },
    });
    const { tell, story } = run([stopper, parent]);
    tell('StopperActor', { type: 'Stop', path: 'ParentActor' });
    expect(story()).toContain('ParentActor/child -> ParentActor: ChildDone handled');
  });

  it('ends timers and sources at once, so that nothing new comes, however long it takes', () => {
    const sink: { item?: (value: number) => void; closed?: boolean } = {};
    const blocks = (): Source<number> => ({
      open: ({ item }) => {
        sink.item = item;
        return () => (sink.closed = true);
      },
    });
    const busy = actor<{ readonly bitcoin: { blocks(): Source<number> } }>('BusyActor', (message, ctx) => {
      if (message.type !== 'Go') return;
      ctx.open('bitcoin', 'blocks', [], {
        key: 'blocks',
        item: () => ({ type: 'Block' }),
        end: () => ({ type: 'Ended' }),
      });
      ctx.timer('tick', 10, { type: 'Tick' });
      for (let n = 0; n < 3; n++) ctx.tell(ctx.refOf<Any>('FullActor'), { type: 'Item' });
    });
    const { tell, pump, system, states, recorded } = run([stopper, slowToStop[0] as AnyBehaviour, busy], {
      ports: { bitcoin: { blocks } },
    });
    system.suspend('FullActor');
    tell('BusyActor', { type: 'Go' });
    tell('BusyActor', { type: 'Work' });
    tell('StopperActor', { type: 'Stop', path: 'BusyActor' });
    expect(sink.closed).toBe(true);
    sink.item?.(1);
    pump.runFor(500);
    expect(states('BusyActor').at(-1)).toBe('Stopping');
    system.resume('FullActor');
    pump.runFor(500);
    expect(states('BusyActor').at(-1)).toBe('Terminated');
    const received = recorded().filter(({ to }) => to === 'BusyActor');
    expect(received.map(({ type, outcome }) => `${type} ${outcome}`)).toEqual(['Go handled', 'Work handled']);
  });
});

describe('a watch', () => {
  it('tells once of the end, and at once of an actor that does not live', () => {
    const { tell, system } = run([stopper, actor('LeafActor')]);
    tell('StopperActor', { type: 'Watch', path: 'LeafActor' });
    tell('StopperActor', { type: 'Watch', path: 'NobodyActor' });
    expect(system.view('StopperActor')).toEqual(['Watch', 'Watch', 'Gone']);
    tell('StopperActor', { type: 'Stop', path: 'LeafActor' });
    expect(system.view('StopperActor')).toEqual(['Watch', 'Watch', 'Gone', 'Stop', 'Gone']);
  });

  it('ends with the generation that asked for it', () => {
    const watcher = actor('WatcherActor', (message, ctx) => {
      if (message.type === 'Watch') ctx.watch(ctx.refOf('LeafActor'), { type: 'Gone' });
      if (message.type === 'Crash') throw new NetworkError('N', 'n');
    });
    const { tell, system } = run([stopper, watcher, actor('LeafActor')]);
    tell('WatcherActor', { type: 'Watch' });
    tell('WatcherActor', { type: 'Crash' });
    tell('StopperActor', { type: 'Stop', path: 'LeafActor' });
    expect(system.view('WatcherActor')).toEqual([]);
  });

  it('keeps no place in the mailbox of one that waits for its restart when the end comes', () => {
    const watcher = actor(
      'WatcherActor',
      (message, ctx) => {
        if (message.type === 'Watch') ctx.watch(ctx.refOf('LeafActor'), { type: 'Gone' });
        if (message.type === 'Crash') throw new ServiceError('S', 's');
      },
      { mailbox: { bound: 3, overflow: 'returnError' } },
    );
    const { tell, system, pump } = run([stopper, watcher, actor('LeafActor')]);
    tell('WatcherActor', { type: 'Watch' });
    tell('WatcherActor', { type: 'Crash' });
    tell('StopperActor', { type: 'Stop', path: 'LeafActor' });
    for (let n = 0; n < 5; n++) tell('WatcherActor', { type: 'Item' });
    expect(system.tree().find(({ path }) => path === 'WatcherActor')?.mailbox).toMatchObject({ depth: 3, reserved: 0 });
    pump.runFor(100);
    expect(system.view('WatcherActor')).toEqual(['Item', 'Item', 'Item']);
  });

  it('does not tell of a restart', () => {
    const leaf = actor('LeafActor', (message) => {
      if (message.type === 'Crash') throw new NetworkError('N', 'n');
    });
    const { tell, system } = run([stopper, leaf]);
    tell('StopperActor', { type: 'Watch', path: 'LeafActor' });
    tell('LeafActor', { type: 'Crash' });
    expect(system.view('StopperActor')).toEqual(['Watch']);
  });
});

describe('an operator', () => {
  it('restarts an actor: Stopping, Terminated, then a new generation', () => {
    const { tell, queue, settle, system, states } = run([actor('LeafActor')]);
    tell('LeafActor', { type: 'Before' });
    queue('LeafActor', { type: 'Waiting' });
    system.restart('LeafActor');
    settle();
    expect(states('LeafActor')).toEqual([
      'Initializing',
      'Running',
      'Stopping',
      'Terminated',
      'Initializing',
      'Running',
    ]);
    tell('LeafActor', { type: 'After' });
    expect(system.view('LeafActor')).toEqual(['After']);
    expect(system.tree()[1]).toMatchObject({ generation: 2 });
  });

  it('loses no message by a restart: what came before it is drained, what comes later waits for the new generation', () => {
    const asker = actor('AskerActor', (message, ctx) => {
      if (message.type === 'Go') ctx.tell(ctx.refOf<Any>('LeafActor'), { type: 'Told' });
    });
    for (let seed = 1; seed <= 20; seed++) {
      const { queue, settle, system, story, states } = run([actor('LeafActor'), asker], { simulation: { seed } });
      for (let n = 0; n < 3; n++) queue('LeafActor', { type: 'Before' });
      system.restart('LeafActor');
      queue('AskerActor', { type: 'Go' });
      for (let n = 0; n < 50; n++) queue('LeafActor', { type: 'Later' });
      settle();
      expect(story().filter((line) => line.endsWith('handled'))).toHaveLength(3 + 1 + 1 + 50);
      expect(states('LeafActor').slice(-2)).toEqual(['Initializing', 'Running']);
      const later = Array.from({ length: 50 }, () => 'Later');
      expect((system.view('LeafActor') as readonly string[]).toSorted()).toEqual([...later, 'Told']);
    }
  });

  it('has all drained that waited, however many control messages come meanwhile', () => {
    const leaf = actor('LeafActor', undefined, { control: ['Control'] });
    const { queue, settle, system, story } = run([leaf]);
    for (let n = 0; n < 3; n++) queue('LeafActor', { type: 'Before' });
    system.restart('LeafActor');
    for (const type of ['Control', 'Control', 'Later', 'Later']) queue('LeafActor', { type });
    settle();
    expect(system.view('LeafActor'), 'none of those before is left to the new generation').toEqual(['Later', 'Later']);
    expect(story().filter((line) => line.endsWith('handled'))).toHaveLength(7);
  });

  it('has nothing drained that came later, although what waited was partly of an ended generation', () => {
    const leaf = actor(
      'LeafActor',
      (message, ctx) => {
        if (message.type === 'Go') ctx.timer('tick', 100, { type: 'Tick' });
        if (message.type === 'Fail') throw new NetworkError('N', 'n');
      },
      { control: ['Fail'] },
    );
    const { tell, queue, settle, pump, system, story } = run([leaf]);
    tell('LeafActor', { type: 'Go' });
    system.suspend('LeafActor');
    pump.runFor(100);
    tell('LeafActor', { type: 'Fail' });
    queue('LeafActor', { type: 'Before' });
    system.restart('LeafActor');
    for (let n = 0; n < 3; n++) queue('LeafActor', { type: 'Later' });
    settle();
    expect(story()).toContain('LeafActor -> LeafActor: Tick staleGeneration');
    expect(system.view('LeafActor')).toEqual(['Later', 'Later', 'Later']);
  });

  it('gets a new generation at the deadline from an actor that can not be drained, and its mailbox is kept', () => {
    const { tell, system, states, pump } = run([stopper, ...slowToStop]);
    system.suspend('FullActor');
    tell('BlockedActor', { type: 'Go' });
    tell('BlockedActor', { type: 'Work' });
    system.restart('BlockedActor');
    tell('BlockedActor', { type: 'Later' });
    pump.runFor(1_000);
    expect(states('BlockedActor').slice(-3)).toEqual(['Terminated', 'Initializing', 'Running']);
    system.resume('FullActor');
    pump.runFor(0);
    expect(system.view('BlockedActor')).toEqual(['Work', 'Later']);
  });

  it('revives an actor that a bug has ended', () => {
    const leaf = actor('LeafActor', (message) => {
      if (message.type === 'Crash') throw new TypeError('bug');
    });
    const { tell, system, states, settle } = run([leaf]);
    tell('LeafActor', { type: 'Crash' });
    expect(states('LeafActor').at(-1)).toBe('Terminated');
    system.restart('LeafActor');
    settle();
    expect(states('LeafActor').at(-1)).toBe('Running');
  });

  it('can restart nothing once the system stops: that goes on to its end', async () => {
    const { system, settle, states } = run([actor('LeafActor')]);
    const stopped = system.stop();
    for (const path of ['SupervisorActor', 'LeafActor']) {
      expect(() => {
        system.restart(path);
      }).toThrow(/was stopped/);
    }
    settle();
    await stopped;
    expect(() => {
      system.restart('SupervisorActor');
    }).toThrow(/was stopped/);
    expect(states('SupervisorActor').at(-1)).toBe('Terminated');
  });

  it('can restart no actor that stops; one that restarts can still be stopped', () => {
    const { system, tell, states, pump, settle } = run([stopper, ...slowToStop]);
    const restart = (path: string) => () => {
      system.restart(path);
    };
    const stop: Any = { type: 'Stop', path: 'BlockedActor' };
    system.suspend('FullActor');
    tell('BlockedActor', { type: 'Go' });
    tell('BlockedActor', { type: 'Work' });
    system.restart('BlockedActor');
    settle();
    expect(states('BlockedActor').at(-1)).toBe('Stopping');
    tell('StopperActor', stop);
    expect(restart('BlockedActor')).toThrow(/BlockedActor stops/);
    pump.runFor(1_000);
    expect(states('BlockedActor')).toEqual(['Initializing', 'Running', 'Stopping', 'Terminated']);
  });

  it('suspends and resumes: the state of the lifecycle stays Running', () => {
    const { tell, settle, system } = run([actor('LeafActor')]);
    system.suspend('LeafActor');
    tell('LeafActor', { type: 'Work' });
    expect(system.view('LeafActor')).toEqual([]);
    expect(system.tree()[1]).toMatchObject({ lifecycle: 'Running', suspended: true, mailbox: { depth: 1 } });
    system.resume('LeafActor');
    settle();
    expect(system.view('LeafActor')).toEqual(['Work']);
  });

  it('is refused for a path where no actor is', () => {
    const { system } = run([]);
    for (const control of ['restart', 'suspend', 'resume'] as const)
      expect(() => system[control]('NobodyActor')).toThrow(/no actor NobodyActor/);
  });
});
