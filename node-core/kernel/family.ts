import type { ActorCell } from './cell.ts';
import type { Core } from './core.ts';
import type { Delivery } from './delivery.ts';
import { KIND } from './queue.ts';
import type { ActorStarted, ActorStopped } from './system-messages.ts';

/** Puts a child behind its siblings, so that they stand in the order of their start; one that ended under its name leaves. */
export function adopt(core: Core, parent: ActorCell, child: ActorCell): void {
  const before = parent.children?.get(child.name);
  if (before !== undefined) remove(core, before);
  (parent.children ??= new Map()).set(child.name, child);
}

/** Whether an actor may begin a life: a parent that ends or restarts takes its children with it. */
export const mayLive = (cell: ActorCell): boolean => cell.parent === undefined || cell.parent.lifecycle === 'Running';

/** The running siblings that share an actor's failure. */
export function sharersOf(cell: ActorCell): readonly ActorCell[] {
  const { scope } = cell.behaviour.supervision;
  if (scope === 'oneForOne' || cell.parent === undefined) return [];
  const siblings = [...(cell.parent.children?.values() ?? [])];
  const from = scope === 'restForOne' ? siblings.indexOf(cell) + 1 : 0;
  return siblings.slice(from).filter((sibling) => sibling !== cell && sibling.lifecycle === 'Running');
}

/** An actor that ended by itself leaves the tree; one that failed stays in sight, the oldest making room. */
export function forget(core: Core, cell: ActorCell): void {
  const { parent } = cell;
  if (parent?.children === undefined) return;
  if (cell.crashes === 0) {
    remove(core, cell);
    return;
  }
  const ended = [...parent.children.values()].filter((child) => !child.alive);
  const oldest = ended[0];
  if (oldest !== undefined && ended.length > core.limits.endedChildren) remove(core, oldest);
}

/** It leaves the tree with those that ended below it; what they did stays in the totals. */
function remove(core: Core, cell: ActorCell): void {
  for (const child of cell.children?.values() ?? []) remove(core, child);
  cell.parent?.children?.delete(cell.name);
  // What it has handled is still its own.
  core.clock.closeSlice();
  cell.kind.departed.add(cell);
  // Its id may be another's by now: only that of a living actor is kept.
  if (core.cells[cell.id] === cell) core.cells[cell.id] = undefined;
}

/** Tells a parent that observes it of a child's start or end. */
export function tellParent(
  core: Core,
  delivery: Delivery,
  cell: ActorCell,
  message: ActorStarted | ActorStopped,
): void {
  const { parent } = cell;
  if (parent === undefined || !parent.receives || parent.behaviour.observes?.includes(message.type) !== true) return;
  const { currentStory, currentSeq } = core;
  const envelope = core.envelope(message, cell.id, parent.id, currentStory, currentSeq, KIND.told, 0, 0);
  delivery.deliverFromOutside(parent, envelope);
}
