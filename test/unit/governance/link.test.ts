import { describe, expect, it } from 'vitest';
import {
  type LinkState,
  initialLink,
  linkAttempted,
  linkLost,
  linkOpened,
  mayRequest,
  probeAnswered,
} from '../../../node-core/domain/governance/link.ts';

/** `random` of one half is no jitter. */
const lose = (link: LinkState, nowMs: number, random = 0.5) => linkLost(linkAttempted(link), nowMs, random);
const failing = (times: number): LinkState =>
  Array.from({ length: times }).reduce<LinkState>((link) => lose(link, 0), initialLink);
const stableFor = (link: LinkState, forMs: number): LinkState =>
  linkLost(linkOpened(linkAttempted(link), 0), forMs, 0.5);

describe('reconnection', () => {
  it('waits 1 s, then twice as long each time', () => {
    expect([1, 2, 3, 4].map((times) => failing(times).nextAttemptMs)).toEqual([1000, 2000, 4000, 8000]);
  });

  it('spreads the delay by a tenth to either side', () => {
    expect(lose(initialLink, 0, 0).nextAttemptMs).toBe(900);
    expect(lose(initialLink, 0, 0.999_999).nextAttemptMs).toBe(1100);
  });

  it('starts again from 1 s after a link that was stable for 60 s, and not before', () => {
    expect(stableFor(failing(3), 60_000).nextAttemptMs).toBe(61_000);
    expect(stableFor(failing(3), 59_999).nextAttemptMs).toBe(59_999 + 8000);
  });
});

describe('circuit breaker', () => {
  it('opens for 60 s at the fifth failure in a row', () => {
    expect(failing(4).circuit).toBe('closed');
    expect(failing(5)).toMatchObject({ circuit: 'open', nextAttemptMs: 60_000 });
  });

  it('lets no request out until three probes were answered', () => {
    let link = linkOpened(linkAttempted(failing(5)), 60_000);
    expect(link.circuit).toBe('halfOpen');
    expect(mayRequest(link)).toBe(false);
    link = probeAnswered(link);
    expect(mayRequest(link)).toBe(false);
    link = probeAnswered(link);
    expect(mayRequest(link)).toBe(true);
    expect(link).toMatchObject({ circuit: 'closed', failures: 0, connectedSinceMs: 60_000 });
  });

  it('opens again when a probe fails', () => {
    const trial = probeAnswered(linkOpened(linkAttempted(failing(5)), 60_000));
    expect(linkLost(trial, 61_000, 0.5)).toMatchObject({ circuit: 'open', nextAttemptMs: 121_000 });
    expect(lose(failing(5), 60_000)).toMatchObject({ circuit: 'open', nextAttemptMs: 120_000 });
  });

  it('lets requests out on a first connection at once', () => {
    expect(mayRequest(initialLink)).toBe(false);
    expect(mayRequest(linkOpened(linkAttempted(initialLink), 0))).toBe(true);
  });
});
