import { AlysError, ServiceError, errorClassOf } from '../primitives/errors.ts';
import { ActorKind, type AnyBehaviour } from './actor-kind.ts';
import { ActorCell, type CellHost } from './cell.ts';
import type { Core } from './core.ts';
import type { Delivery } from './delivery.ts';
import type { PortDriver } from './port-driver.ts';
import { codeOf, sentenceOf, type TerminalFailure } from './failure.ts';
import { Later } from './pump/later.ts';
import { KIND } from './queue.ts';
import { closeBreaker, halfOpen, judge, noFailures } from './restart-policy.ts';
import { lifecycle } from './supervision.ts';
import { type ActorStarted, type ActorStopped, SYSTEM_MESSAGES } from './system-messages.ts';
import type { Waits } from './waits.ts';

type LifecycleEvent = (typeof lifecycle)['arrows'][number]['event'];

/**
 * Births, failures and ends of actors: the declared lifecycle is run here and nowhere else.
 * A failed actor's children end at once with it; its parent's policy has no say, its own has: strategy by class of error,
 * scope among its siblings, limit, and escalation, by which the parent fails in its turn with an error of class `cascading`.
 */
export class Life {
  readonly #core: Core;
  readonly #delivery: Delivery;
  readonly #waits: Waits;
  readonly #ports: PortDriver;
  readonly #host: CellHost;
  readonly #onTerminalFailure: (failure: TerminalFailure) => void;
  readonly #onEnded: (cell: ActorCell) => void;
  readonly #kinds = new WeakMap<AnyBehaviour, ActorKind>();

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
    this.#delivery = delivery;
    this.#waits = waits;
    this.#ports = ports;
    this.#host = host;
    this.#onTerminalFailure = onTerminalFailure;
    this.#onEnded = onEnded;
  }

  /** Makes an actor; its init runs as its first turn. `seq` and `correlation` are the story that it is born of. */
  spawn(
    parent: ActorCell | undefined,
    id: number,
    path: string,
    name: string,
    behaviour: AnyBehaviour,
    args: unknown,
    seq: number,
    correlation: number,
  ): ActorCell {
    const cell = new ActorCell(this.#host, id, path, name, parent, this.#kindOf(behaviour), args, seq, correlation);
    this.#core.cells[id] = cell;
    if (parent !== undefined) {
      // Set anew, so that the children stand in the order of their start.
      parent.children?.delete(name);
      (parent.children ??= new Map()).set(name, cell);
    }
    this.#record(cell, null, null);
    this.#host.wake(cell);
    return cell;
  }

  /** Its init has returned. */
  initialised(cell: ActorCell): void {
    this.#move(cell, 'SuccessfulInit', null);
    this.#tellParent(cell, { type: 'ActorStarted', path: cell.path, generation: cell.generation });
    if (cell.pendingStop) this.#shutDown(cell);
  }

  /** One more probe of a half-open circuit breaker was handled. */
  probed(cell: ActorCell): void {
    cell.probesLeft--;
    if (cell.probesLeft > 0 || cell.failures === undefined) return;
    closeBreaker(cell.failures);
    this.#core.log(cell.path, 'info', 'circuit breaker closed');
  }

  /** An error of the actor's own: in its handler, its init, or in what it made of a port's answer. */
  fail(cell: ActorCell, error: unknown): void {
    const { code, message, stack } = {
      code: codeOf(error),
      message: sentenceOf(error),
      stack: error instanceof Error ? (error.stack ?? '') : '',
    };
    cell.crashes++;
    cell.lastError = { atMs: this.#core.clock.nowMs, code, message, stack };
    cell.bornOf = this.#core.currentSeq;
    cell.bornIn = this.#core.currentStory;
    this.#core.log(cell.path, 'error', `${code}: ${message}`, { errorClass: errorClassOf(error), stack });
    const reason = `${code}: ${message}`;
    if (cell.lifecycle === 'Stopping') {
      this.#end(cell, 'GracefulShutdown', reason);
      return;
    }
    this.#move(cell, cell.lifecycle === 'Initializing' ? 'InitError' : 'ActorError', reason);
    if (cell.pendingStop) {
      this.#end(cell, 'MaxRetriesExceeded', reason);
      return;
    }
    this.#endGeneration(cell);
    const { supervision } = cell.behaviour;
    cell.failures ??= noFailures();
    const verdict = judge(supervision, cell.failures, errorClassOf(error), this.#core.clock.nowMs, () =>
      this.#core.environment.random(),
    );
    if (verdict.kind === 'restart') {
      const { state, failures } = cell.failures.breaker;
      if (state === 'open') {
        const text = `circuit breaker open for ${verdict.delayMs} ms`;
        this.#core.log(cell.path, 'warn', text, { failures, delayMs: verdict.delayMs });
      }
      this.#restartAfter(cell, verdict.delayMs, verdict.probes);
      return;
    }
    this.#end(cell, 'MaxRetriesExceeded', reason);
    if (cell.parent === undefined) {
      this.#onTerminalFailure({ path: cell.path, reason, error });
    } else if (verdict.kind === 'exceeded' && supervision.exceeded === 'escalate') {
      this.#escalate(cell.parent, cell, error);
    }
  }

  /** A graceful stop: children first, the last started first; then what the mailbox holds; then the end. */
  stop(cell: ActorCell): void {
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

  /**
   * An operator's restart: a graceful stop, then a new generation, whose failures are counted anew.
   * @throws ServiceError when the actor or its parent is about to end: a stop that was asked for holds.
   */
  restart(cell: ActorCell): void {
    const ends = cell.afterStop === 'end' && (cell.pendingStop || cell.stopping);
    if (ends || !this.#mayLive(cell)) {
      throw new ServiceError('ACTOR_STOPS', `${cell.path} stops: it can't be restarted`, { path: cell.path });
    }
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
        this.#forgive(cell);
        this.#attempt(cell);
        return;
      case 'Terminated':
        this.#forgive(cell);
        this.#reborn(cell);
        return;
      case 'Stopping':
      case 'Failed':
        return;
    }
  }

  /** Whether a stopping actor has nothing left to do. */
  isDrained(cell: ActorCell): boolean {
    return cell.stopping && cell.waiting === 0 && cell.controlWaiting === 0 && cell.nextToStop() === undefined;
  }

  /** The drained actor's last words have been said. */
  stopped(cell: ActorCell): void {
    this.#end(cell, 'GracefulShutdown', null);
  }

  #kindOf(behaviour: AnyBehaviour): ActorKind {
    const known = this.#kinds.get(behaviour);
    if (known !== undefined) return known;
    const { names, seq } = this.#core;
    const types = [...SYSTEM_MESSAGES, ...((behaviour.control ?? []) as readonly string[])];
    const kind = new ActorKind(
      behaviour,
      types.map((type) => names.pinnedTypeId(type, seq)),
    );
    this.#kinds.set(behaviour, kind);
    return kind;
  }

  #escalate(parent: ActorCell, child: ActorCell, error: unknown): void {
    // A parent that already stops, or failed because of another child, ends or restarts all its children anyway.
    if (parent.lifecycle !== 'Running' && parent.lifecycle !== 'Initializing') return;
    this.fail(
      parent,
      new AlysError(
        'cascading',
        'ESCALATED',
        `${child.path} failed too often: ${sentenceOf(error)}`,
        { child: child.path, code: codeOf(error) },
        { cause: error },
      ),
    );
  }

  #restartAfter(cell: ActorCell, delayMs: number, probes: number): void {
    this.#move(cell, 'RestartStrategy', null);
    cell.probesLeft = probes;
    cell.group = this.#sharers(cell);
    for (const sibling of cell.group) {
      this.#move(sibling, 'ShutdownSignal', `restarts together with ${cell.path}`);
      this.#endGeneration(sibling);
      this.#move(sibling, 'GracefulShutdown', null);
      sibling.awaitRebirth();
    }
    if (delayMs === 0) this.#attempt(cell);
    else this.#pending(cell, delayMs, () => this.#attempt(cell));
  }

  /** The running siblings that share a failure. */
  #sharers(cell: ActorCell): readonly ActorCell[] {
    const { scope } = cell.behaviour.supervision;
    if (scope === 'oneForOne' || cell.parent === undefined) return [];
    const siblings = [...(cell.parent.children?.values() ?? [])];
    const from = scope === 'restForOne' ? siblings.indexOf(cell) + 1 : 0;
    return siblings.slice(from).filter((sibling) => sibling !== cell && sibling.lifecycle === 'Running');
  }

  #attempt(cell: ActorCell): void {
    this.#cancelPending(cell);
    if (cell.failures !== undefined && halfOpen(cell.failures)) {
      const { probesLeft: probes } = cell;
      this.#core.log(cell.path, 'info', `circuit breaker half-open: ${probes} messages have to be handled`, { probes });
    }
    cell.restarts++;
    cell.generation++;
    this.#move(cell, 'RestartAttempt', null);
    this.#host.wake(cell);
    const group = cell.group ?? [];
    cell.group = undefined;
    for (const sibling of group) if (sibling.awaitsRebirth) this.#reborn(sibling);
  }

  #mayLive(cell: ActorCell): boolean {
    return cell.parent === undefined || cell.parent.lifecycle === 'Running';
  }

  /** An operator's restart begins a new count; one that shares a sibling's failure keeps its own (INV-26). */
  #forgive(cell: ActorCell): void {
    cell.failures = undefined;
    cell.probesLeft = 0;
  }

  /** A new life after Terminated: the machine begins anew. */
  #reborn(cell: ActorCell): void {
    cell.pendingStop = false;
    cell.restarts++;
    cell.generation++;
    cell.afterStop = 'end';
    cell.lifecycle = lifecycle.initial;
    this.#record(cell, null, null);
    this.#host.wake(cell);
  }

  #shutDown(cell: ActorCell): void {
    cell.pendingStop = false;
    cell.suspended = false;
    this.#move(cell, 'ShutdownSignal', null);
    this.#waits.endTimers(cell);
    this.#ports.closeSources(cell);
    cell.stopQueue = cell.livingChildren;
    this.#stopNextChild(cell);
  }

  #stopNextChild(cell: ActorCell): void {
    const next = cell.nextToStop();
    if (next !== undefined) {
      this.stop(next);
      return;
    }
    this.#pending(cell, cell.behaviour.supervision.stopDeadlineMs, () => {
      this.#core.clock.readClock();
      this.#core.log(cell.path, 'warn', 'stopped at its deadline', { waiting: cell.waiting });
      this.#end(cell, 'GracefulShutdown', 'the deadline of the stop passed');
    });
    this.#host.wake(cell);
  }

  /** What a generation leaves behind ends with it: timers, asks, calls, sources, reserved places, children. */
  #endGeneration(cell: ActorCell): void {
    this.#waits.endGeneration(cell);
    this.#ports.endGeneration(cell);
    cell.state = undefined;
    for (const child of cell.livingChildren.reverse()) this.#endAtOnce(child);
    // After the children: the end of the last one begins the deadline of a parent that stops.
    this.#cancelPending(cell);
    cell.reserved = 0;
    this.#delivery.roomCame(cell);
  }

  #endAtOnce(cell: ActorCell): void {
    switch (cell.lifecycle) {
      case 'Running':
        this.#move(cell, 'ShutdownSignal', 'its parent ended');
        break;
      case 'Initializing':
        this.#move(cell, 'InitError', 'its parent ended');
        break;
      case 'Terminated':
        this.#rebirthCancelled(cell, 'its parent ended');
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
    this.#end(cell, event, 'its parent ended');
  }

  #end(cell: ActorCell, event: LifecycleEvent, reason: string | null): void {
    this.#endGeneration(cell);
    this.#move(cell, event, reason);
    if (cell.afterStop === 'restart' && this.#mayLive(cell)) {
      this.#forgive(cell);
      this.#reborn(cell);
      return;
    }
    this.#over(cell, reason);
  }

  /** What shared the failure of a sibling will not live again after all. */
  #rebirthCancelled(cell: ActorCell, reason: string): void {
    if (!cell.awaitsRebirth) return;
    cell.awaitsRebirth = false;
    cell.alive = false;
    this.#over(cell, reason);
  }

  #over(cell: ActorCell, reason: string | null): void {
    const { parent, group } = cell;
    cell.group = undefined;
    for (const sibling of group ?? []) {
      if (!sibling.awaitsRebirth) continue;
      if (this.#mayLive(sibling)) this.#reborn(sibling);
      else this.#rebirthCancelled(sibling, 'its parent ended');
    }
    this.#leave(cell);
    this.#tellParent(cell, { type: 'ActorStopped', path: cell.path, generation: cell.generation, reason });
    if (parent?.lifecycle === 'Stopping') this.#stopNextChild(parent);
    this.#onEnded(cell);
  }

  #tellParent(cell: ActorCell, message: ActorStarted | ActorStopped): void {
    const { parent } = cell;
    if (parent === undefined || !parent.receives || parent.behaviour.observes?.includes(message.type) !== true) return;
    const core = this.#core;
    const envelope = core.envelope(message, cell.id, parent.id, core.currentStory, core.currentSeq, KIND.told, 0, 0);
    this.#delivery.deliverFromOutside(parent, envelope);
  }

  /** What waited for an ended actor learns that it has ended. */
  #leave(cell: ActorCell): void {
    this.#delivery.clear(cell);
    this.#waits.terminated(cell);
    this.#forget(cell);
  }

  /** An actor that ended by itself leaves the tree; one that failed stays in sight, the oldest making room. */
  #forget(cell: ActorCell): void {
    const { parent } = cell;
    if (parent?.children === undefined) return;
    if (cell.crashes === 0) {
      this.#remove(parent, cell);
      return;
    }
    const ended = [...parent.children.values()].filter((child) => !child.alive);
    const oldest = ended[0];
    if (oldest !== undefined && ended.length > this.#core.limits.endedChildren) this.#remove(parent, oldest);
  }

  #remove(parent: ActorCell, cell: ActorCell): void {
    parent.children?.delete(cell.name);
    this.#core.cells[cell.id] = undefined;
  }

  #pending(cell: ActorCell, delayMs: number, run: () => void): void {
    this.#cancelPending(cell);
    cell.pendingTask = new Later(() => {
      cell.pendingTask = undefined;
      this.#core.clock.readClock();
      run();
    });
    this.#core.pump.schedule(delayMs, cell.pendingTask);
  }

  #cancelPending(cell: ActorCell): void {
    if (cell.pendingTask === undefined) return;
    cell.pendingTask.cancelled = true;
    cell.pendingTask = undefined;
  }

  #move(cell: ActorCell, event: LifecycleEvent, reason: string | null): void {
    const from = cell.lifecycle;
    cell.lifecycle = lifecycle.next(from, event);
    this.#record(cell, from, reason);
  }

  #record(cell: ActorCell, from: ActorCell['lifecycle'] | null, reason: string | null): void {
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
