import type { MailboxOptions } from '../kernel/behaviour.ts';
import type { RestartStrategy, SupervisionPolicy } from '../kernel/supervision.ts';

/** How one actor is bounded and restarted. */
export interface ActorPolicy {
  readonly mailbox: MailboxOptions;
  readonly supervision: SupervisionPolicy;
}

const MINUTE_MS = 60_000;

/** What an actor stands on has failed: it is left in peace for a while. As the link's of protocol.md, but shorter: it is near. */
const CASCADING: RestartStrategy = { kind: 'circuitBreaker', failures: 5, openMs: 30_000, probes: 3 };

/**
 * Network errors are met at once, service errors as `service` says, cascading failures by a circuit breaker, logic errors
 * never again. Source: communication-flows.md, section 6.
 */
function answers(service: RestartStrategy): Pick<SupervisionPolicy, 'network' | 'service' | 'cascading' | 'logic'> {
  return { network: { kind: 'immediate' }, service, cascading: CASCADING, logic: { kind: 'terminate' } };
}

const backoff = (initialMs: number, maxMs: number, factor: number): RestartStrategy => ({
  kind: 'backoff',
  initialMs,
  maxMs,
  factor,
  jitter: 0.1,
});

const BRIDGE: SupervisionPolicy = {
  ...answers({ kind: 'backoff', initialMs: 1000, maxMs: 1000, factor: 1, jitter: 0 }),
  scope: 'oneForOne',
  limit: { restarts: 15, windowMs: 15 * MINUTE_MS },
  exceeded: 'escalate',
  stopDeadlineMs: 5000,
};

/** An operation is told a few messages a block. It is answered as BridgeActor, but one that fails too often ends alone and in sight. */
const OPERATION: ActorPolicy = {
  mailbox: { bound: 1000, overflow: 'blockProducer' },
  supervision: { ...BRIDGE, exceeded: 'terminate' },
};

/** Defaults of every actor by its behaviour's name. Money and consensus messages never meet a dropping mailbox. Source: protocol.md, Supervision defaults. */
export const actorPolicies = {
  SupervisorActor: {
    mailbox: { bound: 10_000, overflow: 'blockProducer' },
    supervision: {
      ...answers({ kind: 'terminate' }),
      // A child has failed as often as it may: the whole tree rests, tries once more, and then ends.
      cascading: { ...CASCADING, failures: 1 },
      scope: 'oneForOne',
      limit: { restarts: 1, windowMs: 5 * MINUTE_MS },
      exceeded: 'escalate',
      stopDeadlineMs: 10_000,
    },
  },
  ChainActor: {
    mailbox: { bound: 100_000, overflow: 'blockProducer' },
    supervision: {
      ...answers(backoff(100, 30_000, 2)),
      scope: 'oneForOne',
      limit: { restarts: 10, windowMs: 5 * MINUTE_MS },
      exceeded: 'escalate',
      stopDeadlineMs: 5000,
    },
  },
  EngineActor: {
    mailbox: { bound: 50_000, overflow: 'blockProducer' },
    supervision: {
      ...answers(backoff(50, 15_000, 1.5)),
      scope: 'oneForOne',
      limit: { restarts: 15, windowMs: 5 * MINUTE_MS },
      exceeded: 'escalate',
      stopDeadlineMs: 5000,
    },
  },
  BridgeActor: {
    mailbox: { bound: 25_000, overflow: 'blockProducer' },
    supervision: BRIDGE,
  },
  PegIn: OPERATION,
  PegOut: OPERATION,
  NetworkActor: {
    mailbox: { bound: 50_000, overflow: 'blockProducer' },
    supervision: {
      ...answers({ kind: 'immediate' }),
      scope: 'oneForOne',
      limit: { restarts: 20, windowMs: 10 * MINUTE_MS },
      // The node goes on without the network: it imports nothing and signs nothing new, but serves its operator.
      exceeded: 'terminate',
      stopDeadlineMs: 5000,
    },
  },
  StreamActor: {
    mailbox: { bound: 10_000, overflow: 'blockProducer' },
    supervision: {
      ...answers({ kind: 'circuitBreaker', failures: 5, openMs: MINUTE_MS, probes: 3 }),
      network: { kind: 'circuitBreaker', failures: 5, openMs: MINUTE_MS, probes: 3 },
      scope: 'oneForOne',
      limit: { restarts: 20, windowMs: 10 * MINUTE_MS },
      exceeded: 'terminate',
      stopDeadlineMs: 5000,
    },
  },
  SyncActor: {
    mailbox: { bound: 50_000, overflow: 'blockProducer' },
    supervision: {
      ...answers(backoff(500, 60_000, 2)),
      scope: 'oneForOne',
      limit: { restarts: 10, windowMs: 5 * MINUTE_MS },
      exceeded: 'escalate',
      stopDeadlineMs: 5000,
    },
  },
  StorageActor: {
    mailbox: { bound: 50_000, overflow: 'blockProducer' },
    supervision: {
      ...answers(backoff(500, 60_000, 2)),
      // What the others hold in memory follows from what this one wrote: they all start again from the disk.
      scope: 'oneForAll',
      limit: { restarts: 10, windowMs: 5 * MINUTE_MS },
      exceeded: 'escalate',
      stopDeadlineMs: 10_000,
    },
  },
} as const satisfies Record<string, ActorPolicy>;
