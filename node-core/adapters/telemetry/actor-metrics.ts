import type { ActorStatus, BehaviourTotals } from '../../kernel/record.ts';
import type { Metric } from '../../ports/telemetry.ts';
import type { MetricsFeedCounts } from './metrics-feed.ts';
import type { TraceFeedCounts } from './trace-feed.ts';

/** A figure of the actors of one behaviour together: peg operations come and go by the thousand, their behaviours don't. */
interface Figure<Source> {
  readonly name: string;
  readonly help: string;
  readonly unit: string;
  readonly of: (source: Source) => number;
}

const sum = (of: (status: ActorStatus) => number) => (actors: readonly ActorStatus[]) =>
  actors.reduce((total, status) => total + of(status), 0);
const worst = (of: (status: ActorStatus) => number) => (actors: readonly ActorStatus[]) => Math.max(...actors.map(of));

const GAUGES: readonly Figure<readonly ActorStatus[]>[] = [
  {
    name: 'alys_actors',
    help: 'Actors that handle messages',
    unit: '{actor}',
    of: sum(({ lifecycle }) => (lifecycle === 'Running' ? 1 : 0)),
  },
  {
    name: 'alys_actor_mailbox_depth',
    help: 'Messages that wait',
    unit: '{message}',
    of: sum(({ mailbox }) => mailbox.depth),
  },
  {
    name: 'alys_actor_mailbox_fullness',
    help: 'Share of the fullest mailbox that is taken, 0 to 1',
    unit: '1',
    of: worst(({ mailbox }) => mailbox.depth / mailbox.bound),
  },
  {
    name: 'alys_actor_breakers_open',
    help: 'Actors whose circuit breaker is open',
    unit: '{actor}',
    of: sum(({ breaker }) => (breaker === 'open' ? 1 : 0)),
  },
];

const COUNTERS: readonly Figure<BehaviourTotals>[] = [
  { name: 'alys_actor_handled_total', help: 'Messages handled', unit: '{message}', of: ({ handled }) => handled },
  {
    name: 'alys_actor_dropped_total',
    help: 'Messages dropped by a full mailbox',
    unit: '{message}',
    of: ({ dropped }) => dropped,
  },
  {
    name: 'alys_actor_refused_total',
    help: 'Messages refused by a full mailbox',
    unit: '{message}',
    of: ({ refused }) => refused,
  },
  {
    name: 'alys_actor_dead_letters_total',
    help: 'Messages that reached nobody; of (nobody), those to no actor of the tree',
    unit: '{message}',
    of: ({ deadLetters }) => deadLetters,
  },
  { name: 'alys_actor_crashes_total', help: 'Crashes', unit: '{crash}', of: ({ crashes }) => crashes },
  { name: 'alys_actor_restarts_total', help: 'Restarts', unit: '{restart}', of: ({ restarts }) => restarts },
];

export interface MetricsSources {
  readonly tree: () => readonly ActorStatus[];
  readonly totals: () => readonly BehaviourTotals[];
  /** What became of the deliveries, and of the metrics, for the collector; null without one. */
  readonly traces: () => TraceFeedCounts | null;
  readonly exports: () => MetricsFeedCounts | null;
}

const outcomes = (name: string, help: string, unit: string, counts: object | null): Metric => ({
  kind: 'counter',
  name,
  help,
  unit,
  points: Object.entries(counts ?? {}).map(([outcome, value]: [string, number]) => ({ labels: { outcome }, value })),
});

const durations = (
  name: string,
  help: string,
  of: 'queueWait' | 'handling',
  totals: readonly BehaviourTotals[],
): Metric => ({
  kind: 'histogram',
  name,
  help,
  unit: 's',
  points: totals.flatMap(({ behaviour, times }) =>
    times.map((time) => ({ labels: { behaviour, type: time.type }, value: time[of] })),
  ),
});

/** The actors at this moment as metrics. They are looked at when somebody asks, and that costs nothing until then. */
export function actorMetrics(sources: MetricsSources): readonly Metric[] {
  const byBehaviour = [...Map.groupBy(sources.tree(), ({ behaviour }) => behaviour)];
  const totals = sources.totals();
  return [
    ...GAUGES.map(({ of, ...described }): Metric => ({
      kind: 'gauge',
      ...described,
      points: byBehaviour.map(([behaviour, actors]) => ({ labels: { behaviour }, value: of(actors) })),
    })),
    ...COUNTERS.map(({ of, ...described }): Metric => ({
      kind: 'counter',
      ...described,
      points: totals.map((its) => ({ labels: { behaviour: its.behaviour }, value: of(its) })),
    })),
    outcomes(
      'alys_traces_total',
      'Deliveries for the trace collector: sent, missed because it was too slow, failed because it refused them',
      '{message}',
      sources.traces(),
    ),
    outcomes(
      'alys_metric_exports_total',
      'Exports of all metrics to the collector: sent, failed because it did not take them',
      '{export}',
      sources.exports(),
    ),
    durations(
      'alys_actor_queue_wait_seconds',
      'Time in the mailbox of messages that were handled',
      'queueWait',
      totals,
    ),
    durations('alys_actor_handling_seconds', 'Time in the handler', 'handling', totals),
  ];
}

/** The same metrics, in their order, with at most so many series in each piece; a metric without series is in one too. */
export function* inPieces(metrics: readonly Metric[], most: number): Generator<readonly Metric[]> {
  let piece: Metric[] = [];
  let room = most;
  for (const metric of metrics) {
    let from = 0;
    do {
      const part = slice(metric, from, from + room);
      piece.push(part);
      from += part.points.length;
      room -= part.points.length;
      if (room === 0) {
        yield piece;
        piece = [];
        room = most;
      }
    } while (from < metric.points.length);
  }
  if (piece.length > 0) yield piece;
}

/** Written out for each kind, so that the kind keeps saying what its points are. */
const slice = (metric: Metric, from: number, to: number): Metric =>
  metric.kind === 'histogram'
    ? { ...metric, points: metric.points.slice(from, to) }
    : { ...metric, points: metric.points.slice(from, to) };
