import type { ActorCell } from './cell.ts';
import type { Core } from './core.ts';
import type { Delivery } from './delivery.ts';
import type { Message } from './envelope.ts';
import { Task } from './pump/pump.ts';
import { KIND, type Kind, OUTCOME, type QueuedEnvelope } from './queue.ts';

/** A message to self at a later time, in a place reserved for it: a timer, or what an ask becomes without its answer. */
class LaterMessage extends Task {
  readonly #waits: Waits;
  readonly #cell: ActorCell;
  readonly #message: Message;
  readonly #kind: Kind;
  readonly #correlation: number;
  readonly #cause: number;
  readonly #forget: () => void;

  constructor(
    waits: Waits,
    cell: ActorCell,
    message: Message,
    kind: Kind,
    correlation: number,
    cause: number,
    forget: () => void,
  ) {
    super();
    this.#waits = waits;
    this.#cell = cell;
    this.#message = message;
    this.#kind = kind;
    this.#correlation = correlation;
    this.#cause = cause;
    this.#forget = forget;
  }

  fire(): void {
    this.#forget();
    this.#waits.arrive(this.#cell, this.#message, this.#kind, this.#cell.id, this.#correlation, this.#cause);
  }
}

/** Timers, asks and watches of actors: what comes later, into a reserved place, and dies with its generation. */
export class Waits {
  readonly #core: Core;
  readonly #delivery: Delivery;

  constructor(core: Core, delivery: Delivery) {
    this.#core = core;
    this.#delivery = delivery;
  }

  /** Puts a message for the present generation into its reserved place. `sender` is the id of a path. */
  arrive(cell: ActorCell, message: Message, kind: Kind, sender: number, correlation: number, cause: number): void {
    this.#core.clock.readClock();
    const core = this.#core;
    const story = core.names.livingStory(correlation, cause, core.seq);
    this.#delivery.deliverReserved(
      cell,
      core.envelope(message, sender, cell.id, story, cause, kind, cell.generation, 0),
    );
  }

  /** Its place is reserved already. A timer under the same key gives its place back. */
  setTimer(cell: ActorCell, key: string, delayMs: number, message: Message, correlation: number, cause: number): void {
    this.cancelTimer(cell, key);
    const timers = (cell.timers ??= new Map());
    const task = new LaterMessage(this, cell, message, KIND.timer, correlation, cause, () => timers.delete(key));
    timers.set(key, task);
    this.#core.pump.schedule(delayMs, task);
  }

  cancelTimer(cell: ActorCell, key: string): void {
    const task = cell.timers?.get(key);
    if (task === undefined) return;
    task.cancelled = true;
    cell.timers?.delete(key);
    this.#delivery.unreserve(cell);
  }

  /** Begins to wait for the answer to `request`; the answer's place is reserved already. */
  expectAnswer(cell: ActorCell, request: QueuedEnvelope, timeoutMs: number, onTimeout: Message): void {
    const asks = (cell.asks ??= new Map());
    const { story, seq } = request;
    const task = new LaterMessage(this, cell, onTimeout, KIND.timer, story, seq, () => asks.delete(seq));
    asks.set(seq, { task });
    this.#core.pump.schedule(timeoutMs, task);
  }

  /** Brings an answer to its asker, unless that has stopped waiting. */
  answer(envelope: QueuedEnvelope): void {
    const cell = this.#core.cells[envelope.target];
    const { generation, askId } = envelope;
    const pending = cell?.asks?.get(askId);
    if (cell === undefined || !cell.alive) {
      this.#delivery.deadLetter(envelope);
    } else if (cell.generation !== generation) {
      this.#core.delivered(envelope, OUTCOME.staleGeneration);
    } else if (pending === undefined) {
      this.#delivery.deadLetter(envelope);
    } else {
      pending.task.cancelled = true;
      cell.asks?.delete(askId);
      this.#delivery.deliverReserved(cell, envelope);
    }
  }

  /** Its place is reserved already. An actor that has ended, or never was, is reported at once. */
  watch(watcher: ActorCell, target: ActorCell | undefined, message: Message): void {
    if (target === undefined || !target.alive) this.#notice(watcher, message, target?.id ?? watcher.id);
    else (target.watchers ??= []).push({ cell: watcher, generation: watcher.generation, message });
  }

  /** Tells those who watch an ended actor. */
  terminated(cell: ActorCell): void {
    const watchers = cell.watchers ?? [];
    cell.watchers = undefined;
    for (const { cell: watcher, generation, message } of watchers) {
      if (watcher.receives && watcher.generation === generation) this.#notice(watcher, message, cell.id);
    }
  }

  /** Ends what this generation waits for. Watches are told apart by their generation. */
  endGeneration(cell: ActorCell): void {
    for (const task of cell.timers?.values() ?? []) task.cancelled = true;
    for (const { task } of cell.asks?.values() ?? []) task.cancelled = true;
    cell.timers = undefined;
    cell.asks = undefined;
  }

  /** A stopping actor gets nothing new: its timers end, what it asked for may still come. */
  endTimers(cell: ActorCell): void {
    for (const key of [...(cell.timers?.keys() ?? [])]) this.cancelTimer(cell, key);
  }

  #notice(watcher: ActorCell, message: Message, sender: number): void {
    this.arrive(watcher, message, KIND.notice, sender, this.#core.currentStory, this.#core.currentSeq);
  }
}
