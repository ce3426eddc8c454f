import { ServiceError } from '../primitives/errors.ts';
import type { SendOutcome } from './behaviour.ts';
import type { ActorCell } from './cell.ts';
import type { Core } from './core.ts';
import { OUTCOME } from './event-record.ts';
import { ADMISSION, type Admission, EnvelopeQueue, KIND, type QueuedEnvelope } from './queue.ts';

/** What the sender is told, by admission. */
export const SEND_OUTCOME: readonly SendOutcome[] = [
  'queued',
  'queued',
  'queued',
  'dropped',
  'refused',
  'held',
  'deadLetter',
  'queued',
  'queued',
];
/** One log line at most for the drops of one actor in so many ms; it carries their exact number. */
const DROP_LOG_MS = 1_000;

/**
 * Brings messages into mailboxes: bounds, overflow strategies, the control lane, reserved places, held producers.
 * What becomes of a message is decided when it is sent (`admit`) and happens when the handler has returned (`deliver`).
 */
export class Delivery {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** The living actor at a path, if there is one. */
  find(id: number, path: string): ActorCell | undefined {
    const cell = this.#core.cells[id];
    if (cell !== undefined && cell.path === path) return cell;
    const found = this.#core.names.findPath(path);
    const other = found === undefined ? undefined : this.#core.cells[found];
    return other?.path === path ? other : undefined;
  }

  /** Decides on a message from `sender`, or from outside, and takes its place in the mailbox if it gets one. */
  admit(target: ActorCell | undefined, type: number, sender: ActorCell | undefined): Admission {
    if (target === undefined || !target.alive) return ADMISSION.deadLetter;
    const { kind } = target;
    if (kind.isControl(type)) {
      if (target.controlWaiting >= this.#core.limits.controlLane) return ADMISSION.refuse;
      target.controlWaiting++;
      return ADMISSION.control;
    }
    if (target.stopping && (sender === undefined || (sender !== target && !sender.isBelow(target)))) {
      return ADMISSION.deadLetter;
    }
    // Whoever waits at the door was here first.
    if (target.waiting + target.reserved < kind.bound && (target.door === undefined || target.door.count === 0)) {
      target.waiting++;
      return ADMISSION.queue;
    }
    switch (kind.overflow) {
      case 'dropOldest':
        return ADMISSION.dropOldest;
      case 'dropNewest':
        return ADMISSION.dropNewest;
      case 'returnError':
        return ADMISSION.refuse;
      case 'blockProducer':
        if (sender === undefined && (target.door?.count ?? 0) >= this.#core.limits.doorPerActor)
          return ADMISSION.refuse;
        return ADMISSION.hold;
    }
  }

  /** Takes back what `admit` counted, for a handler that crashed. */
  withdraw(envelope: QueuedEnvelope): void {
    const target = this.#core.cells[envelope.target];
    if (target?.alive === true && envelope.kind !== KIND.reply) {
      if (envelope.admission === ADMISSION.queue) target.waiting--;
      else if (envelope.admission === ADMISSION.control) target.controlWaiting--;
    }
    this.#core.forget(envelope);
  }

  /** Puts an admitted message into the mailbox in which it has its place. */
  place(target: ActorCell, envelope: QueuedEnvelope): void {
    target.mailbox.push(envelope);
    this.#measure(target);
    if (!target.scheduled) target.host.wake(target);
  }

  /** Takes out what a crashed handler has sent to `target` since message `seq`. */
  takeBack(target: ActorCell, seq: number): void {
    const removed = target.mailbox.removeAfter(seq);
    target.waiting -= removed;
  }

  /** Does what `admit` decided. */
  deliver(envelope: QueuedEnvelope, sender: ActorCell | undefined): void {
    if (envelope.admission === ADMISSION.outside) {
      this.#core.delivered(envelope, OUTCOME.sent);
      return;
    }
    const target = this.#core.cells[envelope.target];
    if (target === undefined || !target.alive) {
      this.deadLetter(envelope);
      return;
    }
    if (envelope.admission === ADMISSION.late) envelope.admission = this.admit(target, envelope.type, sender);
    switch (envelope.admission) {
      case ADMISSION.queue:
        this.place(target, envelope);
        return;
      case ADMISSION.control:
        (target.control ??= new EnvelopeQueue()).push(envelope);
        break;
      case ADMISSION.dropOldest: {
        // Answers and timers have their places reserved: only what was told can be the oldest.
        const oldest = target.mailbox.removeFirst((queued) => queued.kind === KIND.told || queued.kind === KIND.asked);
        if (oldest === undefined) {
          this.#dropped(target, envelope);
          return;
        }
        this.#dropped(target, oldest);
        target.mailbox.push(envelope);
        break;
      }
      case ADMISSION.dropNewest:
        this.#dropped(target, envelope);
        return;
      case ADMISSION.refuse:
        this.#core.log(target.path, 'warn', `mailbox full: ${this.#typeOf(envelope)} refused`, {
          bound: target.kind.bound,
        });
        this.#core.delivered(envelope, OUTCOME.refused);
        return;
      case ADMISSION.hold:
        this.#hold(target, envelope, sender);
        return;
      case ADMISSION.deadLetter:
        this.deadLetter(envelope);
        return;
    }
    target.host.wake(target);
  }

  /** Sends for the kernel itself or an outside party; a full `blockProducer` mailbox lets it wait at the door. */
  deliverFromOutside(target: ActorCell | undefined, envelope: QueuedEnvelope): Admission {
    envelope.admission = this.admit(target, envelope.type, undefined);
    const { admission } = envelope;
    this.deliver(envelope, undefined);
    return admission;
  }

  /**
   * Keeps a place for an answer, a timer or an outcome.
   * @throws ServiceError when the whole mailbox is reserved.
   */
  reserve(cell: ActorCell): void {
    const { bound } = cell.kind;
    if (cell.reserved >= bound) {
      throw new ServiceError(
        'TOO_MANY_RESERVED',
        `${cell.path} waits for ${bound} answers and timers, its whole mailbox`,
        { bound },
      );
    }
    cell.reserved++;
  }

  unreserve(cell: ActorCell): void {
    cell.reserved--;
    this.roomCame(cell);
  }

  /** Brings what a place was reserved for. In a mailbox that is full all the same it is the next to be let in. */
  deliverReserved(cell: ActorCell, envelope: QueuedEnvelope): void {
    cell.reserved--;
    if (cell.waiting < cell.kind.bound) {
      this.#enter(cell, envelope);
    } else {
      (cell.reservedDoor ??= new EnvelopeQueue()).push(envelope);
    }
    cell.host.wake(cell);
  }

  /** The next message that the actor may handle now. */
  take(cell: ActorCell): QueuedEnvelope | undefined {
    const control = cell.control?.shift();
    if (control !== undefined) {
      cell.controlWaiting--;
      return control;
    }
    if (cell.suspended || cell.holds > 0) return undefined;
    const envelope = cell.mailbox.shift();
    if (envelope === undefined) return undefined;
    cell.waiting--;
    if (cell.alarms > 0 && cell.waiting <= cell.kind.quiet) this.#rearm(cell);
    if (cell.door !== undefined || cell.reservedDoor !== undefined) this.roomCame(cell);
    return envelope;
  }

  /** Empties an ended actor: what waited is a dead letter, who was held is released. */
  clear(cell: ActorCell): void {
    cell.alarms = 0;
    cell.alarmAt = cell.kind.alarms[0] ?? Infinity;
    for (const queue of [cell.control, cell.mailbox, cell.reservedDoor, cell.door]) {
      if (queue === undefined) continue;
      for (let envelope = queue.shift(); envelope !== undefined; envelope = queue.shift()) {
        const { holder } = envelope;
        envelope.holder = undefined;
        this.deadLetter(envelope);
        holder?.released();
      }
    }
    cell.waiting = 0;
    cell.controlWaiting = 0;
    cell.control = undefined;
    cell.door = undefined;
    cell.reservedDoor = undefined;
  }

  deadLetter(envelope: QueuedEnvelope): void {
    const to = this.#core.names.path(envelope.target, envelope.seq);
    this.#core.log(to, 'warn', `dead letter: ${this.#typeOf(envelope)}`, { seq: envelope.seq });
    this.#core.delivered(envelope, OUTCOME.deadLetter);
  }

  #measure(cell: ActorCell): void {
    if (cell.waiting > cell.highWater) cell.highWater = cell.waiting;
    if (cell.waiting >= cell.alarmAt) this.#alarm(cell);
  }

  /** Once for each share of the bound, until the mailbox has been quiet again. */
  #alarm(cell: ActorCell): void {
    const { alarms, bound } = cell.kind;
    while (cell.waiting >= (alarms[cell.alarms] ?? Infinity)) cell.alarms++;
    cell.alarmAt = alarms[cell.alarms] ?? Infinity;
    const percent = Math.floor((100 * cell.waiting) / bound);
    this.#core.log(cell.path, 'warn', `mailbox ${percent} % full`, { waiting: cell.waiting, bound });
  }

  #rearm(cell: ActorCell): void {
    cell.alarms = 0;
    cell.alarmAt = cell.kind.alarms[0] ?? Infinity;
    this.#core.log(cell.path, 'info', 'mailbox quiet again', { waiting: cell.waiting, bound: cell.kind.bound });
  }

  #typeOf(envelope: QueuedEnvelope): string {
    return this.#core.names.type(envelope.type, envelope.seq);
  }

  #enter(cell: ActorCell, envelope: QueuedEnvelope): void {
    cell.mailbox.push(envelope);
    cell.waiting++;
    this.#measure(cell);
  }

  /** Room has come: those with a reserved place enter first, then the doors' others in their order. */
  roomCame(cell: ActorCell): void {
    const { bound } = cell.kind;
    const { reservedDoor, door } = cell;
    while (reservedDoor !== undefined && reservedDoor.count > 0 && cell.waiting < bound) {
      this.#enter(cell, reservedDoor.shift() as QueuedEnvelope);
    }
    while (door !== undefined && door.count > 0 && cell.waiting + cell.reserved < bound) {
      const envelope = door.shift() as QueuedEnvelope;
      const { holder } = envelope;
      envelope.holder = undefined;
      this.#enter(cell, envelope);
      holder?.released();
    }
  }

  #dropped(target: ActorCell, envelope: QueuedEnvelope): void {
    const type = this.#typeOf(envelope);
    target.dropped++;
    target.droppedUnlogged++;
    this.#core.delivered(envelope, OUTCOME.dropped);
    if (this.#core.clock.nowMs - target.dropLoggedMs < DROP_LOG_MS) return;
    this.#core.log(target.path, 'warn', `mailbox full: ${type} dropped`, {
      dropped: target.droppedUnlogged,
      bound: target.kind.bound,
    });
    target.dropLoggedMs = this.#core.clock.nowMs;
    target.droppedUnlogged = 0;
  }

  #hold(target: ActorCell, envelope: QueuedEnvelope, producer: ActorCell | undefined): void {
    (target.door ??= new EnvelopeQueue()).push(envelope);
    if (producer === undefined) return;
    if (producer.heldAt?.includes(target) !== true) {
      const cycle = this.#waitCycle(producer, target);
      if (cycle !== undefined) {
        // Held as well, none of them would ever run again. The last one goes on; its message keeps its place at the door.
        const text = `deadlock of blocked producers: ${cycle.join(' -> ')}`;
        this.#core.log(producer.path, 'error', text, { cycle, released: producer.path });
        return;
      }
      (producer.heldAt ??= []).push(target);
    }
    envelope.holder = producer;
    producer.holds++;
  }

  /** The way from `target` back to `producer` along held producers, if there is one. */
  #waitCycle(producer: ActorCell, target: ActorCell): string[] | undefined {
    if (target !== producer && target.holds === 0) return undefined;
    const seen = new Set<ActorCell>();
    const walk = (cell: ActorCell, way: readonly string[]): string[] | undefined => {
      if (cell === producer) return [...way, cell.path];
      if (seen.has(cell) || cell.holds === 0) return undefined;
      seen.add(cell);
      for (const next of cell.heldAt ?? []) {
        const cycle = walk(next, [...way, cell.path]);
        if (cycle !== undefined) return cycle;
      }
      return undefined;
    };
    return walk(target, [producer.path]);
  }
}
