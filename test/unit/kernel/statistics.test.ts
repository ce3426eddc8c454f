import { describe, expect, it } from 'vitest';
import { Histogram } from '../../../node-core/kernel/histogram.ts';
import type { BehaviourTotals } from '../../../node-core/kernel/record.ts';
import type { ActorSystem } from '../../../node-core/kernel/system.ts';
import { Totals } from '../../../node-core/kernel/totals.ts';
import { ActorStatistics } from '../../../node-core/kernel/statistics.ts';
import { actor, policy, run, type Any } from '../../support/actors.ts';

/** A clock that moves only while a handler works, by the `us` of its message. */
function workers(names: readonly string[] = ['WorkerActor'], endedChildren = 64) {
  let clockUs = 0;
  const behaviours = names.map((name) =>
    actor(
      name,
      (message) => {
        clockUs += Number(message['us'] ?? 0);
        if (message.type === 'Crash') throw new TypeError('bug');
      },
      { supervision: { ...policy, logic: { kind: 'immediate' } } },
    ),
  );
  const environment = { nowMs: () => 1_700_000_000_000, monotonicUs: () => clockUs, random: () => 0 };
  return run(behaviours, { environment, limits: { endedChildren } });
}

describe('the times of an actor', () => {
  it('are those of each message type, exact for what takes more than a few microseconds', () => {
    const { queue, settle, system } = workers();
    for (const us of [100, 300]) queue('WorkerActor', { type: 'Block', us });
    queue('WorkerActor', { type: 'Vote', us: 20 });
    settle();
    expect(system.times('WorkerActor')).toEqual([
      {
        type: 'Block',
        count: 2,
        queueWait: { p50Us: 0, p99Us: 100, maxUs: 100 },
        handling: { p50Us: 103, p99Us: 300, maxUs: 300 },
      },
      {
        type: 'Vote',
        count: 1,
        queueWait: { p50Us: 400, p99Us: 400, maxUs: 400 },
        handling: { p50Us: 20, p99Us: 20, maxUs: 20 },
      },
    ]);
  });

  it('go on through a restart, and count what crashed', () => {
    const { tell, system } = workers();
    tell('WorkerActor', { type: 'Block', us: 10 });
    tell('WorkerActor', { type: 'Crash', us: 50 });
    tell('WorkerActor', { type: 'Block', us: 10 });
    expect(system.tree().find(({ path }) => path === 'WorkerActor')).toMatchObject({ generation: 2, handled: 3 });
    expect(system.times('WorkerActor')).toMatchObject([
      { type: 'Block', count: 2 },
      { type: 'Crash', count: 1, handling: { maxUs: 50 } },
    ]);
  });

  it('are told apart for 64 types, and counted together for the others', () => {
    const { tell, system } = workers();
    for (let n = 0; n < 70; n++) tell('WorkerActor', { type: `Type${n}` });
    const times = system.times('WorkerActor');
    expect(times).toHaveLength(65);
    expect(times[63]).toMatchObject({ type: 'Type63', count: 1 });
    expect(times[64]).toMatchObject({ type: '(others)', count: 6 });
  });

  it('have a 99th percentile of at most an eighth above the truth', () => {
    const { tell, system } = workers();
    const all = Array.from({ length: 1_000 }, (_, n) => 1 + ((n * 7919) % 50_021));
    for (const us of all) tell('WorkerActor', { type: 'Work', us });
    const truth = all.sort((a, b) => a - b)[989] ?? 0;
    const [work] = system.times('WorkerActor');
    expect(work?.handling.p99Us).toBeGreaterThanOrEqual(truth);
    expect(work?.handling.p99Us).toBeLessThanOrEqual(truth * 1.125);
  });

  it('leave out the question that the kernel answers by itself', async () => {
    const { tell, settle, system } = workers();
    const to = system.refOf<Any>('WorkerActor');
    tell('WorkerActor', { type: 'Block', us: 10 });
    const answer = system.ask(to, { type: 'HealthCheck' } as never, { from: 'Operator', timeoutMs: 1_000 });
    settle();
    await answer;
    expect(system.times('WorkerActor').map(({ type }) => type)).toEqual(['Block']);
  });

  it('are none where no actor is, and none of one that has handled nothing', () => {
    const { system } = workers();
    expect(system.times('NoActor')).toEqual([]);
    expect(system.times('WorkerActor')).toEqual([]);
  });
});

const totalsOf = (system: ActorSystem, behaviour: string): BehaviourTotals | undefined =>
  system.totals().find((totals) => totals.behaviour === behaviour);

/** Every number of totals under a name of its own. */
function series(system: ActorSystem): ReadonlyMap<string, number> {
  return new Map(
    system
      .totals()
      .flatMap(({ behaviour, times, ...counts }) => [
        ...Object.entries(counts).map(([name, count]) => [`${behaviour} ${name}`, count] as const),
        ...times.flatMap(({ type, queueWait, handling }) => [
          [`${behaviour} ${type} waits`, queueWait.count] as const,
          [`${behaviour} ${type} waited`, queueWait.sumUs] as const,
          [`${behaviour} ${type} handlings`, handling.count] as const,
          [`${behaviour} ${type} handled`, handling.sumUs] as const,
        ]),
      ]),
  );
}

describe('the totals of a behaviour', () => {
  const child = (name: string) =>
    actor(name, (message) => {
      if (message.type === 'Crash') throw new TypeError('bug');
    });
  /** A root that starts and stops children of one behaviour by name. */
  const nursery = (endedChildren: number) =>
    run([], {
      limits: { endedChildren },
      rootMore: {
        receive: (state, message, ctx) => {
          const name = String(message['name']);
          if (message.type === 'Start') ctx.spawn(child('OperationActor'), name, undefined);
          if (message.type === 'Stop') ctx.stop(name);
          return state;
        },
      },
    });

  it('keep what actors did that have left the tree, and never fall', () => {
    const { tell, system, settle } = nursery(1);
    let before = new Map<string, number>() as ReadonlyMap<string, number>;
    const grown = (): void => {
      const now = series(system);
      for (const [name, count] of before) expect(now.get(name), name).toBeGreaterThanOrEqual(count);
      before = now;
    };
    for (let n = 0; n < 12; n++) {
      const name = `op${n % 5}`;
      tell('SupervisorActor', { type: 'Start', name });
      for (let k = 0; k <= n; k++) tell(name, { type: `Step${(n * 7 + k) % 80}` });
      grown();
      tell(name, { type: 'Crash' });
      grown();
    }
    for (let n = 0; n < 6; n++) {
      tell('SupervisorActor', { type: 'Start', name: `quiet${n}` });
      tell(`quiet${n}`, { type: 'Step0' });
      tell('SupervisorActor', { type: 'Stop', name: `quiet${n}` });
      settle();
      grown();
    }
    const totals = totalsOf(system, 'OperationActor');
    expect(totals).toMatchObject({ handled: 78 + 12 + 6, crashes: 12, restarts: 0, dropped: 0 });
    const counted = totals?.times.reduce((sum, { handling }) => sum + handling.count, 0);
    expect(counted).toBe(totals?.handled);
    expect(system.tree().filter(({ behaviour }) => behaviour === 'OperationActor')).toHaveLength(1);
  });

  it('count what an actor below one that ended did', () => {
    const parent = actor('ParentActor', (message, ctx) => {
      if (message.type === 'Start') ctx.spawn(child('LeafActor'), 'leaf', undefined);
    });
    const { tell, system } = run([], {
      rootMore: {
        receive: (state, message, ctx) => {
          if (message.type === 'Start') ctx.spawn(parent, 'parent', undefined);
          if (message.type === 'Stop') ctx.stop('parent');
          return state;
        },
      },
    });
    tell('SupervisorActor', { type: 'Start' });
    tell('parent', { type: 'Start' });
    tell('parent/leaf', { type: 'Crash' });
    tell('SupervisorActor', { type: 'Stop' });
    expect(system.tree().map(({ path }) => path)).toEqual(['SupervisorActor']);
    expect(totalsOf(system, 'LeafActor')).toMatchObject({ handled: 1, crashes: 1 });
  });

  it('have the exact number and sum of the durations, and whole buckets', () => {
    const { queue, settle, system } = workers();
    for (const us of [100, 300]) queue('WorkerActor', { type: 'Block', us });
    settle();
    expect(totalsOf(system, 'WorkerActor')?.times).toEqual([
      {
        type: 'Block',
        queueWait: {
          count: 2,
          sumUs: 100,
          buckets: [
            { upToUs: 0, count: 1 },
            { upToUs: 103, count: 1 },
          ],
        },
        handling: {
          count: 2,
          sumUs: 400,
          buckets: [
            { upToUs: 103, count: 1 },
            { upToUs: 319, count: 1 },
          ],
        },
      },
    ]);
  });

  it('give dead letters to paths without an actor to nobody', () => {
    const { tell, system } = workers();
    tell('NoActor', { type: 'Hello' });
    expect(totalsOf(system, '(nobody)')).toMatchObject({ deadLetters: 1, handled: 0 });
  });

  it('are those of actors of one name together, and of 256 names at most', () => {
    const totals = new Totals();
    const first = totals.of('A');
    expect(totals.of('A')).toBe(first);
    for (let n = 0; n < 1_000; n++) totals.of(`Actor${n}`);
    expect(totals.of('A')).toBe(first);
    expect(totals.of('Late')).toBe(totals.of('Later'));
    expect(totals.with([])).toHaveLength(257);
  });

  it('keep the name of a type that was shown, whoever leaves first', () => {
    const departed = new Totals().of('A');
    const deeds = (types: readonly string[]) => {
      const statistics = new ActorStatistics();
      for (const type of types) statistics.of(type).handling.add(1);
      return { handled: 0, dropped: 0, refused: 0, deadLetters: 0, crashes: 0, restarts: 0, statistics };
    };
    const elder = deeds(Array.from({ length: 64 }, (_, n) => `Type${n}`));
    const younger = deeds(['Other']);
    const shown = departed.with([elder, younger]);
    departed.add(younger);
    expect(departed.with([elder])).toEqual(shown);
  });
});

describe('a histogram', () => {
  it('has quantiles at most an eighth above the truth, and the exact maximum', () => {
    const histogram = new Histogram();
    const values = Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 100_003);
    for (const value of values) histogram.add(value);
    const sorted = [...values].sort((a, b) => a - b);
    for (const q of [0.01, 0.5, 0.9, 0.99, 1]) {
      const truth = sorted[Math.ceil(q * sorted.length) - 1] ?? 0;
      expect(histogram.quantile(q)).toBeGreaterThanOrEqual(truth);
      expect(histogram.quantile(q)).toBeLessThanOrEqual(truth * 1.125 + 1);
    }
    expect(histogram.max).toBe(sorted.at(-1));
    expect(new Histogram().quantile(0.5)).toBe(0);
  });

  it('counts the largest values', () => {
    const histogram = new Histogram();
    histogram.add(2 ** 40);
    expect(histogram.quantile(1)).toBe(2 ** 31 - 1);
    expect(histogram.sum).toBe(2 ** 40);
  });

  it('counts more than fit into 32 bits, and sums parts of a microsecond', () => {
    const histogram = new Histogram();
    histogram.add(0.25, 2 ** 33);
    histogram.add(3);
    expect(histogram.count).toBe(2 ** 33 + 1);
    expect(histogram.sum).toBe(2 ** 31 + 3);
    expect(histogram.buckets).toEqual([
      { upToUs: 0, count: 2 ** 33 },
      { upToUs: 3, count: 1 },
    ]);
  });

  it('has buckets that reach from the end of the one before to their own', () => {
    const histogram = new Histogram();
    for (const us of [7, 8, 15, 16, 17, 18]) histogram.add(us);
    expect(histogram.buckets.map(({ upToUs, count }) => [upToUs, count])).toEqual([
      [7, 1],
      [8, 1],
      [15, 1],
      [17, 2],
      [19, 1],
    ]);
  });
});
