import { ServiceError } from '../../../../node-core/primitives/errors.ts';
import type { WorldNode } from '../node/node.ts';
import type { FaultPlan } from './plan.ts';

const EFFECT_DEATH_SHARE = 1 / 1200;
const ACTOR_CRASH_SHARE = 1 / 25_000;
const MAX_ACTOR_CRASHES = 12;
const RESTART_MS = 20_000;
const SKEW_MS = 400;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Effects that say something to the world which can't be taken back. */
const VISIBLE = new Set([
  'broadcast',
  'requestSignatures',
  'requestApproval',
  'publishBlock',
  'publishVote',
  'signBlock',
  'signVote',
]);

/** What happens to nodes: power, disks, clocks, execution clients and actors that crash. */
export function planNodeFaults(plan: FaultPlan): void {
  const { world, durationMs } = plan;
  const die = (node: WorldNode): void => {
    if (!node.alive) return;
    node.kill();
    world.pump.after(1000 + world.below(RESTART_MS), () => startAgain(node));
  };
  const startAgain = (node: WorldNode): void => {
    if (!node.alive) node.start();
  };
  const anyNode = (): WorldNode => world.pick(world.nodes);
  if (plan.has('crashes'))
    world.sometime(5, durationMs, () => {
      plan.injected('crashes');
      die(anyNode());
    });
  if (plan.has('crashesAtEffects'))
    world.hooks.atEffect = (index, port, method, when) => {
      if (plan.healed || world.random() >= EFFECT_DEATH_SHARE) return false;
      plan.injected('crashesAtEffects');
      if (VISIBLE.has(method) || port === 'store')
        plan.count(when === 'before' ? 'crashBeforeEffect' : 'crashAfterEffect');
      if (VISIBLE.has(method) && when === 'before') plan.count('crashBetweenIntentAndEffect');
      die(world.nodes[index] as WorldNode);
      return true;
    };
  if (plan.has('actorCrashes')) planActorCrashes(plan);
  if (plan.has('failedSyncs'))
    world.sometime(2, durationMs, () => {
      const node = anyNode();
      node.disk.failNextSync = true;
      plan.injected('failedSyncs');
      world.pump.after(RESTART_MS, () => startAgain(node));
    });
  if (plan.has('slowDisks'))
    for (const { disk } of world.nodes) plan.windows(1, (begins) => (disk.slow = begins), 'slowDisks');
  if (plan.has('restoredBackups')) planBackups(plan, anyNode(), startAgain);
  planClocks(plan);
  planClients(plan);
  plan.onHeal(() => {
    for (const node of world.nodes) {
      node.clockAheadMs = 0;
      node.disk.slow = false;
      node.disk.failNextSync = false;
      // An actor that failed too often has ended: its operator starts the node again.
      if (plan.has('actorCrashes')) node.kill();
      startAgain(node);
    }
  });
}

function planActorCrashes(plan: FaultPlan): void {
  let left = MAX_ACTOR_CRASHES;
  plan.world.hooks.actorCrash = ({ path }) => {
    if (plan.healed || left === 0 || path === 'SupervisorActor' || plan.world.random() >= ACTOR_CRASH_SHARE)
      return undefined;
    left--;
    plan.injected('actorCrashes');
    plan.count(path.includes('/') ? 'operationActorCrash' : 'actorCrash');
    return new ServiceError('INJECTED', 'a crash at an effect');
  };
}

function planBackups(plan: FaultPlan, node: WorldNode, startAgain: (node: WorldNode) => void): void {
  const { world, durationMs } = plan;
  const madeAtMs = world.below(durationMs * 0.5);
  world.pump.after(madeAtMs, () => {
    const backup = node.disk.backup();
    world.pump.after(world.below(durationMs * 0.4), () => {
      node.restore(backup);
      plan.injected('restoredBackups');
      world.pump.after(world.below(RESTART_MS), () => startAgain(node));
    });
  });
}

function planClocks(plan: FaultPlan): void {
  const { world, durationMs } = plan;
  if (plan.has('clockSkew'))
    for (const node of world.nodes) {
      node.clockAheadMs = world.below(2 * SKEW_MS) - SKEW_MS;
      plan.injected('clockSkew');
    }
  if (!plan.has('clockSteps')) return;
  const node = world.pick(world.nodes);
  world.sometime(2, durationMs, () => {
    if (plan.healed) return;
    const stepMs = Math.round(1000 * (DAY_MS / 1000) ** world.random());
    node.clockAheadMs += world.random() < 0.5 ? stepMs : -stepMs;
    plan.injected('clockSteps');
    plan.count('clockStep');
  });
}

function planClients(plan: FaultPlan): void {
  const { world, durationMs } = plan;
  for (const { client } of world.nodes) {
    if (plan.has('clientsAway')) plan.windows(1, (begins) => (client.away = begins), 'clientsAway');
    plan.onHeal(() => Object.assign(client, { away: false, timeouts: 0, wrongRoots: 0 }));
  }
  const some = (times: number, act: (node: WorldNode) => void): void =>
    world.sometime(times, durationMs, () => {
      if (!plan.healed) act(world.pick(world.nodes));
    });
  if (plan.has('clientTimeouts'))
    some(5, ({ client }) => {
      client.timeouts++;
      plan.injected('clientTimeouts');
    });
  if (plan.has('wrongRoots'))
    some(2, ({ client }) => {
      client.wrongRoots++;
      plan.injected('wrongRoots');
    });
  if (plan.has('forgettingClients'))
    some(3, (node) => {
      const height = node.chain?.finalized.height ?? 0;
      node.client.forget(world.random() < 0.3 ? 0 : Math.max(0, height - world.below(10)));
      plan.injected('forgettingClients');
      plan.count('clientForgot');
    });
}
