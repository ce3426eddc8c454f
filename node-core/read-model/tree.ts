import type { ActorStatus } from '../kernel/record.ts';
import type { RateMeter } from './rates.ts';
import type { ActorRow, BlastRadius } from './shapes.ts';

export function actorRows(tree: readonly ActorStatus[], meter: RateMeter, nowMs: number): readonly ActorRow[] {
  meter.keep(new Set(tree.map(({ path }) => path)));
  return tree.map((actor) => ({
    ...actor,
    messagesPerSecond: Math.round(meter.sample(actor.path, actor.handled, nowMs) * 10) / 10,
  }));
}

/** What stands still while an actor is away. */
const MEANWHILE: Readonly<Record<string, string>> = {
  SupervisorActor: 'The whole node stops: no block, no vote, no peg step.',
  ChainActor: 'This authority misses its slots and votes; finality waits for the others.',
  EngineActor: 'No block is built or executed and wallets get no answer.',
  BridgeActor: 'Every peg operation waits; deposits and burns stay on record.',
  StreamActor: 'Approvals and signatures wait; a halt by governance would not arrive.',
  NetworkActor: 'This node neither sends nor receives blocks and votes.',
  SyncActor: 'A node that is behind does not catch up.',
  StorageActor: 'Nothing becomes durable, so nothing is signed or shown as done.',
};

/** What an operator's restart, suspension or stop of `path` touches. */
export function blastRadius(path: string, tree: readonly ActorStatus[]): BlastRadius {
  const reached = tree.filter((actor) => actor.path === path || isDescendant(actor.path, path, tree));
  const actor = tree.find((candidate) => candidate.path === path);
  return {
    children: reached.filter((candidate) => candidate.path !== path).map((candidate) => candidate.path),
    waitingMessages: reached.reduce((sum, { mailbox }) => sum + mailbox.depth, 0),
    meanwhile:
      MEANWHILE[actor?.behaviour ?? ''] ??
      'This one operation waits and goes on from its durable state; no other is touched.',
  };
}

function isDescendant(path: string, ancestor: string, tree: readonly ActorStatus[]): boolean {
  const parents = new Map(tree.map((actor) => [actor.path, actor.parent]));
  let parent = parents.get(path) ?? null;
  for (let depth = 0; parent !== null && depth < tree.length; depth++) {
    if (parent === ancestor) return true;
    parent = parents.get(parent) ?? null;
  }
  return false;
}
