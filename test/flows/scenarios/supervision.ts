import { actorPolicies } from '../../../node-core/config/supervision.ts';
import type { TerminalFailure } from '../../../node-core/kernel/failure.ts';
import { answerAfter } from '../../../node-core/kernel/pump/simulation.ts';
import { lifecycle } from '../../../node-core/kernel/supervision.ts';
import { AlysError, type ErrorClass } from '../../../node-core/primitives/errors.ts';
import { actor, run, type Any } from '../../support/actors.ts';
import type { Check, Scenario } from './scenario-result.ts';

type Name = Exclude<keyof typeof actorPolicies, 'SupervisorActor'>;
/** The order in which the node starts them. */
const NAMES: readonly Name[] = [
  'StorageActor',
  'EngineActor',
  'ChainActor',
  'BridgeActor',
  'StreamActor',
  'SyncActor',
  'NetworkActor',
];

interface Ports {
  readonly engine: { build(): Promise<string> };
}

const fail = (message: Any): void => {
  if (message.type === 'Fail') throw new AlysError(message['errorClass'] as ErrorClass, 'INJECTED', 'injected failure');
};

/** A stand-in under the real actor's name, mailbox and policy, that fails when it is told how. */
const standIn = (name: Name) =>
  actor<Ports>(
    name,
    (message, ctx) => {
      fail(message);
      if (message.type === 'BuildBlockRequest') {
        ctx.call('engine', 'build', [], { timeoutMs: 5_000, done: () => ({ type: 'BlockTemplate' }) });
      }
    },
    actorPolicies[name],
  );

/** No actor that ships restarts with those started after it, so one of SyncActor's policy does. */
const family = actor('FamilyActor', undefined, {
  init: (_, ctx) => {
    for (const child of CHILDREN) {
      const { mailbox, supervision } = actorPolicies.SyncActor;
      ctx.spawn(
        actor(child, fail, { mailbox, supervision: { ...supervision, scope: 'restForOne' } }),
        child,
        undefined,
      );
    }
    return [];
  },
});
const CHILDREN = ['First', 'Middle', 'Last'];

/** An actor whose init fails twice. */
const lateStarter = () => {
  let attempts = 0;
  return actor('LateActor', undefined, {
    ...actorPolicies.StorageActor,
    supervision: { ...actorPolicies.StorageActor.supervision, scope: 'oneForOne' },
    init: () => {
      attempts++;
      if (attempts < 3) throw new AlysError('service', 'NOT_YET', 'the disk is not there yet');
      return [];
    },
  });
};

/** An actor that can't end in time: what it has told waits at a full mailbox. */
const stuck = actor('StuckActor', (_, ctx) => {
  for (let sent = 0; sent < 2; sent++) ctx.tell(ctx.refOf<Any>('FullActor'), { type: 'Item' });
});
const full = actor('FullActor', undefined, { mailbox: { bound: 1, overflow: 'blockProducer' } });

type Stage = ReturnType<typeof run>;

const statusOf = ({ system }: Stage, path: string) => system.tree().find((status) => status.path === path);
const runs = (stage: Stage, path: string): boolean => statusOf(stage, path)?.lifecycle === 'Running';

/** How long a restart after `errorClass` takes in virtual ms; infinite when it does not run again. */
function restartMs(stage: Stage, path: string, errorClass: ErrorClass, story: string): number {
  const { pump, tell } = stage;
  tell(path, { type: 'Fail', errorClass }, story);
  const failedMs = pump.nowMs;
  return pump.runUntil(() => runs(stage, path), 120_000) ? pump.nowMs - failedMs : Infinity;
}

const times = (count: number, of: () => number): number[] => Array.from({ length: count }, of);
const rounded = (delays: readonly number[]): string => delays.map(Math.round).join(', ');

/** What one part of the scenario has shown: what is promised, whether it held, and what was seen. */
type Shown = readonly [name: string, passed: boolean, detail: string];

function immediate(stage: Stage): Shown {
  const delay = restartMs(stage, 'NetworkActor', 'network', 'supervision:immediate');
  return ['a network error restarts at once', delay === 0, `NetworkActor ran again after ${delay} ms`];
}

function backoff(stage: Stage): Shown {
  const delays = times(4, () => restartMs(stage, 'ChainActor', 'service', 'supervision:backoff'));
  // Up to a tenth off each delay: without jitter they would be 100, 200, 400 and 800 ms to the millisecond.
  const passed = delays.every((delay, index) => delay >= 90 * 2 ** index && delay < 100 * 2 ** index);
  return ['service errors back off exponentially with jitter', passed, `ChainActor waited ${rounded(delays)} ms`];
}

function fixed(stage: Stage): Shown {
  const delays = times(3, () => restartMs(stage, 'BridgeActor', 'service', 'supervision:fixed'));
  const passed = delays.every((delay) => delay === 1_000);
  return ['BridgeActor restarts after a fixed second', passed, `BridgeActor waited ${rounded(delays)} ms`];
}

function staleAnswer(stage: Stage): Shown {
  stage.tell('EngineActor', { type: 'BuildBlockRequest' }, 'supervision:stale');
  restartMs(stage, 'EngineActor', 'network', 'supervision:stale');
  stage.pump.runFor(1_000);
  const answer = stage.system.trace('supervision:stale').find(({ type }) => type === 'BlockTemplate');
  const outcome = answer?.outcome ?? 'missing';
  return ['an answer to an old generation is discarded', outcome === 'staleGeneration', `BlockTemplate: ${outcome}`];
}

function circuit(stage: Stage): Shown {
  const path = 'StreamActor';
  const story = 'supervision:circuit';
  const restart = (): number => restartMs(stage, path, 'network', story);
  const delays = times(5, restart);
  for (let probe = 0; probe < 3; probe++) stage.tell(path, { type: 'Heartbeat' }, story);
  delays.push(restart());
  const passed = delays.join() === '0,0,0,0,60000,0';
  const name = 'the fifth failure of the link opens the circuit for a minute, three probes close it';
  return [name, passed, `restarts after ${rounded(delays)} ms`];
}

function cascading(stage: Stage): Shown {
  const path = 'SyncActor';
  const story = 'supervision:cascading';
  const seen: (string | undefined)[] = [];
  const look = (): void => void seen.push(statusOf(stage, path)?.breaker);
  const delays = times(5, () => restartMs(stage, path, 'cascading', story));
  look();
  stage.tell(path, { type: 'CheckSyncProgress' }, story);
  stage.tell(path, { type: 'Fail', errorClass: 'cascading' }, story);
  look();
  stage.pump.runUntil(() => runs(stage, path), 120_000);
  for (let probe = 0; probe < 3; probe++) {
    look();
    stage.tell(path, { type: 'CheckSyncProgress' }, story);
  }
  look();
  const passed = delays.join() === '0,0,0,0,30000' && seen.join() === 'halfOpen,open,halfOpen,halfOpen,halfOpen,closed';
  const name = 'cascading failures open the circuit; a failed probe opens it again';
  return [name, passed, `restarts after ${rounded(delays)} ms; ${seen.join(', ')}`];
}

function failedInit(stage: Stage): Shown {
  stage.pump.runUntil(() => runs(stage, 'LateActor'), 10_000);
  const states = stage.states('LateActor').join(' ');
  const again = 'Initializing Failed Restarting';
  return ['a failed init is tried again', states === `${again} ${again} Initializing Running`, `LateActor: ${states}`];
}

function terminated(stage: Stage): Shown {
  stage.tell('SyncActor', { type: 'Fail', errorClass: 'logic' }, 'supervision:terminate');
  const others = NAMES.every((name) => name === 'SyncActor' || runs(stage, name));
  const ended = statusOf(stage, 'SyncActor')?.lifecycle;
  const passed = ended === 'Terminated' && others;
  return ['a logic error ends its actor, and the others go on', passed, `SyncActor: ${ended ?? 'gone'}`];
}

function operatorRestart(stage: Stage): Shown {
  const { system, settle, queue } = stage;
  const before = statusOf(stage, 'SyncActor')?.generation ?? 0;
  system.restart('SyncActor');
  settle();
  const revived = runs(stage, 'SyncActor');
  queue('EngineActor', { type: 'Before' });
  system.restart('EngineActor');
  queue('EngineActor', { type: 'After' });
  settle();
  const generation = statusOf(stage, 'SyncActor')?.generation ?? 0;
  const kept = String(system.view('EngineActor'));
  const passed = revived && generation === before + 1 && kept === 'After' && runs(stage, 'EngineActor');
  const name = 'an operator restarts what runs and what has ended; what is sent meanwhile waits';
  return [name, passed, `SyncActor: generation ${generation}; EngineActor's new generation handled ${kept}`];
}

function restForOne(stage: Stage): Shown {
  restartMs(stage, 'FamilyActor/Middle', 'service', 'supervision:rest-for-one');
  stage.settle();
  const generations = CHILDREN.map((child) => statusOf(stage, `FamilyActor/${child}`)?.generation);
  const passed = generations.join() === '1,2,2';
  return ['rest for one restarts those started after it', passed, `generations: ${generations.join(', ')}`];
}

function oneForAll(stage: Stage): Shown {
  const { system, tell, settle } = stage;
  const generations = () => new Map(system.tree().map(({ path, generation }) => [path, generation]));
  const before = generations();
  tell('StorageActor', { type: 'Fail', errorClass: 'service' }, 'supervision:one-for-all');
  tell('ChainActor', { type: 'SlotTick' }, 'supervision:one-for-all');
  stage.pump.runUntil(() => runs(stage, 'StorageActor'), 120_000);
  settle();
  const after = generations();
  const restarted = NAMES.filter((name) => after.get(name) !== before.get(name));
  const tick = system.trace('supervision:one-for-all').find(({ type }) => type === 'SlotTick')?.outcome;
  const passed = restarted.length === NAMES.length && tick === 'handled';
  const name = 'a failed store restarts the tree, and no message is lost';
  return [name, passed, `restarted: ${restarted.join(', ')}; the SlotTick sent meanwhile: ${tick ?? 'missing'}`];
}

function exceededAlone(stage: Stage): Shown {
  const { restarts } = actorPolicies.NetworkActor.supervision.limit;
  for (let failure = 0; failure <= restarts; failure++) {
    stage.tell('NetworkActor', { type: 'Fail', errorClass: 'network' }, 'supervision:exceeded');
  }
  const ended = statusOf(stage, 'NetworkActor')?.lifecycle ?? 'gone';
  const others = NAMES.filter((name) => name !== 'NetworkActor').every((name) => runs(stage, name));
  const passed = ended === 'Terminated' && others;
  return ['too many restarts end NetworkActor, and the node goes on without', passed, `NetworkActor: ${ended}`];
}

function escalated(stage: Stage, terminal: readonly TerminalFailure[]): Shown {
  const { restarts } = actorPolicies.EngineActor.supervision.limit;
  const storm = (): number => {
    let failures = 0;
    for (; failures <= restarts && statusOf(stage, 'SupervisorActor')?.lifecycle === 'Running'; failures++)
      stage.tell('EngineActor', { type: 'Fail', errorClass: 'network' }, 'supervision:escalation');
    return failures;
  };
  storm();
  const resting = statusOf(stage, 'SupervisorActor');
  stage.pump.runFor(30_000);
  const again = NAMES.every((name) => runs(stage, name));
  storm();
  const [end] = terminal;
  const passed = resting?.breaker === 'open' && again && end?.path === 'SupervisorActor';
  const name = 'too many restarts escalate: the tree rests and tries once more, then the root ends the node';
  const first = `the tree ${again ? 'ran' : 'did not run'} again after 30 s`;
  return [name, passed, `${first}; ${end === undefined ? 'it still runs' : `${end.path}: ${end.reason}`}`];
}

/** A tree of its own, because it ends. */
function stopDeadline(seed: number): Shown {
  const { stopDeadlineMs } = actorPolicies.SupervisorActor.supervision;
  const slow = { supervision: { ...actorPolicies.StorageActor.supervision, stopDeadlineMs } };
  const stage = run([full, { ...stuck, ...slow }, standIn('ChainActor')], {
    simulation: { seed },
    rootMore: { ...actorPolicies.SupervisorActor },
  });
  stage.system.suspend('FullActor');
  for (let n = 0; n < 2; n++) stage.tell('StuckActor', { type: 'Work' });
  const askedMs = stage.pump.nowMs;
  void stage.system.stop();
  stage.pump.runUntil(() => stage.states('SupervisorActor').at(-1) === 'Terminated', 60_000);
  const tookMs = stage.pump.nowMs - askedMs;
  const letters = stage.story().filter((line) => line.endsWith('StuckActor: Work deadLetter')).length;
  const passed = tookMs === stopDeadlineMs && letters === 1;
  const name = 'a stop cuts off at its one deadline, and says what was left';
  return [name, passed, `it took ${tookMs} ms; ${letters} dead letter`];
}

/** Every way in which a supervisor answers a failure, under the policies that the node ships with, in virtual time. */
export const supervision: Scenario = ({ seed }) => {
  const begun = performance.now();
  const terminal: TerminalFailure[] = [];
  const stage = run([...NAMES.map(standIn), family, lateStarter()], {
    ports: { engine: { build: () => answerAfter(500, 'template') } },
    simulation: { seed },
    rootMore: { ...actorPolicies.SupervisorActor },
    onTerminalFailure: (failure) => terminal.push(failure),
  });
  const parts = [
    failedInit,
    immediate,
    backoff,
    fixed,
    staleAnswer,
    circuit,
    cascading,
    terminated,
    operatorRestart,
    restForOne,
    oneForAll,
    exceededAlone,
  ];
  const shown = [...parts.map((part) => part(stage)), escalated(stage, terminal), stopDeadline(seed)];
  const changes = stage.changes();
  const illegal = changes.filter(
    ({ from, to }) => from !== null && !lifecycle.arrows.some((arrow) => arrow.from === from && arrow.to === to),
  );
  shown.push([
    'every change of state is an arrow of the declared lifecycle',
    illegal.length === 0,
    `${changes.length} changes`,
  ]);
  const checks: Check[] = shown.map(([name, passed, detail]) => ({ name, passed, detail: `${detail} (virtual time)` }));

  return Promise.resolve({
    scenario: 'supervision',
    passed: checks.every(({ passed }) => passed),
    durationMs: performance.now() - begun,
    messages: stage.recorded(),
    checks,
  });
};
