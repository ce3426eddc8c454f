import type { Behaviour } from './behaviour.ts';
import { Quickness } from './handler-clock.ts';

/** A behaviour whose state, messages, arguments and ports the kernel doesn't look into. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- invariant in all four, and none is used here
export type AnyBehaviour = Behaviour<any, any, any, any>;

/** What the kernel reads of a behaviour for every message, in one shape for all behaviours. */
export class ActorKind {
  readonly behaviour: AnyBehaviour;
  readonly receive: AnyBehaviour['receive'];
  readonly bound: number;
  readonly overflow: AnyBehaviour['mailbox']['overflow'];
  readonly control: ReadonlySet<string> | undefined;
  readonly quickness = new Quickness();

  constructor(behaviour: AnyBehaviour) {
    this.behaviour = behaviour;
    this.receive = behaviour.receive;
    this.bound = behaviour.mailbox.bound;
    this.overflow = behaviour.mailbox.overflow;
    this.control = behaviour.control === undefined ? undefined : new Set<string>(behaviour.control);
  }
}
