/**
 * When to connect again to governance. Source: protocol.md, Governance link: 1 s, doubled, cap 60 s, 10% jitter, reset
 * after 60 s stable; 5 failures in a row open the circuit for 60 s, 3 probes close it.
 */
export const LINK_POLICY = {
  firstDelayMs: 1000,
  maxDelayMs: 60_000,
  /** The delay is spread by this share to either side. */
  jitter: 0.1,
  stableMs: 60_000,
  failuresToOpen: 5,
  openMs: 60_000,
  probesToClose: 3,
} as const;

/** Closed: requests go out. Open: no attempt. Half-open: connected or connecting, and only probes go out. */
export type Circuit = 'closed' | 'open' | 'halfOpen';

/** Plain data. */
export interface LinkState {
  readonly circuit: Circuit;
  /** Failures in a row: attempts that failed and links that were lost before they were stable. */
  readonly failures: number;
  /** Probes answered since the circuit is half-open. */
  readonly probes: number;
  /** Unix ms; null while not connected. */
  readonly connectedSinceMs: number | null;
  /** Unix ms; null while connecting or connected. */
  readonly nextAttemptMs: number | null;
}

/** Before the first attempt, which is due at once. */
export const initialLink: LinkState = {
  circuit: 'closed',
  failures: 0,
  probes: 0,
  connectedSinceMs: null,
  nextAttemptMs: 0,
};

/** Whether requests may go out: connected, with the circuit closed. */
export const mayRequest = (link: LinkState): boolean => link.circuit === 'closed' && link.connectedSinceMs !== null;

/** An attempt begins. After an open circuit's time it is on trial. */
export const linkAttempted = (link: LinkState): LinkState => ({
  ...link,
  circuit: link.circuit === 'open' ? 'halfOpen' : link.circuit,
  probes: 0,
  nextAttemptMs: null,
});

/** Governance has taken the registration, which is the first probe. */
export const linkOpened = (link: LinkState, nowMs: number): LinkState =>
  probeAnswered({ ...link, connectedSinceMs: nowMs });

/** A heartbeat came back. Enough of them close a half-open circuit. */
export function probeAnswered(link: LinkState): LinkState {
  if (link.circuit !== 'halfOpen') return link;
  const probes = link.probes + 1;
  return probes < LINK_POLICY.probesToClose
    ? { ...link, probes }
    : { ...link, circuit: 'closed', failures: 0, probes: 0 };
}

/** The attempt failed or the link was lost: says when to try again. `random` is uniform in [0, 1). */
export function linkLost(link: LinkState, nowMs: number, random: number): LinkState {
  const { firstDelayMs, maxDelayMs, jitter, stableMs, failuresToOpen, openMs } = LINK_POLICY;
  const wasStable = link.connectedSinceMs !== null && nowMs - link.connectedSinceMs >= stableMs;
  const failures = (wasStable ? 0 : link.failures) + 1;
  const opens = failures >= failuresToOpen || (link.circuit === 'halfOpen' && !wasStable);
  const backoffMs = Math.min(maxDelayMs, firstDelayMs * 2 ** (failures - 1)) * (1 + jitter * (2 * random - 1));
  return {
    circuit: opens ? 'open' : 'closed',
    failures,
    probes: 0,
    connectedSinceMs: null,
    nextAttemptMs: nowMs + (opens ? openMs : Math.round(backoffMs)),
  };
}
