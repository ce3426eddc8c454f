import { LogicError } from '../primitives/errors.ts';
import type { ActorCell } from './cell.ts';
import type { Core } from './core.ts';
import { lifecycle, type LifecycleState } from './supervision.ts';

export type LifecycleEvent = (typeof lifecycle)['arrows'][number]['event'];

/** A step that the declared lifecycle doesn't have: a bug of the kernel, which ends the actor that it met. */
export class IllegalTransition extends LogicError {
  readonly cell: ActorCell;

  constructor(cell: ActorCell, event: LifecycleEvent) {
    super('ILLEGAL_TRANSITION', `${cell.path}: no ${event} in ${cell.lifecycle}`, { from: cell.lifecycle, event });
    this.cell = cell;
  }
}

/** Moves actors along the declared lifecycle, and writes each move down. */
export class Transitions {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** The machine begins, or begins anew after Terminated. */
  begin(cell: ActorCell): void {
    cell.lifecycle = lifecycle.initial;
    this.#record(cell, null, null);
  }

  /** @throws IllegalTransition when no arrow for `event` leaves the actor's state. */
  move(cell: ActorCell, event: LifecycleEvent, reason: string | null): void {
    const from = cell.lifecycle;
    if (!lifecycle.can(from, event)) throw new IllegalTransition(cell, event);
    cell.lifecycle = lifecycle.next(from, event);
    this.#record(cell, from, reason);
  }

  #record(cell: ActorCell, from: LifecycleState | null, reason: string | null): void {
    this.#core.lifecycle.push({
      seq: ++this.#core.seq,
      atMs: this.#core.clock.nowMs,
      path: cell.path,
      from,
      to: cell.lifecycle,
      generation: cell.generation,
      reason,
    });
  }
}
