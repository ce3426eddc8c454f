import { Counter, Gauge, Registry } from 'prom-client';
import type { ActorStatus } from '../../kernel/record.ts';
import type { MetricsPort } from '../../ports/telemetry.ts';
import type { TraceFeedCounts } from './trace-feed.ts';

/** A metric of the actors of one behaviour together: peg operations come and go by the thousand, their behaviours don't. */
interface ActorMetric {
  readonly name: string;
  readonly help: string;
  readonly of: (actors: readonly ActorStatus[]) => number;
}

const sum = (of: (status: ActorStatus) => number) => (actors: readonly ActorStatus[]) =>
  actors.reduce((total, status) => total + of(status), 0);
const worst = (of: (status: ActorStatus) => number) => (actors: readonly ActorStatus[]) => Math.max(...actors.map(of));
const US_PER_SECOND = 1e6;

const METRICS: readonly ActorMetric[] = [
  {
    name: 'alys_actors',
    help: 'Actors that handle messages',
    of: sum(({ lifecycle }) => (lifecycle === 'Running' ? 1 : 0)),
  },
  { name: 'alys_actor_mailbox_depth', help: 'Messages that wait', of: sum(({ mailbox }) => mailbox.depth) },
  {
    name: 'alys_actor_mailbox_fullness',
    help: 'Share of the fullest mailbox that is taken, 0 to 1',
    of: worst(({ mailbox }) => mailbox.depth / mailbox.bound),
  },
  { name: 'alys_actor_handled', help: 'Messages handled since the start', of: sum(({ handled }) => handled) },
  { name: 'alys_actor_dropped', help: 'Messages dropped since the start', of: sum(({ dropped }) => dropped) },
  { name: 'alys_actor_crashes', help: 'Crashes since the start', of: sum(({ crashes }) => crashes) },
  { name: 'alys_actor_restarts', help: 'Restarts since the start', of: sum(({ restarts }) => restarts) },
  {
    name: 'alys_actor_queue_wait_p99_seconds',
    help: 'Time in the mailbox, 99th percentile of the slowest actor',
    of: worst(({ queueWait }) => queueWait.p99Us / US_PER_SECOND),
  },
  {
    name: 'alys_actor_handling_p99_seconds',
    help: 'Time in the handler, 99th percentile of the slowest actor',
    of: worst(({ handling }) => handling.p99Us / US_PER_SECOND),
  },
];

export interface MetricsSources {
  readonly tree: () => readonly ActorStatus[];
  /** What became of the deliveries for the trace collector; null without one. */
  readonly traces: () => TraceFeedCounts | null;
  readonly nodeName: string;
}

/** The supervision tree as Prometheus text. The tree is read when somebody asks, and costs nothing until then. */
export function createPrometheusMetrics({ tree, traces, nodeName }: MetricsSources): MetricsPort {
  const registry = new Registry();
  registry.setDefaultLabels({ node: nodeName });
  const gauges = METRICS.map(({ name, help, of }) => ({
    of,
    gauge: new Gauge({ name, help, labelNames: ['behaviour'], registers: [registry] }),
  }));
  const exported = new Counter({
    name: 'alys_traces_total',
    help: 'Deliveries for the trace collector: sent, missed because it was too slow, failed because it refused them',
    labelNames: ['outcome'],
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    async text() {
      const byBehaviour = Map.groupBy(tree(), ({ behaviour }) => behaviour);
      for (const { gauge, of } of gauges) {
        gauge.reset();
        for (const [behaviour, actors] of byBehaviour) gauge.set({ behaviour }, of(actors));
      }
      exported.reset();
      for (const [outcome, count] of Object.entries(traces() ?? {})) exported.inc({ outcome }, count);
      return registry.metrics();
    },
  };
}
