import { actorPolicies } from '../../../node-core/config/supervision.ts';
import type { TerminalFailure } from '../../../node-core/kernel/failure.ts';
import { answerAfter } from '../../../node-core/kernel/pump/simulation.ts';
import { lifecycle } from '../../../node-core/kernel/supervision.ts';
import { AlysError, type ErrorClass } from '../../../node-core/primitives/errors.ts';
import { actor, run } from '../../support/actors.ts';
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

/** A stand-in under the real actor's name, mailbox and policy, that fails when it is told how. */
const standIn = (name: Name) =>
  actor<Ports>(
    name,
    (message, ctx) => {
      if (message.type === 'Fail')
        throw new AlysError(message['errorClass'] as ErrorClass, 'INJECTED', 'injected failure');
      if (message.type === 'BuildBlockRequest') {
        ctx.call('engine', 'build', [], { timeoutMs: 5_000, done: () => ({ type: 'BlockTemplate' }) });
      }
    },
    actorPolicies[name],
  );

/** How long a restart after `errorClass` takes in virtual ms, at most `withinMs`. */
function restartMs(
  { pump, tell, system }: ReturnType<typeof run>,
  path: Name,
  errorClass: ErrorClass,
  story: string,
): number {
  const running = (): boolean => system.tree().find((status) => status.path === path)?.lifecycle === 'Running';
  tell(path, { type: 'Fail', errorClass }, story);
  const failedMs = pump.nowMs;
  return pump.runUntil(running, 120_000) ? pump.nowMs - failedMs : Infinity;
}

/** Every way in which a supervisor answers a failure, under the policies that the node ships with, in virtual time. */
export const supervision: Scenario = ({ seed }) => {
  const begun = performance.now();
  const checks: Check[] = [];
  const check = (name: string, passed: boolean, detail: string): void => void checks.push({ name, passed, detail });
  const terminal: TerminalFailure[] = [];
  const stage = run(NAMES.map(standIn), {
    ports: { engine: { build: () => answerAfter(500, 'template') } },
    simulation: { seed },
    rootMore: { ...actorPolicies.SupervisorActor },
    onTerminalFailure: (failure) => terminal.push(failure),
  });
  const { pump, tell, system } = stage;
  const statusOf = (path: string) => system.tree().find((status) => status.path === path);
  const generations = (): Readonly<Record<string, number>> =>
    Object.fromEntries(system.tree().map(({ path, generation }) => [path, generation]));

  const immediate = restartMs(stage, 'NetworkActor', 'network', 'supervision:immediate');
  check('a network error restarts at once', immediate === 0, `NetworkActor ran again after ${immediate} ms`);

  const delays = [1, 2, 3].map(() => restartMs(stage, 'ChainActor', 'service', 'supervision:backoff'));
  const doubled = delays.every((delay, index) => delay >= 90 * 2 ** index && delay <= 100 * 2 ** index);
  check(
    'service errors back off exponentially with jitter',
    doubled,
    `ChainActor waited ${delays.map(Math.round).join(', ')} ms`,
  );

  tell('EngineActor', { type: 'BuildBlockRequest' }, 'supervision:stale');
  restartMs(stage, 'EngineActor', 'network', 'supervision:stale');
  pump.runFor(1_000);
  const stale = system.trace('supervision:stale').find(({ type }) => type === 'BlockTemplate')?.outcome;
  check(
    'an answer to an old generation is discarded',
    stale === 'staleGeneration',
    `BlockTemplate: ${stale ?? 'missing'}`,
  );

  const closed = [1, 2, 3, 4].map(() => restartMs(stage, 'StreamActor', 'network', 'supervision:circuit'));
  const open = restartMs(stage, 'StreamActor', 'network', 'supervision:circuit');
  for (let probe = 0; probe < 3; probe++) tell('StreamActor', { type: 'Heartbeat' }, 'supervision:circuit');
  const again = restartMs(stage, 'StreamActor', 'network', 'supervision:circuit');
  check(
    'the fifth failure opens the circuit for a minute, three probes close it',
    closed.every((delay) => delay === 0) && open === 60_000 && again === 0,
    `restarts after ${[...closed, open, again].join(', ')} ms`,
  );

  const before = generations();
  tell('SyncActor', { type: 'Fail', errorClass: 'logic' }, 'supervision:terminate');
  const others = NAMES.filter((name) => name !== 'SyncActor').every((name) => statusOf(name)?.lifecycle === 'Running');
  const ended = statusOf('SyncActor')?.lifecycle;
  check(
    'a logic error ends its actor, and the others go on',
    ended === 'Terminated' && others,
    `SyncActor: ${ended ?? 'gone'}`,
  );

  restartMs(stage, 'StorageActor', 'service', 'supervision:one-for-all');
  const restarted = NAMES.filter((name) => generations()[name] !== before[name]);
  check(
    'a failed store restarts the tree',
    restarted.length === NAMES.length - 1,
    `restarted: ${restarted.join(', ')}`,
  );

  const { restarts } = actorPolicies.EngineActor.supervision.limit;
  // Twice: the first time the whole tree rests and tries again.
  for (let failure = 0; failure < 2 * (restarts + 1) && terminal.length === 0; failure++) {
    restartMs(stage, 'EngineActor', 'network', 'supervision:escalation');
  }
  const [end] = terminal;
  const reason = end === undefined ? 'the tree still runs' : `${end.path}: ${end.reason}`;
  check('too many restarts escalate up to the root, which ends the node', end?.path === 'SupervisorActor', reason);

  const changes = stage.changes();
  const illegal = changes.filter(
    ({ from, to }) => from !== null && !lifecycle.arrows.some((arrow) => arrow.from === from && arrow.to === to),
  );
  check(
    'every change of state is an arrow of the declared lifecycle',
    illegal.length === 0,
    `${changes.length} changes`,
  );

  return Promise.resolve({
    scenario: 'supervision',
    passed: checks.every(({ passed }) => passed),
    durationMs: performance.now() - begun,
    messages: stage.recorded(),
    checks,
  });
};
