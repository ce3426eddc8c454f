import { declareMachine } from '../primitives/machine.ts';

/** An actor's life. Source: communication-flows.md, section 6; suspended is a flag beside the state, never a state. */
export const lifecycle = declareMachine({
  id: 'ActorLifecycle',
  initial: 'Initializing',
  states: {
    Initializing: { SuccessfulInit: 'Running', InitError: 'Failed' },
    Running: { ActorError: 'Failed', ShutdownSignal: 'Stopping' },
    Failed: { RestartStrategy: 'Restarting', MaxRetriesExceeded: 'Terminated' },
    Restarting: { RestartAttempt: 'Initializing', RestartFailed: 'Terminated' },
    Stopping: { GracefulShutdown: 'Terminated' },
    Terminated: {},
  },
});
export type LifecycleState = (typeof lifecycle)['stateNames'][number];

/** How one class of error is answered. Delays in ms; `jitter` is the share of the delay that is random, 0 to 1. */
export type RestartStrategy =
  | { readonly kind: 'immediate' }
  | {
      readonly kind: 'backoff';
      readonly initialMs: number;
      readonly maxMs: number;
      readonly factor: number;
      readonly jitter: number;
    }
  | { readonly kind: 'circuitBreaker'; readonly failures: number; readonly openMs: number; readonly probes: number }
  | { readonly kind: 'terminate' };

/** Which children share a failure: the one alone, all of them, or it and those started after it. */
export type RestartScope = 'oneForOne' | 'oneForAll' | 'restForOne';

export interface SupervisionPolicy {
  /** The answer for each class of error. Source: communication-flows.md, section 6. */
  readonly network: RestartStrategy;
  readonly service: RestartStrategy;
  readonly cascading: RestartStrategy;
  readonly logic: RestartStrategy;
  readonly scope: RestartScope;
  /** At most `restarts` in `windowMs`; then `exceeded`. */
  readonly limit: { readonly restarts: number; readonly windowMs: number };
  /** `escalate` fails the parent; `terminate` ends this actor and its parent goes on. */
  readonly exceeded: 'escalate' | 'terminate';
  /** How long a graceful stop may take: its children's stops, each within its own limit too, and its mailbox. */
  readonly stopDeadlineMs: number;
}
