import { CascadingError, ServiceError } from '../primitives/errors.ts';
import { Births } from './births.ts';
import type { ActorCell, CellHost } from './cell.ts';
import type { Core } from './core.ts';
import type { Delivery } from './delivery.ts';
import type { PortDriver } from './port-driver.ts';
import { forget, mayLive, sharersOf, tellParent } from './family.ts';
import { codeOf, noteFailure, sentenceOf, type TerminalFailure } from './failure.ts';
import { cancelPending, schedulePending } from './pending.ts';
import { IllegalTransition, type LifecycleEvent, Transitions } from './transitions.ts';
import { Verdicts, forgive } from './verdicts.ts';
import type { Waits } from './waits.ts';

/**
 * Failures and ends of actors, and when they live again: the declared lifecycle is run here and nowhere else.
 * A failed actor's children end at once with it; its parent's policy has no say, its own has: strategy by class of error,
 * scope among its siblings, limit, and escalation, by which the parent fails in its turn with an error of class `cascading`.
 */
export class Life {
  readonly births: Births;
  readonly #core: Core;
  readonly #delivery: Delivery;
  readonly #waits: Waits;
  readonly #ports: PortDriver;
  readonly #host: CellHost;
  readonly #transitions: Transitions;
  readonly #verdicts: Verdicts;
  readonly #onTerminalFailure: (failure: TerminalFailure) => void;
  readonly #onEnded: (cell: ActorCell) => void;

  constructor(
    core: Core,
    delivery: Delivery,
    waits: Waits,
    ports: PortDriver,
    host: CellHost,
    onTerminalFailure: (failure: TerminalFailure) => void,
    onEnded: (cell: ActorCell) => void,
  ) {
    this.#core = core;
    this.#transitions = new Transitions(core);
    this.#verdicts = new Verdicts(core);
    this.births = new Births(core, host, this.#transitions, this.#verdicts);
    this.#delivery = delivery;
    this.#waits = waits;
    this.#ports = ports;
    this.#host = host;
    this.#onTerminalFailure = onTerminalFailure;
    this.#onEnded = onEnded;
  }

  /** Its init has returned. */
  initialised(cell: ActorCell): void {
    this.#legally(() => {
      this.#transitions.move(cell, 'SuccessfulInit', null);
      tellParent(this.#core, this.#delivery, cell, {
        type: 'ActorStarted',
        path: cell.path,
        generation: cell.generation,
      });
      if (cell.pendingStop) this.#shutDown(cell);
    });
  }

  /** One more probe of a half-open circuit breaker was handled. */
  probed(cell: ActorCell): void {
    this.#verdicts.probed(cell);
  }

  /** An error of the actor's own: in its handler, its init, or in what it made of a port's answer. */
  fail(cell: ActorCell, error: unknown): void {
    const reason = noteFailure(this.#core, cell, error);
    this.#legally(() => {
      this.#failed(cell, error, reason);
    });
  }

  /** A graceful stop: children first, the last started first; then what the mailbox holds; then the end. */
  stop(cell: ActorCell): void {
    this.#legally(() => {
      this.#stop(cell);
    });
  }

  /**
   * An operator's restart: a graceful stop, then a new generation, whose failures are counted anew.
   * @throws ServiceError when the actor or its parent is about to end: a stop that was asked for holds.
   */
  restart(cell: ActorCell): void {
    const ends = cell.afterStop === 'end' && (cell.pendingStop || cell.stopping);
    if (ends || !mayLive(cell)) {
      throw new ServiceError('ACTOR_STOPS', `${cell.path} stops: it can't be restarted`, { path: cell.path });
    }
    this.#legally(() => {
      this.#restart(cell);
    });
  }

  /** Whether a stopping actor has nothing left to do. */
  isDrained(cell: ActorCell): boolean {
    if (!cell.stopping || cell.controlWaiting > 0 || cell.nextToStop() !== undefined) return false;
    // What came after the wish to restart may wait for the next generation.
    return cell.waiting === 0 || (cell.afterStop === 'restart' && cell.leftToDrain <= 0);
  }

  /** The drained actor's last words have been said. */
  stopped(cell: ActorCell): void {
    this.#legally(() => {
      this.#end(cell, 'GracefulShutdown', null);
    });
  }

  /** Runs a step of lives. An arrow that the lifecycle lacks is a bug: it ends the actor that met it, and is passed up. */
  #legally(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof IllegalTransition)) throw error;
      const { cell } = error;
      const reason = noteFailure(this.#core, cell, error);
      this.#endAtOnce(cell, reason);
      this.#passUp(cell, reason, error);
    }
  }

  #failed(cell: ActorCell, error: unknown, reason: string): void {
    if (cell.lifecycle === 'Stopping') {
      this.#end(cell, 'GracefulShutdown', reason);
      return;
    }
    this.#transitions.move(cell, cell.lifecycle === 'Initializing' ? 'InitError' : 'ActorError', reason);
    if (cell.pendingStop) {
      this.#end(cell, 'MaxRetriesExceeded', reason);
      return;
    }
    this.#endGeneration(cell);
    const { supervision } = cell.behaviour;
    const verdict = this.#verdicts.on(cell, error);
    if (verdict.kind === 'restart') {
      this.#restartAfter(cell, verdict.delayMs);
      return;
    }
    this.#end(cell, 'MaxRetriesExceeded', reason);
    const escalates = verdict.kind === 'exceeded' && supervision.exceeded === 'escalate';
    if (escalates || cell.parent === undefined) this.#passUp(cell, reason, error);
  }

  /** A failure that is the parent's now; the root's is the end of the system. */
  #passUp(cell: ActorCell, reason: string, error: unknown): void {
    if (cell.parent === undefined) this.#onTerminalFailure({ path: cell.path, reason, error });
    else this.#escalate(cell.parent, cell, error);
  }

  #stop(cell: ActorCell): void {
    cell.afterStop = 'end';
    switch (cell.lifecycle) {
      case 'Initializing':
        cell.pendingStop = true;
        return;
      case 'Running':
        this.#shutDown(cell);
        return;
      case 'Restarting':
        this.#end(cell, 'RestartFailed', 'stopped while it waited for its restart');
        return;
      case 'Terminated':
        this.#rebirthCancelled(cell, 'stopped while it waited for its restart');
        return;
      case 'Stopping':
      case 'Failed':
        return;
    }
  }

  #restart(cell: ActorCell): void {
    switch (cell.lifecycle) {
      case 'Initializing':
        cell.afterStop = 'restart';
        cell.pendingStop = true;
        return;
      case 'Running':
        cell.afterStop = 'restart';
        this.#shutDown(cell);
        return;
      case 'Restarting':
        forgive(cell);
        this.births.retry(cell);
        return;
      case 'Terminated':
        forgive(cell);
        this.births.again(cell);
        return;
      case 'Stopping':
      case 'Failed':
        return;
    }
  }

  #escalate(parent: ActorCell, child: ActorCell, error: unknown): void {
    // A parent that already stops, or failed because of another child, ends or restarts all its children anyway.
    if (parent.lifecycle !== 'Running' && parent.lifecycle !== 'Initializing') return;
    this.fail(
      parent,
      new CascadingError(
        'ESCALATED',
        `${child.path} failed too often: ${sentenceOf(error)}`,
        { child: child.path, code: codeOf(error) },
        { cause: error },
      ),
    );
  }

  #restartAfter(cell: ActorCell, delayMs: number): void {
    this.#transitions.move(cell, 'RestartStrategy', null);
    cell.group = sharersOf(cell);
    for (const sibling of cell.group) {
      this.#transitions.move(sibling, 'ShutdownSignal', `restarts together with ${cell.path}`);
      this.#endGeneration(sibling);
      this.#transitions.move(sibling, 'GracefulShutdown', null);
      sibling.awaitRebirth();
    }
    if (delayMs === 0) this.births.retry(cell);
    else this.#later(cell, delayMs, () => this.births.retry(cell));
  }

  #shutDown(cell: ActorCell): void {
    cell.pendingStop = false;
    cell.suspended = false;
    this.#transitions.move(cell, 'ShutdownSignal', null);
    this.#waits.endTimers(cell);
    this.#ports.closeSources(cell);
    cell.stopQueue = cell.livingChildren;
    cell.leftToDrain = cell.waiting;
    // For the whole of it: at the parent's deadline its children end too, however much of theirs is left.
    this.#later(cell, cell.behaviour.supervision.stopDeadlineMs, () => {
      const children = cell.livingChildren.map(({ path }) => path);
      this.#core.log(cell.path, 'warn', 'stopped at its deadline', { waiting: cell.waiting, children });
      this.#end(cell, 'GracefulShutdown', 'the deadline of the stop passed');
    });
    this.#stopNextChild(cell);
  }

  #stopNextChild(cell: ActorCell): void {
    const next = cell.nextToStop();
    if (next === undefined) this.#host.wake(cell);
    else this.#stop(next);
  }

  /** What a generation leaves behind ends with it: timers, asks, calls, sources, reserved places, children. */
  #endGeneration(cell: ActorCell): void {
    this.#waits.endGeneration(cell);
    this.#ports.endGeneration(cell);
    cancelPending(cell);
    cell.state = undefined;
    cell.stopQueue = [];
    for (const child of cell.livingChildren.reverse()) {
      this.#legally(() => {
        this.#endAtOnce(child, 'its parent ended');
      });
    }
    cell.reserved = 0;
    this.#delivery.roomCame(cell);
  }

  /** Along the arrows that lead from its state to the end. */
  #endAtOnce(cell: ActorCell, reason: string): void {
    switch (cell.lifecycle) {
      case 'Running':
        this.#transitions.move(cell, 'ShutdownSignal', reason);
        break;
      case 'Initializing':
        this.#transitions.move(cell, 'InitError', reason);
        break;
      case 'Terminated':
        this.#rebirthCancelled(cell, reason);
        return;
      default:
        break;
    }
    cell.afterStop = 'end';
    const event =
      cell.lifecycle === 'Stopping'
        ? 'GracefulShutdown'
        : cell.lifecycle === 'Restarting'
          ? 'RestartFailed'
          : 'MaxRetriesExceeded';
    this.#end(cell, event, reason);
  }

  #end(cell: ActorCell, event: LifecycleEvent, reason: string | null): void {
    this.#endGeneration(cell);
    this.#transitions.move(cell, event, reason);
    if (cell.afterStop === 'restart' && mayLive(cell)) {
      forgive(cell);
      this.births.again(cell);
      return;
    }
    this.#over(cell, reason);
  }

  /** What shared the failure of a sibling will not live again after all. */
  #rebirthCancelled(cell: ActorCell, reason: string): void {
    if (!cell.awaitsRebirth) return;
    cell.cancelRebirth();
    this.#over(cell, reason);
  }

  #over(cell: ActorCell, reason: string | null): void {
    const { parent, group } = cell;
    cell.group = undefined;
    for (const sibling of group ?? []) {
      if (!sibling.awaitsRebirth) continue;
      if (mayLive(sibling)) this.births.again(sibling);
      else this.#rebirthCancelled(sibling, 'its parent ended');
    }
    this.#leave(cell);
    tellParent(this.#core, this.#delivery, cell, {
      type: 'ActorStopped',
      path: cell.path,
      generation: cell.generation,
      reason,
    });
    if (parent?.lifecycle === 'Stopping') this.#stopNextChild(parent);
    this.#onEnded(cell);
  }

  /** What waited for an ended actor learns that it has ended. */
  #leave(cell: ActorCell): void {
    this.#delivery.clear(cell);
    this.#waits.terminated(cell);
    forget(this.#core, cell);
  }

  /** The one thing that an actor waits for outside its handlers: its restart, or the end of its stop. */
  #later(cell: ActorCell, delayMs: number, step: () => void): void {
    schedulePending(this.#core, cell, delayMs, () => {
      this.#legally(step);
    });
  }
}
