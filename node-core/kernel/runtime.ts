import { ActorContext } from './actor-context.ts';
import type { PortMap } from './behaviour.ts';
import type { ActorCell, CellHost } from './cell.ts';
import type { Core } from './core.ts';
import { Delivery } from './delivery.ts';
import type { Effect } from './effects.ts';
import type { TerminalFailure } from './failure.ts';
import { Life } from './life.ts';
import type { Loss } from './losses.ts';
import { PortDriver } from './port-driver.ts';
import { ADMISSION, KIND, OUTCOME, OUTSIDE, QueuedEnvelope } from './queue.ts';
import { healthOf } from './status.ts';
import { Waits } from './waits.ts';

/** Constants of a module's own are part of its code; those of another are read anew for every message. */
const { told: TOLD } = KIND;
const { queue: QUEUED } = ADMISSION;

const OPS: Readonly<Record<number, string>> = {
  [KIND.told]: 'tell',
  [KIND.reply]: 'reply',
  [KIND.answer]: 'reply',
};
/** These effects keep a place when they are asked for; a handler that crashes gives it back. */
const KEEPS_A_PLACE: ReadonlySet<Effect['op']> = new Set(['ask', 'call', 'open', 'timer', 'watch']);

/**
 * Runs handlers. What a handler asks for happens when it has returned, in its order: a handler that throws has had no
 * effect but its log lines, and its actor keeps no half-made state.
 */
export class Runtime implements CellHost {
  readonly delivery: Delivery;
  readonly life: Life;
  readonly #core: Core;
  readonly #ports: PortMap;
  readonly #waits: Waits;
  readonly #driver: PortDriver;
  readonly #answerOutside: (envelope: QueuedEnvelope) => void;

  constructor(
    core: Core,
    ports: PortMap,
    hooks: {
      readonly onTerminalFailure: (failure: TerminalFailure) => void;
      readonly onEnded: (cell: ActorCell) => void;
      /** An answer to somebody who asked from outside. */
      readonly answerOutside: (envelope: QueuedEnvelope) => void;
      /** What somebody asked from outside and no actor will handle. */
      readonly lostOutside: (envelope: QueuedEnvelope, loss: Loss) => void;
    },
  ) {
    this.#core = core;
    this.#ports = ports;
    this.#answerOutside = hooks.answerOutside;
    this.delivery = new Delivery(core, hooks.lostOutside);
    this.#waits = new Waits(core, this.delivery);
    this.#driver = new PortDriver(core, this.delivery, (cell, error, cause, correlation) => {
      const { currentSeq, currentStory } = core;
      core.currentSeq = cause;
      core.currentStory = correlation;
      this.life.fail(cell, error);
      core.currentSeq = currentSeq;
      core.currentStory = currentStory;
    });
    this.life = new Life(core, this.delivery, this.#waits, this.#driver, this, hooks.onTerminalFailure, hooks.onEnded);
  }

  wake(cell: ActorCell): void {
    if (cell.scheduled || !this.#hasWork(cell)) return;
    cell.scheduled = true;
    this.#core.pump.ready(cell);
  }

  run(cell: ActorCell, maxMessages: number, untilUs: number): void {
    const { clock } = this.#core;
    cell.scheduled = false;
    if (!cell.receives && cell.lifecycle === 'Initializing') this.#initialise(cell);
    let handled = 0;
    while (handled < maxMessages && cell.receives) {
      const envelope = this.delivery.take(cell);
      if (envelope === undefined) break;
      this.#handle(cell, envelope);
      handled++;
      if (clock.clockUs >= untilUs) break;
    }
    if (cell.stopping) {
      cell.leftToDrain -= handled;
      if (this.life.isDrained(cell)) this.#sayLastWords(cell);
    }
    // Whoever ran without a message is timed too, so that a pump sees its batch grow old.
    if (handled === 0) clock.tick();
    // A simulation is told of every delivery when it ends.
    if (this.#core.pump.delivered !== undefined) clock.closeSlice();
    this.wake(cell);
  }

  #hasWork(cell: ActorCell): boolean {
    if (!cell.receives) return cell.lifecycle === 'Initializing';
    if (cell.waiting > 0 && !cell.suspended && cell.holds === 0) return true;
    return cell.controlWaiting > 0 || (cell.stopping && this.life.isDrained(cell));
  }

  #initialise(cell: ActorCell): void {
    this.#core.beginOwn(cell, cell.bornOf, cell.bornIn, cell.parent?.id ?? cell.id);
    try {
      cell.state = cell.behaviour.init(cell.args, this.#contextOf(cell));
    } catch (error) {
      this.#crashed(cell, error);
      return;
    }
    this.#core.running = 0;
    this.life.initialised(cell);
    const crash = this.#commit(cell, 'init');
    if (crash !== undefined) this.life.fail(cell, crash);
    this.#core.end();
  }

  #handle(cell: ActorCell, envelope: QueuedEnvelope): void {
    if ((envelope.kind !== TOLD || envelope.admission !== QUEUED) && this.#isOver(cell, envelope)) return;
    const core = this.#core;
    const { kind } = cell;
    const quick = kind.quickness.isQuick(envelope.type);
    if (!quick) core.clock.closeSlice();
    core.begin(cell, envelope);
    try {
      cell.state = kind.receive.call(kind.behaviour, cell.state, envelope.payload, cell.context as never);
    } catch (error) {
      this.#discard(cell);
      this.#crashedOn(cell, envelope, error);
      return;
    }
    core.running = 0;
    if (core.outbox.count > 0) {
      const crash = this.#commit(cell, envelope.payload.type);
      if (crash !== undefined) {
        this.#crashedOn(cell, envelope, crash);
        return;
      }
    }
    this.#handled(cell, envelope, !quick);
    if (cell.probesLeft > 0) this.life.probed(cell);
    core.end();
  }

  #handled(cell: ActorCell, envelope: QueuedEnvelope, alone: boolean): void {
    const { clock } = this.#core;
    cell.handled++;
    cell.lastHandledAtMs = clock.nowMs;
    clock.handled(envelope, alone);
  }

  #crashedOn(cell: ActorCell, envelope: QueuedEnvelope, error: unknown): void {
    this.#core.running = 0;
    envelope.outcome = OUTCOME.crashed;
    this.#handled(cell, envelope, true);
    this.life.fail(cell, error);
    this.#core.end();
  }

  /** What is not for the actor's handler: an answer to a generation that has ended, and the kernel's own question. */
  #isOver(cell: ActorCell, envelope: QueuedEnvelope): boolean {
    const { kind } = envelope;
    if (kind >= KIND.reply && envelope.generation !== cell.generation) {
      this.#core.delivered(envelope, OUTCOME.staleGeneration);
      return true;
    }
    if (envelope.type !== this.#core.healthCheck) return false;
    if (kind === KIND.asked) this.#answerHealth(cell, envelope);
    else this.delivery.deadLetter(envelope);
    return true;
  }

  /** Every actor is asked how it is in its own turn, and none has to know the question. */
  #answerHealth(cell: ActorCell, question: QueuedEnvelope): void {
    const core = this.#core;
    const { seq, sender, story, generation, askId } = question;
    core.delivered(question, OUTCOME.handled);
    const report = healthOf(cell, core.clock.nowMs);
    const answer = core.envelope(report, cell.id, sender, story, seq, KIND.reply, generation, askId);
    if (generation === OUTSIDE) this.#answerOutside(answer);
    else this.#waits.answer(answer);
  }

  /** A drained actor's `onStop`; an error in it is recorded and ends the actor all the same. */
  #sayLastWords(cell: ActorCell): void {
    this.#core.beginOwn(cell, 0, 0, cell.id);
    try {
      cell.behaviour.onStop?.(cell.state, this.#contextOf(cell));
    } catch (error) {
      this.#crashed(cell, error);
      return;
    }
    this.#core.running = 0;
    const crash = this.#commit(cell, 'onStop');
    if (crash === undefined) this.life.stopped(cell);
    else this.life.fail(cell, crash);
    this.#core.end();
  }

  #crashed(cell: ActorCell, error: unknown): void {
    this.#core.running = 0;
    this.#discard(cell);
    this.life.fail(cell, error);
    this.#core.end();
  }

  #contextOf(cell: ActorCell): never {
    return (cell.context ??= new ActorContext(this.#core, this.delivery, cell, this.#ports)) as never;
  }

  /** Takes back what a crashed handler asked for. */
  #discard(cell: ActorCell): void {
    const { outbox, cells } = this.#core;
    // Rare enough to look at every mailbox, so that a message that is told leaves no note of where it went.
    for (const target of cells) if (target !== undefined) this.delivery.takeBack(target, outbox.since);
    for (let index = 0; index < outbox.count; index++) this.#undo(cell, outbox.items[index] as QueuedEnvelope | Effect);
    outbox.clear();
  }

  #undo(cell: ActorCell, effect: QueuedEnvelope | Effect): void {
    if (effect instanceof QueuedEnvelope) {
      this.delivery.withdraw(effect);
      return;
    }
    if (effect.op === 'ask') this.delivery.withdraw(effect.envelope);
    if (KEEPS_A_PLACE.has(effect.op)) this.delivery.unreserve(cell);
  }

  /** Does what the handler asked for. A simulation may crash the actor around any effect: the rest never happens. */
  #commit(cell: ActorCell, messageType: string): Error | undefined {
    const { outbox, pump } = this.#core;
    const { items, count } = outbox;
    const { generation } = cell;
    let failure: Error | undefined;
    for (let index = 0; index < count; index++) {
      const effect = items[index] as QueuedEnvelope | Effect;
      // An actor that failed meanwhile (its own source threw) asks for nothing more.
      if (failure !== undefined || cell.generation !== generation || !this.#lives(cell)) {
        this.#undo(cell, effect);
      } else if (pump.crash === undefined) {
        this.#perform(cell, effect);
      } else {
        failure = this.#performOrCrash(cell, messageType, effect, index, pump.crash);
      }
    }
    outbox.clear();
    return failure;
  }

  #lives(cell: ActorCell): boolean {
    return cell.receives || cell.lifecycle === 'Initializing';
  }

  #performOrCrash(
    cell: ActorCell,
    messageType: string,
    effect: QueuedEnvelope | Effect,
    index: number,
    crash: NonNullable<Core['pump']['crash']>,
  ): Error | undefined {
    const name = effect instanceof QueuedEnvelope ? (OPS[effect.kind] as string) : effect.op;
    const before = crash({ path: cell.path, messageType, effect: name, index, when: 'before' });
    if (before !== undefined) {
      this.#undo(cell, effect);
      return before;
    }
    this.#perform(cell, effect);
    return crash({ path: cell.path, messageType, effect: name, index, when: 'after' });
  }

  #perform(cell: ActorCell, effect: QueuedEnvelope | Effect): void {
    const core = this.#core;
    if (effect instanceof QueuedEnvelope) {
      if (effect.kind !== KIND.reply) this.#send(cell, effect);
      else if (effect.generation === OUTSIDE) this.#answerOutside(effect);
      else this.#waits.answer(effect);
      return;
    }
    switch (effect.op) {
      case 'ask':
        this.#waits.expectAnswer(cell, effect.envelope, effect.timeoutMs, effect.onTimeout);
        this.#send(cell, effect.envelope);
        return;
      case 'call':
        this.#driver.call(cell, effect.request, effect.reaction);
        return;
      case 'open':
        this.#driver.open(cell, effect.request, effect.reaction);
        return;
      case 'close':
        this.#driver.close(cell, effect.key);
        return;
      case 'timer':
        this.#waits.setTimer(cell, effect.key, effect.delayMs, effect.message, core.currentStory, core.currentSeq);
        return;
      case 'cancelTimer':
        this.#waits.cancelTimer(cell, effect.key);
        return;
      case 'spawn':
        this.#spawn(cell, effect);
        return;
      case 'stop': {
        const target = this.delivery.find(0, effect.path);
        if (target !== undefined) this.life.stop(target);
        return;
      }
      case 'watch':
        this.#waits.watch(cell, this.delivery.find(0, effect.path), effect.message);
        return;
    }
  }

  #send(cell: ActorCell, envelope: QueuedEnvelope): void {
    this.delivery.deliver(envelope, cell);
  }

  #spawn(parent: ActorCell, effect: Effect & { readonly op: 'spawn' }): void {
    const core = this.#core;
    if (parent.stopping) {
      core.log(parent.path, 'warn', `not started, because its parent stops: ${effect.path}`);
      return;
    }
    this.life.births.spawn(
      parent,
      effect.id,
      effect.path,
      effect.name,
      effect.behaviour,
      effect.args,
      core.currentSeq,
      core.currentStory,
    );
  }
}
