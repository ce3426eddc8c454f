import { describe, expect, it } from 'vitest';
import { AlysError, LogicError, NetworkError, ServiceError } from '../../../node-core/primitives/errors.ts';
import type { Source } from '../../../node-core/kernel/behaviour.ts';
import { lifecycle, type SupervisionPolicy } from '../../../node-core/kernel/supervision.ts';
import type { HealthCheck } from '../../../node-core/kernel/system-messages.ts';
import type { TerminalFailure } from '../../../node-core/kernel/failure.ts';
import { actor, policy, run, type Any } from '../../support/actors.ts';

const ERRORS: Readonly<Record<string, () => Error>> = {
  network: () => new NetworkError('N', 'network'),
  service: () => new ServiceError('S', 'service'),
  cascading: () => new AlysError('cascading', 'C', 'cascading'),
  logic: () => new LogicError('L', 'logic'),
  unknown: () => new TypeError('unknown'),
};

/** An actor that crashes with the class of error that a `Crash` message names. */
const fragile = (name: string, supervision: Partial<SupervisionPolicy> = {}) =>
  actor(
    name,
    (message) => {
      if (message.type === 'Crash') throw (ERRORS[String(message['with'])] ?? ERRORS['unknown'])?.();
    },
    { supervision: { ...policy, ...supervision } },
  );

const crash = (kind: string): Any => ({ type: 'Crash', with: kind });
const RESTARTED = ['Initializing', 'Running', 'Failed', 'Restarting', 'Initializing', 'Running'];

describe('the strategy for a class of error', () => {
  it('restarts at once after a network error, in a new generation with a new state', () => {
    const { tell, states, system } = run([fragile('LeafActor')]);
    tell('LeafActor', { type: 'Before' });
    tell('LeafActor', crash('network'));
    tell('LeafActor', { type: 'After' });
    expect(states('LeafActor')).toEqual(RESTARTED);
    expect(system.view('LeafActor')).toEqual(['After']);
    expect(system.tree().find(({ path }) => path === 'LeafActor')).toMatchObject({
      generation: 2,
      restarts: 1,
      crashes: 1,
      lastError: { code: 'N' },
    });
  });

  it('backs off after service errors, twice as long each time up to the maximum; what is sent meanwhile waits', () => {
    const { tell, pump, system } = run([fragile('LeafActor')]);
    for (const delayMs of [100, 200, 400, 800, 1_000]) {
      tell('LeafActor', crash('service'));
      tell('LeafActor', { type: 'Meanwhile' });
      const status = () => system.tree().find(({ path }) => path === 'LeafActor')?.lifecycle;
      pump.runFor(delayMs - 1);
      expect(status()).toBe('Restarting');
      pump.runFor(1);
      expect(status()).toBe('Running');
      expect(system.view('LeafActor')).toEqual(['Meanwhile']);
    }
  });

  it('takes the share of the delay that is random off it', () => {
    const jittered = fragile('LeafActor', {
      service: { kind: 'backoff', initialMs: 1_000, maxMs: 1_000, factor: 1, jitter: 0.5 },
    });
    const delays = [1, 2, 3, 4, 5].map((seed) => {
      const { tell, pump, system } = run([jittered], { simulation: { seed } });
      tell('LeafActor', crash('service'));
      const start = pump.nowMs;
      pump.runUntil(() => system.view('LeafActor') !== undefined, 2_000);
      return pump.nowMs - start;
    });
    for (const delay of delays) expect(delay).toBeGreaterThanOrEqual(500);
    for (const delay of delays) expect(delay).toBeLessThanOrEqual(1_000);
    expect(new Set(delays).size).toBe(5);
  });

  it('ends the actor after a logic error and after any unknown throw; its parent goes on', () => {
    for (const kind of ['logic', 'unknown']) {
      const { tell, states, system } = run([fragile('LeafActor'), fragile('OtherActor')]);
      tell('LeafActor', crash(kind));
      expect(states('LeafActor')).toEqual(['Initializing', 'Running', 'Failed', 'Terminated']);
      tell('OtherActor', { type: 'Hello' });
      expect(system.view('OtherActor')).toEqual(['Hello']);
    }
  });

  it('opens the circuit after so many cascading errors, half-opens it later, and closes it when the probes were handled', () => {
    const { tell, pump, system, logs } = run([fragile('LeafActor')]);
    const state = () => system.tree().find(({ path }) => path === 'LeafActor')?.lifecycle;
    tell('LeafActor', crash('cascading'));
    tell('LeafActor', crash('cascading'));
    expect(state(), 'closed: it restarts at once').toBe('Running');
    tell('LeafActor', crash('cascading'));
    expect(state(), 'open').toBe('Restarting');
    pump.runFor(5_000);
    expect(state(), 'half-open').toBe('Running');
    tell('LeafActor', { type: 'Probe' });
    tell('LeafActor', crash('cascading'));
    expect(state(), 'a failed probe opens it again').toBe('Restarting');
    pump.runFor(5_000);
    tell('LeafActor', { type: 'Probe' });
    tell('LeafActor', { type: 'Probe' });
    tell('LeafActor', crash('cascading'));
    expect(state(), 'closed again').toBe('Running');
    expect(logs().filter((line) => line.includes('circuit'))).toEqual([
      'warn LeafActor: circuit breaker open for 5000 ms',
      'info LeafActor: circuit breaker half-open: 2 messages have to be handled',
      'warn LeafActor: circuit breaker open for 5000 ms',
      'info LeafActor: circuit breaker half-open: 2 messages have to be handled',
      'info LeafActor: circuit breaker closed',
    ]);
  });

  it('shows the circuit, and lets a half-open one that fails otherwise prove itself from the first probe on', () => {
    const { tell, pump, system, settle } = run([
      fragile('LeafActor', { scope: 'oneForOne' }),
      fragile('OtherActor', { scope: 'oneForAll' }),
    ]);
    const breaker = () => system.tree().find(({ path }) => path === 'LeafActor')?.breaker;
    const opened = () => {
      for (let n = 0; n < 3; n++) tell('LeafActor', crash('cascading'));
      expect(breaker()).toBe('open');
      pump.runFor(5_000);
      expect(breaker()).toBe('halfOpen');
      tell('LeafActor', { type: 'Probe' });
    };
    expect(breaker()).toBe('closed');
    opened();
    tell('LeafActor', crash('network'));
    tell('LeafActor', { type: 'Probe' });
    expect(breaker(), 'one of two probes').toBe('halfOpen');
    tell('LeafActor', { type: 'Probe' });
    expect(breaker()).toBe('closed');
    system.restart('LeafActor');
    settle();
    opened();
    tell('OtherActor', crash('network'));
    tell('LeafActor', { type: 'Probe' });
    expect(breaker(), 'a restart with a sibling is no failure').toBe('closed');
  });

  it('forgets the failures of a closed circuit when none has come for the time of the limit', () => {
    const { tell, pump, system } = run([fragile('LeafActor', { limit: { restarts: 5, windowMs: 10_000 } })]);
    for (let n = 0; n < 6; n++) {
      tell('LeafActor', crash('cascading'));
      expect(system.tree()[1]).toMatchObject({ lifecycle: 'Running', breaker: 'closed' });
      pump.runFor(10_001);
    }
  });
});

describe('a limit of restarts', () => {
  const limit = { restarts: 2, windowMs: 10_000 };

  it('ends the actor when it is told to, and the parent goes on (INV-26)', () => {
    const { tell, states } = run([fragile('LeafActor', { limit })]);
    for (let n = 0; n < 3; n++) tell('LeafActor', crash('network'));
    expect(states('LeafActor').slice(-2)).toEqual(['Failed', 'Terminated']);
    expect(states('SupervisorActor').at(-1)).toBe('Running');
  });

  it('counts only what lies in its window', () => {
    const { tell, pump, states } = run([fragile('LeafActor', { limit })]);
    for (let n = 0; n < 6; n++) {
      tell('LeafActor', crash('network'));
      pump.runFor(6_000);
    }
    expect(states('LeafActor').at(-1)).toBe('Running');
  });

  it('holds for siblings that restart together: those that fail in turn end all the same (INV-26)', () => {
    const shared = { limit, scope: 'oneForAll' } as const;
    const { tell, system, states } = run([fragile('OneActor', shared), fragile('OtherActor', shared)]);
    for (let n = 0; n < 10; n++) {
      tell('OneActor', crash('network'));
      tell('OtherActor', crash('network'));
    }
    expect(system.tree().map(({ restarts }) => restarts)).toEqual([0, 4, 4]);
    for (const path of ['OneActor', 'OtherActor']) expect(states(path).at(-1)).toBe('Terminated');
  });

  it('begins anew when an operator restarts the actor, whether it runs, waits for its restart or has ended', () => {
    const { tell, system, settle, states, pump } = run([fragile('LeafActor', { limit })]);
    const restart = () => {
      system.restart('LeafActor');
      settle();
      expect(states('LeafActor').at(-1)).toBe('Running');
    };
    for (let n = 0; n < 2; n++) tell('LeafActor', crash('network'));
    restart();
    for (let n = 0; n < 2; n++) tell('LeafActor', crash('network'));
    expect(states('LeafActor').at(-1), 'the first two are forgotten').toBe('Running');
    tell('LeafActor', crash('network'));
    expect(states('LeafActor').at(-1)).toBe('Terminated');
    restart();
    for (let n = 0; n < 2; n++) {
      pump.runFor(100);
      tell('LeafActor', crash('service'));
    }
    expect(states('LeafActor').at(-1)).toBe('Restarting');
    restart();
    for (let n = 0; n < 2; n++) tell('LeafActor', crash('network'));
    expect(states('LeafActor').at(-1)).toBe('Running');
  });

  it('escalates: the parent fails with a cascading error and restarts with new children', () => {
    const { tell, states, system } = run([
      fragile('LeafActor', { limit, exceeded: 'escalate' }),
      fragile('OtherActor'),
    ]);
    tell('OtherActor', { type: 'Before' });
    for (let n = 0; n < 3; n++) tell('LeafActor', crash('network'));
    expect(states('SupervisorActor')).toEqual(RESTARTED);
    expect(states('OtherActor')).toEqual([
      'Initializing',
      'Running',
      'Stopping',
      'Terminated',
      'Initializing',
      'Running',
    ]);
    expect(system.view('LeafActor')).toEqual([]);
    expect(system.view('OtherActor')).toEqual([]);
    expect(system.tree()[0]?.lastError).toMatchObject({ code: 'ESCALATED' });
  });

  it('escalates up to the root, whose end is the end of the system', async () => {
    const failures: TerminalFailure[] = [];
    const { tell, states, system } = run(
      [fragile('LeafActor', { limit: { restarts: 0, windowMs: 1 }, exceeded: 'escalate' })],
      {
        onTerminalFailure: (failure) => failures.push(failure),
        rootMore: { supervision: { ...policy, limit: { restarts: 0, windowMs: 1 } } },
      },
    );
    tell('LeafActor', crash('network'));
    expect(failures).toMatchObject([
      { path: 'SupervisorActor', error: { code: 'ESCALATED', errorClass: 'cascading' } },
    ]);
    expect(states('SupervisorActor').slice(-2)).toEqual(['Failed', 'Terminated']);
    await system.stop();
  });
});

describe('the scope of a failure', () => {
  const family = (scope: SupervisionPolicy['scope']) =>
    run([fragile('FirstActor'), fragile('MiddleActor', { scope }), fragile('LastActor')]);
  const restarts = (system: ReturnType<typeof family>['system']) =>
    system
      .tree()
      .slice(1)
      .map((status) => status.restarts);

  it('is the actor alone, all its siblings, or those started after it', () => {
    for (const [scope, expected] of [
      ['oneForOne', [0, 1, 0]],
      ['oneForAll', [1, 1, 1]],
      ['restForOne', [0, 1, 1]],
    ] as const) {
      const { tell, system } = family(scope);
      tell('MiddleActor', crash('network'));
      expect(restarts(system), scope).toEqual(expected);
      expect(system.tree().every((status) => status.lifecycle === 'Running')).toBe(true);
    }
  });

  it('lets those that share it wait for the same restart, and keeps what is sent to them', async () => {
    for (const [scope, waiting] of [
      ['oneForAll', ['FirstActor', 'LastActor']],
      ['restForOne', ['LastActor']],
    ] as const) {
      const { tell, pump, system, story } = family(scope);
      tell('MiddleActor', crash('service'));
      const away = system.tree().filter(({ lifecycle: state }) => state === 'Terminated');
      expect(away.map(({ path }) => path)).toEqual(waiting);
      const answers = waiting.map((path) => {
        tell(path, { type: 'Meanwhile' });
        const ref = system.refOf<HealthCheck>(path);
        return system.ask(ref, { type: 'HealthCheck' }, { from: 'Operator', timeoutMs: 1_000 });
      });
      pump.runFor(100);
      expect(system.tree().every((status) => status.lifecycle === 'Running')).toBe(true);
      for (const path of waiting) expect(system.view(path)).toEqual(['Meanwhile']);
      for (const answer of answers) expect((await answer).generation).toBe(2);
      expect(story().filter((line) => line.endsWith('deadLetter'))).toEqual([]);
    }
  });

  it('lets a control message to one that waits be the first that its new life handles', () => {
    const halted = actor('HaltedActor', undefined, { control: ['EmergencyHaltRequest'] });
    const { tell, pump, system } = run([fragile('FirstActor', { scope: 'oneForAll' }), halted]);
    tell('FirstActor', crash('service'));
    for (let n = 0; n < 3; n++) tell('HaltedActor', { type: 'SlotTick' });
    tell('HaltedActor', { type: 'EmergencyHaltRequest' });
    pump.runFor(100);
    expect(system.view('HaltedActor')).toEqual(['EmergencyHaltRequest', 'SlotTick', 'SlotTick', 'SlotTick']);
  });

  it('keeps the bound of one that waits (INV-21)', () => {
    const small = actor('SmallActor', undefined, { mailbox: { bound: 2, overflow: 'returnError' } });
    const { tell, pump, system, story } = run([fragile('FirstActor', { scope: 'oneForAll' }), small]);
    tell('FirstActor', crash('service'));
    for (let n = 0; n < 3; n++) tell('SmallActor', { type: 'Item' });
    expect(story().at(-1)).toBe('Operator -> SmallActor: Item refused');
    pump.runFor(100);
    expect(system.view('SmallActor')).toEqual(['Item', 'Item']);
  });

  it('ends those that wait when their parent ends or they are stopped, and says so of what waited for them', () => {
    const stopper = actor('StopperActor', (message, ctx) => {
      if (message.type === 'Stop') ctx.stop(String(message['path']));
      if (message.type === 'Watch') ctx.watch(ctx.refOf('LastActor'), { type: 'Gone' });
    });
    const waits = () => {
      const running = run([stopper, fragile('FirstActor', { scope: 'restForOne' }), fragile('LastActor')]);
      running.tell('StopperActor', { type: 'Watch' });
      running.tell('FirstActor', crash('service'));
      running.tell('LastActor', { type: 'Meanwhile' });
      return running;
    };
    const one = waits();
    one.tell('StopperActor', { type: 'Stop', path: 'LastActor' });
    expect(one.story()).toContain('Operator -> LastActor: Meanwhile deadLetter');
    one.pump.runFor(1_000);
    expect(one.system.view('StopperActor')).toEqual(['Watch', 'Stop', 'Gone']);
    expect(one.states('FirstActor').at(-1)).toBe('Running');
    expect(one.states('LastActor').at(-1)).toBe('Terminated');
    const all = waits();
    void all.system.stop();
    all.pump.runFor(1_000);
    expect(all.story()).toContain('Operator -> LastActor: Meanwhile deadLetter');
    expect(all.system.tree().map((status) => status.lifecycle)).not.toContain('Running');
  });

  it('leaves no deadline behind in a sibling that had children when it shared the failure', () => {
    const parent = actor('ParentActor', undefined, {
      init: (_, ctx) => {
        ctx.spawn(fragile('ChildActor'), 'child', undefined);
        return [];
      },
    });
    const { tell, pump, system } = run([fragile('FirstActor', { scope: 'oneForAll' }), parent]);
    tell('FirstActor', crash('service'));
    pump.runFor(10 * policy.stopDeadlineMs);
    expect(system.tree().every((status) => status.lifecycle === 'Running')).toBe(true);
    expect(system.tree().find(({ path }) => path === 'ParentActor')?.generation).toBe(2);
  });
});

describe('a handler that throws', () => {
  it('has had no effect: nothing it asked for before happens, and its state is that of before', () => {
    const two = actor('LeafActor', (message, ctx) => {
      if (message.type !== 'Go') return;
      ctx.tell(ctx.refOf<Any>('OtherActor'), { type: 'Hello' });
      ctx.timer('soon', 1, { type: 'Soon' });
      ctx.spawn(fragile('ChildActor'), 'child', undefined);
      ctx.log('info', 'about to fail');
      throw new NetworkError('N', 'network');
    });
    const { tell, pump, system, logs, story } = run([two, fragile('OtherActor')]);
    tell('LeafActor', { type: 'Go' });
    pump.runFor(100);
    expect(system.view('OtherActor')).toEqual([]);
    expect(system.view('LeafActor')).toEqual([]);
    expect(system.tree().map(({ path }) => path)).not.toContain('LeafActor/child');
    expect(logs()).toContain('info LeafActor: about to fail');
    expect(story()).toContain('Operator -> LeafActor: Go crashed');
    expect(system.tree().find(({ path }) => path === 'OtherActor')?.mailbox.depth).toBe(0);
  });

  it('asks for nothing more when what it asked for has failed it: its own source', () => {
    const blocks = () => ({
      open: (sink: { item(value: number): void }) => {
        sink.item(1);
        return () => undefined;
      },
    });
    const leaf = actor<{ readonly bitcoin: { blocks(): Source<number> } }>('LeafActor', (message, ctx) => {
      if (message.type !== 'Go') return;
      ctx.open('bitcoin', 'blocks', [], {
        key: 'blocks',
        item: () => {
          throw new NetworkError('N', 'not a block');
        },
        end: () => ({ type: 'Ended' }),
      });
      ctx.tell(ctx.refOf<Any>('OtherActor'), { type: 'Hello' });
      ctx.timer('soon', 1, { type: 'Soon' });
    });
    const { tell, pump, system } = run([leaf, fragile('OtherActor')], { ports: { bitcoin: { blocks } } });
    tell('LeafActor', { type: 'Go' });
    pump.runFor(100);
    expect(system.view('OtherActor')).toEqual([]);
    expect(system.view('LeafActor')).toEqual([]);
    expect(system.tree()[1]).toMatchObject({ generation: 2, lifecycle: 'Running' });
  });

  it('takes its children with it, and its init starts them anew', () => {
    const parent = actor(
      'ParentActor',
      (message) => {
        if (message.type === 'Crash') throw new NetworkError('N', 'network');
      },
      {
        init: (_, ctx) => {
          for (const name of ['child', 'other']) ctx.spawn(fragile('ChildActor'), name, undefined);
          return [];
        },
      },
    );
    const { tell, states, changes } = run([parent]);
    tell('ParentActor', crash('network'));
    const ends = changes().filter(({ to }) => to === 'Terminated');
    expect(
      ends.map(({ path }) => path),
      'the last started first',
    ).toEqual(['ParentActor/other', 'ParentActor/child']);
    expect(states('ParentActor/child')).toEqual([
      'Initializing',
      'Running',
      'Stopping',
      'Terminated',
      'Initializing',
      'Running',
    ]);
  });

  it('never gives a child the number of an earlier generation again', () => {
    const generations: [number, boolean][] = [];
    const child = actor(
      'ChildActor',
      (message) => {
        if (message.type === 'Crash') throw new NetworkError('N', 'network');
      },
      {
        init: (_, ctx) => {
          generations.push([ctx.generation, ctx.restarted]);
          return [];
        },
      },
    );
    const parent = actor(
      'ParentActor',
      (message, ctx) => {
        if (message.type === 'Crash') throw new NetworkError('N', 'network');
        if (message.type === 'Stop') ctx.stop('ParentActor/child');
        if (message.type === 'Spawn') ctx.spawn(child, 'child', undefined);
      },
      {
        init: (_, ctx) => {
          ctx.spawn(child, 'child', undefined);
          return [];
        },
      },
    );
    const { tell } = run([parent]);
    tell('ParentActor/child', crash('network'));
    tell('ParentActor', crash('network'));
    tell('ParentActor', { type: 'Stop' });
    tell('ParentActor', { type: 'Spawn' });
    expect(generations).toEqual([
      [1, false],
      [2, true],
      [3, false],
      [4, false],
    ]);
  });

  it('in init fails the actor by the same rules', () => {
    let attempts = 0;
    const late = actor('LeafActor', undefined, {
      init: () => {
        attempts++;
        if (attempts < 3) throw new NetworkError('N', 'not yet');
        return [];
      },
    });
    const { states } = run([late]);
    expect(states('LeafActor')).toEqual([
      'Initializing',
      'Failed',
      'Restarting',
      'Initializing',
      'Failed',
      'Restarting',
      'Initializing',
      'Running',
    ]);
  });
});

describe('the context', () => {
  it('keeps the number of an actor that is to be spawned, however many others are named meanwhile', () => {
    const parent = actor('ParentActor', (message, ctx) => {
      if (message.type !== 'Go') return;
      ctx.spawn(actor('ChildActor'), 'child', undefined);
      for (let n = 0; n < 40; n++) ctx.refOf(`Peer:${n}`);
    });
    const { tell, system, recorded } = run([parent], { limits: { paths: 8 } });
    tell('ParentActor', { type: 'Go' });
    tell('ParentActor/child', { type: 'Hello' });
    expect(system.view('ParentActor/child')).toEqual(['Hello']);
    expect(recorded().at(-1)).toMatchObject({ to: 'ParentActor/child', outcome: 'handled' });
  });

  it('fails the actor that wants more actors than there are numbers, and starts none of them', () => {
    const parent = actor('ParentActor', (message, ctx) => {
      if (message.type !== 'Go') return;
      for (let n = 0; n < 10; n++) ctx.spawn(actor('ChildActor'), `child${n}`, undefined);
    });
    const { tell, system } = run([parent], { limits: { paths: 8 } });
    tell('ParentActor', { type: 'Go' });
    expect(system.tree().map(({ path, lastError }) => [path, lastError?.code])).toEqual([
      ['SupervisorActor', undefined],
      ['ParentActor', 'TOO_MANY_ACTORS'],
    ]);
  });

  it('is of no use outside its handler', () => {
    const kept: { tell?: () => void } = {};
    const leaf = actor('LeafActor', (_, ctx) => {
      kept.tell = () => void ctx.tell(ctx.self, { type: 'Late' });
    });
    const { tell } = run([leaf]);
    tell('LeafActor', { type: 'Go' });
    expect(kept.tell).toThrow(/outside its handler/);
  });
});

describe('the declared lifecycle', () => {
  it('has the arrows of the founding document and no other', () => {
    expect(lifecycle.arrows.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'Initializing Running',
      'Initializing Failed',
      'Running Failed',
      'Running Stopping',
      'Failed Restarting',
      'Failed Terminated',
      'Restarting Initializing',
      'Restarting Terminated',
      'Stopping Terminated',
    ]);
  });

  it('makes any other arrow a bug', () => {
    expect(() => lifecycle.next('Terminated', 'SuccessfulInit')).toThrow(LogicError);
  });
});
