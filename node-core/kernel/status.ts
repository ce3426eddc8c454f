import type { ActorCell } from './cell.ts';
import { Histogram } from './histogram.ts';
import type { ActorStatus, Durations, TypeTimes } from './record.ts';
import type { HealthReport } from './system-messages.ts';

const quantiles = (histogram: Histogram): Durations => ({
  p50Us: histogram.quantile(0.5),
  p99Us: histogram.quantile(0.99),
  maxUs: histogram.max,
});

function merged(histograms: readonly Histogram[]): Durations {
  const all = new Histogram();
  for (const histogram of histograms) all.merge(histogram);
  return quantiles(all);
}

/** What the supervision tree shows of an actor: made when somebody looks. */
export function statusOf(cell: ActorCell): ActorStatus {
  const { behaviour, lifecycle } = cell;
  const types = cell.statistics?.types ?? [];
  const runs = lifecycle === 'Running' || lifecycle === 'Stopping';
  return {
    path: cell.path,
    parent: cell.parent?.path ?? null,
    behaviour: behaviour.name,
    lifecycle,
    suspended: cell.suspended,
    generation: cell.generation,
    restarts: cell.restarts,
    breaker: cell.failures?.breaker.state ?? 'closed',
    mailbox: {
      depth: cell.waiting,
      bound: behaviour.mailbox.bound,
      overflow: behaviour.mailbox.overflow,
      highWater: cell.highWater,
      reserved: cell.reserved,
      atDoor: (cell.door?.count ?? 0) + (cell.reservedDoor?.count ?? 0),
    },
    handled: cell.handled,
    dropped: cell.dropped,
    refused: cell.refused,
    deadLetters: cell.deadLetters,
    crashes: cell.crashes,
    queueWait: merged(types.map(({ queueWait }) => queueWait)),
    handling: merged(types.map(({ handling }) => handling)),
    machineState: runs ? (behaviour.machineState?.(cell.state) ?? null) : null,
    lastError: cell.lastError,
  };
}

/** What it shows of an actor's message types, in the order in which they came first. */
export const timesOf = ({ statistics }: ActorCell): readonly TypeTimes[] =>
  (statistics?.types ?? []).map(({ type, queueWait, handling }) => ({
    type,
    count: handling.count,
    queueWait: quantiles(queueWait),
    handling: quantiles(handling),
  }));

/** What an actor's health report says. */
export const healthOf = (cell: ActorCell, nowMs: number): HealthReport => ({
  type: 'HealthReport',
  path: cell.path,
  lifecycle: cell.lifecycle,
  generation: cell.generation,
  suspended: cell.suspended,
  waiting: cell.waiting,
  heldBy: [...(cell.heldAt?.values() ?? [])].map(({ at }) => at.path),
  pendingCalls: [...(cell.calls ?? [])].map(({ party, type, sinceMs }) => ({ party, type, forMs: nowMs - sinceMs })),
  lastHandledAtMs: cell.lastHandledAtMs < 0 ? null : cell.lastHandledAtMs,
});
