import type { ActorPath, Message } from './envelope.ts';
import type { Request } from './ref.ts';
import type { LifecycleState } from './supervision.ts';

/** To a parent whose behaviour `observes` it: a child's init has succeeded. Source: communication-flows.md, section 7. */
export interface ActorStarted extends Message {
  readonly type: 'ActorStarted';
  readonly path: ActorPath;
  readonly generation: number;
}

/** To a parent whose behaviour `observes` it: a child has ended for good. */
export interface ActorStopped extends Message {
  readonly type: 'ActorStopped';
  readonly path: ActorPath;
  readonly generation: number;
  /** Null after a graceful stop. */
  readonly reason: string | null;
}

/** Any actor can be asked; told, it is a dead letter. The kernel answers in the actor's own turn, before what waits in its mailbox. */
export interface HealthCheck extends Request<HealthReport> {
  readonly type: 'HealthCheck';
}

/** How an actor is, and what it waits for. */
export interface HealthReport extends Message {
  readonly type: 'HealthReport';
  readonly path: ActorPath;
  readonly lifecycle: LifecycleState;
  readonly generation: number;
  readonly suspended: boolean;
  readonly waiting: number;
  /** Actors whose full mailboxes hold this one. */
  readonly heldBy: readonly ActorPath[];
  /** Port calls without an answer yet. */
  readonly pendingCalls: readonly { readonly party: string; readonly type: string; readonly forMs: number }[];
  /** Unix ms; null before its first message. */
  readonly lastHandledAtMs: number | null;
}

/** New settings for an actor whose behaviour `observes` it. Passes full mailboxes like every system message. */
export interface ConfigUpdate<Config> extends Message {
  readonly type: 'ConfigUpdate';
  readonly config: Config;
}

/** These have the control lane of every actor; a behaviour gets those that it `observes`, others are dead letters. */
export const SYSTEM_MESSAGES: readonly string[] = ['ActorStarted', 'ActorStopped', 'HealthCheck', 'ConfigUpdate'];
