import { Counter, Gauge, Registry } from 'prom-client';
import type { ActorStatus, BehaviourTotals } from '../../kernel/record.ts';
import type { MetricsPort } from '../../ports/telemetry.ts';
import { CountedHistogram } from './counted-histogram.ts';
import type { TraceFeedCounts } from './trace-feed.ts';

/** A metric of the actors of one behaviour together: peg operations come and go by the thousand, their behaviours don't. */
interface ActorGauge {
  readonly name: string;
  readonly help: string;
  readonly of: (actors: readonly ActorStatus[]) => number;
}

interface ActorCounter {
  readonly name: string;
  readonly help: string;
  readonly of: (totals: BehaviourTotals) => number;
}

const sum = (of: (status: ActorStatus) => number) => (actors: readonly ActorStatus[]) =>
  actors.reduce((total, status) => total + of(status), 0);
const worst = (of: (status: ActorStatus) => number) => (actors: readonly ActorStatus[]) => Math.max(...actors.map(of));

const GAUGES: readonly ActorGauge[] = [
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
  {
    name: 'alys_actor_breakers_open',
    help: 'Actors whose circuit breaker is open',
    of: sum(({ breaker }) => (breaker === 'open' ? 1 : 0)),
  },
];

const COUNTERS: readonly ActorCounter[] = [
  { name: 'alys_actor_handled_total', help: 'Messages handled', of: ({ handled }) => handled },
  { name: 'alys_actor_dropped_total', help: 'Messages dropped by a full mailbox', of: ({ dropped }) => dropped },
  { name: 'alys_actor_refused_total', help: 'Messages refused by a full mailbox', of: ({ refused }) => refused },
  {
    name: 'alys_actor_dead_letters_total',
    help: 'Messages that reached nobody; of (nobody), those to no actor of the tree',
    of: ({ deadLetters }) => deadLetters,
  },
  { name: 'alys_actor_crashes_total', help: 'Crashes', of: ({ crashes }) => crashes },
  { name: 'alys_actor_restarts_total', help: 'Restarts', of: ({ restarts }) => restarts },
];

export interface MetricsSources {
  readonly tree: () => readonly ActorStatus[];
  readonly totals: () => readonly BehaviourTotals[];
  /** What became of the deliveries for the trace collector; null without one. */
  readonly traces: () => TraceFeedCounts | null;
  readonly nodeName: string;
}

/** The actors as Prometheus text. They are looked at when somebody asks, and that costs nothing until then. */
export function createPrometheusMetrics({ tree, totals, traces, nodeName }: MetricsSources): MetricsPort {
  const registry = new Registry();
  registry.setDefaultLabels({ node: nodeName });
  const registers = [registry];
  const labelNames = ['behaviour'];
  const gauges = GAUGES.map(({ name, help, of }) => ({ of, gauge: new Gauge({ name, help, labelNames, registers }) }));
  const counters = COUNTERS.map(({ name, help, of }) => ({
    of,
    counter: new Counter({ name, help, labelNames, registers }),
  }));
  const exported = new Counter({
    name: 'alys_traces_total',
    help: 'Deliveries for the trace collector: sent, missed because it was too slow, failed because it refused them',
    labelNames: ['outcome'],
    registers,
  });
  let counted: readonly BehaviourTotals[] = [];
  const histogram = (name: string, help: string, of: 'queueWait' | 'handling'): void => {
    const read = () =>
      counted.flatMap(({ behaviour, times }) =>
        times.map((time) => ({ labels: { behaviour, type: time.type }, durations: time[of] })),
      );
    registry.registerMetric(new CountedHistogram(name, help, read).asMetric);
  };
  histogram('alys_actor_queue_wait_seconds', 'Time in the mailbox of messages that were handled', 'queueWait');
  histogram('alys_actor_handling_seconds', 'Time in the handler', 'handling');

  return {
    contentType: registry.contentType,
    async text() {
      const byBehaviour = Map.groupBy(tree(), ({ behaviour }) => behaviour);
      for (const { gauge, of } of gauges) {
        gauge.reset();
        for (const [behaviour, actors] of byBehaviour) gauge.set({ behaviour }, of(actors));
      }
      counted = totals();
      for (const { counter, of } of counters) {
        counter.reset();
        for (const behaviour of counted) counter.inc({ behaviour: behaviour.behaviour }, of(behaviour));
      }
      exported.reset();
      for (const [outcome, count] of Object.entries(traces() ?? {})) exported.inc({ outcome }, count);
      return registry.metrics();
    },
  };
}
