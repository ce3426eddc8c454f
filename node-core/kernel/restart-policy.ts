import type { ErrorClass } from '../primitives/errors.ts';
import type { SupervisionPolicy } from './supervision.ts';

/** What a supervisor remembers of an actor's failures. Times in ms. */
export interface FailureHistory {
  /** Restarts inside the window, oldest first; at most the policy's limit. */
  restartsMs: number[];
  readonly breaker: { state: 'closed' | 'open' | 'halfOpen'; failures: number };
}

export const noFailures = (): FailureHistory => ({ restartsMs: [], breaker: { state: 'closed', failures: 0 } });

/** The answer to a failure: a restart after a delay, with so many messages to prove itself; or the end. */
export type Verdict =
  | { readonly kind: 'restart'; readonly delayMs: number; readonly probes: number }
  | { readonly kind: 'terminate' }
  | { readonly kind: 'exceeded' };

/**
 * Decides on a failure and remembers it.
 * `random` is uniform in [0, 1).
 * Source: communication-flows.md, section 6; protocol.md, Supervision defaults.
 */
export function judge(
  policy: SupervisionPolicy,
  history: FailureHistory,
  errorClass: ErrorClass,
  nowMs: number,
  random: () => number,
): Verdict {
  const strategy = policy[errorClass];
  if (strategy.kind === 'terminate') return { kind: 'terminate' };
  history.restartsMs = history.restartsMs.filter((at) => at > nowMs - policy.limit.windowMs);
  const earlier = history.restartsMs.length;
  if (earlier >= policy.limit.restarts) return { kind: 'exceeded' };
  history.restartsMs.push(nowMs);
  if (earlier === 0 && history.breaker.state === 'closed') history.breaker.failures = 0;
  switch (strategy.kind) {
    case 'immediate':
      return { kind: 'restart', delayMs: 0, probes: 0 };
    case 'backoff': {
      const fullMs = Math.min(strategy.maxMs, strategy.initialMs * strategy.factor ** earlier);
      return { kind: 'restart', delayMs: fullMs * (1 - strategy.jitter * random()), probes: 0 };
    }
    case 'circuitBreaker': {
      const { breaker } = history;
      breaker.failures++;
      if (breaker.state === 'closed' && breaker.failures < strategy.failures)
        return { kind: 'restart', delayMs: 0, probes: 0 };
      breaker.state = 'open';
      return { kind: 'restart', delayMs: strategy.openMs, probes: strategy.probes };
    }
  }
}

/** The open time has passed and the actor starts again: its next messages are probes. */
export function halfOpen(history: FailureHistory): void {
  if (history.breaker.state === 'open') history.breaker.state = 'halfOpen';
}

/** All probes were handled. */
export function closeBreaker(history: FailureHistory): void {
  history.breaker.state = 'closed';
  history.breaker.failures = 0;
}
