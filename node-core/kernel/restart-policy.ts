import type { ErrorClass } from '../primitives/errors.ts';
import type { SupervisionPolicy } from './supervision.ts';

/** What a supervisor remembers of an actor's failures. Times in ms. */
export interface FailureHistory {
  /** Restarts inside the window, oldest first; at most the policy's limit. */
  restartsMs: number[];
  /** `probes` messages have to be handled before it closes. */
  readonly breaker: { state: BreakerState; failures: number; probes: number };
}

export type BreakerState = 'closed' | 'open' | 'halfOpen';

export const noFailures = (): FailureHistory => ({
  restartsMs: [],
  breaker: { state: 'closed', failures: 0, probes: 0 },
});

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
  const { breaker } = history;
  if (earlier === 0 && breaker.state === 'closed') breaker.failures = 0;
  // Whatever it failed by: half-open, it has to prove itself from the first probe on.
  const probes = breaker.state === 'halfOpen' ? breaker.probes : 0;
  switch (strategy.kind) {
    case 'immediate':
      return { kind: 'restart', delayMs: 0, probes };
    case 'backoff': {
      const fullMs = Math.min(strategy.maxMs, strategy.initialMs * strategy.factor ** earlier);
      return { kind: 'restart', delayMs: fullMs * (1 - strategy.jitter * random()), probes };
    }
    case 'circuitBreaker': {
      breaker.failures++;
      if (breaker.state === 'closed' && breaker.failures < strategy.failures)
        return { kind: 'restart', delayMs: 0, probes: 0 };
      breaker.state = 'open';
      breaker.probes = strategy.probes;
      return { kind: 'restart', delayMs: strategy.openMs, probes: strategy.probes };
    }
  }
}

/** The open time has passed and the actor starts again: its next messages are probes. False if the breaker wasn't open. */
export function halfOpen({ breaker }: FailureHistory): boolean {
  if (breaker.state !== 'open') return false;
  breaker.state = 'halfOpen';
  return true;
}

/** All probes were handled. */
export function closeBreaker(history: FailureHistory): void {
  history.breaker.state = 'closed';
  history.breaker.failures = 0;
}
