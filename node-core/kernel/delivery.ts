import { ServiceError } from '../primitives/errors.ts';
import type { SendOutcome } from './behaviour.ts';
import { ALARM_SHARES } from './actor-kind.ts';
import type { ActorCell } from './cell.ts';
import type { Core } from './core.ts';
import { type Loss, LossLog } from './losses.ts';
import { ADMISSION, type Admission, EnvelopeQueue, KIND, OUTCOME, OUTSIDE, type QueuedEnvelope } from './queue.ts';

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
/** A cycle of blocked producers is logged once in so many ms. */
const DEADLOCK_LOG_MS = 1_000;

/** Answers, timers and outcomes have their places reserved: what was told or asked, answers what was told, or came from a source is dropped. */
const canBeDropped = ({ kind }: QueuedEnvelope): boolean =>
  kind === KIND.told || kind === KIND.asked || kind === KIND.item || kind === KIND.answer;

/**
 * Brings messages into mailboxes: bounds, overflow strategies, the control lane, reserved places, held producers.
 * What becomes of a message is decided when it is sent (`admit`) and happens when the handler has returned (`deliver`).
 */
export class Delivery {
  readonly #core: Core;
  /** Messages to paths at which nobody lives. */
  readonly #strays: LossLog;
  readonly #lostOutside: (question: QueuedEnvelope, loss: Loss) => void;

  /** `lostOutside` learns of every question from outside that will not be handled. */
  constructor(core: Core, lostOutside: (question: QueuedEnvelope, loss: Loss) => void) {
    this.#core = core;
    this.#lostOutside = lostOutside;
    this.#strays = new LossLog(core);
  }

  /** The living actor at a path, if there is one. */
  find(id: number, path: string): ActorCell | undefined {
    const cell = this.#core.cells[id];
    return cell !== undefined && cell.path === path ? cell : this.#findByPath(path);
  }

  #findByPath(path: string): ActorCell | undefined {
    const found = this.#core.names.findPath(path);
    const other = found === undefined ? undefined : this.#core.cells[found];
    return other?.path === path ? other : undefined;
  }

  /** Decides on a message from `sender`, or from outside, and takes its place in the mailbox if it gets one. */
  admit(target: ActorCell | undefined, type: number, sender: ActorCell | undefined): Admission {
    if (target === undefined || !target.alive) return ADMISSION.deadLetter;
    const { kind } = target;
    if (kind.isControl(type)) {
      if (kind.isUnwanted(type)) return ADMISSION.deadLetter;
      if (target.controlWaiting >= this.#core.limits.controlLane) return ADMISSION.refuse;
      target.controlWaiting++;
      return ADMISSION.control;
    }
    if (
      target.stopping &&
      target.afterStop === 'end' &&
      (sender === undefined || (sender !== target && !sender.isBelow(target)))
    ) {
      return ADMISSION.deadLetter;
    }
    // Whoever waits at the door was here first.
    if (target.hasRoom && (target.door === undefined || target.door.count === 0)) {
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
        if ((sender?.atDoors ?? target.door?.count ?? 0) >= this.#core.limits.door) return ADMISSION.refuse;
        if (sender !== undefined) sender.atDoors++;
        return ADMISSION.hold;
    }
  }

  /** Takes back what `admit` counted, for a handler that crashed. */
  withdraw(envelope: QueuedEnvelope): void {
    const target = this.#core.cells[envelope.target];
    if (envelope.admission === ADMISSION.hold) (this.#core.cells[envelope.sender] as ActorCell).atDoors--;
    if (target?.alive === true && envelope.kind !== KIND.reply) {
      if (envelope.admission === ADMISSION.queue) target.waiting--;
      else if (envelope.admission === ADMISSION.control) target.controlWaiting--;
    }
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
      if (envelope.admission === ADMISSION.hold && sender !== undefined) sender.atDoors--;
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
        const oldest = target.mailbox.removeFirst(canBeDropped);
        if (oldest === undefined) {
          this.#lost(target, envelope, 'dropped');
          return;
        }
        this.#lost(target, oldest, 'dropped');
        target.mailbox.push(envelope);
        break;
      }
      case ADMISSION.dropNewest:
        this.#lost(target, envelope, 'dropped');
        return;
      case ADMISSION.refuse:
        this.#lost(target, envelope, 'refused');
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
    if (cell.waiting + cell.reserved >= cell.alarmAt) this.#alarm(cell);
  }

  unreserve(cell: ActorCell): void {
    cell.reserved--;
    this.roomCame(cell);
  }

  /** Brings what a place was reserved for. In a mailbox that is full all the same it is the next to be let in. */
  deliverReserved(cell: ActorCell, envelope: QueuedEnvelope): void {
    cell.reserved--;
    // What its sender has at the door was sent before it: that takes the place, and it follows at the end of the door.
    const earlier = cell.door?.removeFirst(({ sender }) => sender === envelope.sender);
    if (earlier !== undefined) {
      cell.door?.push(envelope);
      this.#leaveDoor(earlier);
    }
    const first = earlier ?? envelope;
    if (cell.waiting < cell.kind.bound) {
      this.#enter(cell, first);
    } else {
      (cell.reservedDoor ??= new EnvelopeQueue()).push(first);
    }
    cell.host.wake(cell);
  }

  /** The next message that the actor may handle now. */
  take(cell: ActorCell): QueuedEnvelope | undefined {
    if (cell.control !== undefined && cell.control.count > 0) {
      cell.controlWaiting--;
      // All that a stopping actor takes is counted as drained, and this was none of it.
      if (cell.stopping) cell.leftToDrain++;
      return cell.control.shift();
    }
    if (cell.suspended || cell.holds > 0) return undefined;
    const envelope = cell.mailbox.shift();
    if (envelope === undefined) return undefined;
    cell.waiting--;
    if (cell.alarms > 0 || cell.door !== undefined || cell.reservedDoor !== undefined) this.#oneLess(cell);
    return envelope;
  }

  #oneLess(cell: ActorCell): void {
    if (cell.alarms > 0 && cell.waiting + cell.reserved <= cell.kind.quiet) this.#rearm(cell);
    this.roomCame(cell);
  }

  /** Empties an ended actor: what waited is a dead letter, who was held is released. */
  clear(cell: ActorCell): void {
    cell.alarms = 0;
    cell.alarmAt = cell.kind.alarms[0] as number;
    for (const queue of [cell.control, cell.mailbox, cell.reservedDoor, cell.door]) {
      if (queue === undefined) continue;
      for (let envelope = queue.shift(); envelope !== undefined; envelope = queue.shift()) {
        this.#leaveDoor(envelope);
        this.deadLetter(envelope);
      }
    }
    cell.waiting = 0;
    cell.controlWaiting = 0;
    cell.control = undefined;
    cell.door = undefined;
    cell.reservedDoor = undefined;
    cell.updateOpen();
  }

  deadLetter(envelope: QueuedEnvelope): void {
    const { seq, target, payload } = envelope;
    const path = this.#core.names.path(target, seq);
    const cell = this.#core.cells[target];
    this.#core.keepDeadLetter(envelope);
    if (cell?.path === path) {
      this.#lost(cell, envelope, 'deadLetter');
      return;
    }
    this.#tellAsker(envelope, 'deadLetter');
    this.#core.delivered(envelope, OUTCOME.deadLetter);
    this.#core.totals.nobody.deadLetter();
    this.#strays.count(path, 'deadLetter', payload.type);
  }

  #measure(cell: ActorCell): void {
    if (cell.waiting > cell.highWater) cell.highWater = cell.waiting;
    if (cell.waiting + cell.reserved >= cell.alarmAt) this.#alarm(cell);
  }

  /** Once for each share of the bound that is taken or reserved, until the mailbox has been quiet again. */
  #alarm(cell: ActorCell): void {
    const { waiting, reserved } = cell;
    const { alarms, bound } = cell.kind;
    for (; waiting + reserved >= (alarms[cell.alarms] as number); cell.alarms++) {
      const percent = ALARM_SHARES[cell.alarms] as number;
      this.#core.log(cell.path, 'warn', `mailbox ${percent * 100} % full`, { waiting, reserved, bound });
    }
    cell.alarmAt = alarms[cell.alarms] as number;
  }

  #rearm(cell: ActorCell): void {
    cell.alarms = 0;
    cell.alarmAt = cell.kind.alarms[0] as number;
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
    while (door !== undefined && door.count > 0 && cell.hasRoom) {
      const envelope = door.shift() as QueuedEnvelope;
      this.#enter(cell, envelope);
      this.#leaveDoor(envelope);
    }
    cell.updateOpen();
  }

  #leaveDoor(envelope: QueuedEnvelope): void {
    const { producer } = envelope;
    if (producer === undefined) return;
    producer.leftDoor(envelope);
    envelope.producer = undefined;
    envelope.holds = false;
  }

  #lost(target: ActorCell, envelope: QueuedEnvelope, loss: Loss): void {
    const type = this.#typeOf(envelope);
    if (loss === 'dropped') target.dropped++;
    else if (loss === 'refused') target.refused++;
    else target.deadLetters++;
    this.#tellAsker(envelope, loss);
    this.#core.delivered(envelope, OUTCOME[loss]);
    (target.losses ??= new LossLog(this.#core)).count(target.path, loss, type);
  }

  #tellAsker(envelope: QueuedEnvelope, loss: Loss): void {
    if (envelope.kind === KIND.asked && envelope.generation === OUTSIDE) this.#lostOutside(envelope, loss);
  }

  #hold(target: ActorCell, envelope: QueuedEnvelope, producer: ActorCell | undefined): void {
    (target.door ??= new EnvelopeQueue()).push(envelope);
    target.updateOpen();
    if (producer === undefined) return;
    envelope.producer = producer;
    const present = producer.heldAt?.get(target.id);
    if (present === undefined) {
      const cycle = this.#waitCycle(producer, target);
      if (cycle !== undefined) {
        // Held as well, none of them would ever run again. The last one goes on; its message keeps its place at the door.
        this.#deadlocked(producer, cycle);
        return;
      }
    }
    if (present === undefined) (producer.heldAt ??= new Map()).set(target.id, { at: target, count: 1 });
    else present.count++;
    envelope.holds = true;
    producer.holds++;
  }

  #deadlocked(producer: ActorCell, cycle: readonly string[]): void {
    const { nowMs } = this.#core.clock;
    if (nowMs - producer.deadlockLoggedMs < DEADLOCK_LOG_MS) return;
    producer.deadlockLoggedMs = nowMs;
    const text = `deadlock of blocked producers: ${cycle.join(' -> ')}`;
    this.#core.log(producer.path, 'error', text, { cycle, released: producer.path });
  }

  /** The way from `target` back to `producer` along held producers, if there is one. */
  #waitCycle(producer: ActorCell, target: ActorCell): string[] | undefined {
    const seen = new Set<ActorCell>();
    const walk = (cell: ActorCell, way: readonly string[]): string[] | undefined => {
      if (cell === producer) return [...way, cell.path];
      if (seen.has(cell)) return undefined;
      seen.add(cell);
      for (const { at } of cell.heldAt?.values() ?? []) {
        const cycle = walk(at, [...way, cell.path]);
        if (cycle !== undefined) return cycle;
      }
      return undefined;
    };
    return walk(target, [producer.path]);
  }
}
