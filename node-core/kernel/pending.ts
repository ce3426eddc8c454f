import type { ActorCell } from './cell.ts';
import type { Core } from './core.ts';
import { Later } from './pump/later.ts';

/** Runs `step` after `delayMs`, instead of what the actor waited for before. */
export function schedulePending(core: Core, cell: ActorCell, delayMs: number, step: () => void): void {
  cancelPending(cell);
  const task = new Later(() => {
    cell.pendingTask = undefined;
    core.clock.readClock();
    step();
  });
  cell.pendingTask = task;
  core.pump.schedule(delayMs, task);
}

export function cancelPending(cell: ActorCell): void {
  if (cell.pendingTask === undefined) return;
  cell.pendingTask.cancelled = true;
  cell.pendingTask = undefined;
}
