import type { AnyBehaviour } from './actor-kind.ts';
import { ActorKinds } from './actor-kinds.ts';
import { ActorCell, type CellHost } from './cell.ts';
import type { Core } from './core.ts';
import { adopt } from './family.ts';
import { Generations } from './generations.ts';
import { cancelPending } from './pending.ts';
import type { Transitions } from './transitions.ts';
import type { Verdicts } from './verdicts.ts';

/** The three ways in which an actor begins a life; its init runs as that life's first turn. */
export class Births {
  readonly #core: Core;
  readonly #host: CellHost;
  readonly #transitions: Transitions;
  readonly #verdicts: Verdicts;
  readonly #kinds: ActorKinds;
  readonly #generations: Generations;

  constructor(core: Core, host: CellHost, transitions: Transitions, verdicts: Verdicts) {
    this.#core = core;
    this.#host = host;
    this.#transitions = transitions;
    this.#verdicts = verdicts;
    this.#kinds = new ActorKinds(core.names, core.totals);
    this.#generations = new Generations(core.names);
  }

  /** Makes an actor. `seq` and `correlation` are the story that it is born of. */
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
    const kind = this.#kinds.of(behaviour, this.#core.seq);
    const cell = new ActorCell(this.#host, id, path, name, parent, kind, args, seq, correlation);
    cell.generation = this.#generations.next(id, this.#core.seq);
    if (parent !== undefined) adopt(this.#core, parent, cell);
    this.#core.cells[id] = cell;
    this.#transitions.begin(cell);
    this.#host.wake(cell);
    return cell;
  }

  /** A failed actor's next attempt; the siblings that share its failure live again with it. */
  retry(cell: ActorCell): void {
    cancelPending(cell);
    this.#verdicts.retried(cell);
    cell.restarts++;
    cell.generation = this.#generations.next(cell.id, this.#core.seq);
    this.#transitions.move(cell, 'RestartAttempt', null);
    this.#host.wake(cell);
    const group = cell.group ?? [];
    cell.group = undefined;
    for (const sibling of group) if (sibling.awaitsRebirth) this.again(sibling);
  }

  /** A new life after Terminated: the machine begins anew. */
  again(cell: ActorCell): void {
    cell.pendingStop = false;
    cell.restarts++;
    cell.generation = this.#generations.next(cell.id, this.#core.seq);
    cell.afterStop = 'end';
    this.#transitions.begin(cell);
    this.#host.wake(cell);
  }
}
