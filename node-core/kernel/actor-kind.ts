import type { Behaviour } from './behaviour.ts';
import { Quickness } from './handler-clock.ts';
import type { Departed } from './totals.ts';

/** A behaviour whose state, messages, arguments and ports the kernel doesn't look into. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- invariant in all four, and none is used here
export type AnyBehaviour = Behaviour<any, any, any, any>;

/** Shares of a mailbox at which it raises an alarm. */
export const ALARM_SHARES = [0.5, 0.8, 1];
/** Deeper than any mailbox: a whole number, like every depth that it is compared with. */
const NEVER = 0x7fff_ffff;
/** The alarms are armed again when no more than this share waits. */
const QUIET_SHARE = 0.25;

const NO_CONTROL = 0;
const WANTED = 1;
const UNWANTED = 2;

/** What the kernel reads of a behaviour for every message, in one shape for all behaviours. */
export class ActorKind {
  readonly behaviour: AnyBehaviour;
  readonly receive: AnyBehaviour['receive'];
  readonly bound: number;
  readonly overflow: AnyBehaviour['mailbox']['overflow'];
  readonly quickness = new Quickness();
  /** Depths of the mailbox at which an alarm is raised, ascending, and then none. */
  readonly alarms: readonly number[];
  readonly quiet: number;
  readonly departed: Departed;
  /** At the ids of the types that have the control lane: whether the behaviour gets them. */
  readonly #control: readonly number[];

  constructor(
    behaviour: AnyBehaviour,
    controlTypes: readonly number[],
    unwantedTypes: readonly number[],
    departed: Departed,
  ) {
    this.behaviour = behaviour;
    this.departed = departed;
    this.receive = behaviour.receive;
    this.bound = behaviour.mailbox.bound;
    this.overflow = behaviour.mailbox.overflow;
    this.alarms = [...ALARM_SHARES.map((share) => Math.ceil(this.bound * share)), NEVER];
    this.quiet = Math.floor(this.bound * QUIET_SHARE);
    const control = new Array<number>(Math.max(...controlTypes) + 1).fill(NO_CONTROL);
    for (const type of controlTypes) control[type] = WANTED;
    for (const type of unwantedTypes) control[type] = UNWANTED;
    this.#control = control;
  }

  isControl(type: number): boolean {
    return type < this.#control.length && this.#control[type] !== NO_CONTROL;
  }

  /** Of a control type: whether it is a system message that the behaviour doesn't know. */
  isUnwanted(type: number): boolean {
    return this.#control[type] === UNWANTED;
  }
}
