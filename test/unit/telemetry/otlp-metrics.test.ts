import { afterEach, describe, expect, it } from 'vitest';
import { actorMetrics } from '../../../node-core/adapters/telemetry/actor-metrics.ts';
import { MetricsFeed } from '../../../node-core/adapters/telemetry/metrics-feed.ts';
import { createOtlpMetrics } from '../../../node-core/adapters/telemetry/otlp-metrics.ts';
import { createPrometheusMetrics } from '../../../node-core/adapters/telemetry/prometheus.ts';
import { startTelemetry } from '../../../node-core/composition/telemetry.ts';
import { actor, run, type Running } from '../../support/actors.ts';
import { type Metric, type Point, startCollector } from '../../support/otlp-collector.ts';
import { labelsOf, parsed } from '../../support/prometheus-text.ts';

const NODE = 'alpha';
const SINCE_MS = 1_600_000_000_000;

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function collector() {
  const started = await startCollector();
  endings.push(started.close);
  return started;
}

/** A clock that moves only while a handler works, by the `us` of its message. */
function workers(): Running {
  let clockUs = 0;
  const worker = (name: string) =>
    actor(name, (message) => {
      clockUs += Number(message['us'] ?? 0);
      if (message.type === 'Crash') throw new TypeError('bug');
    });
  const environment = { nowMs: () => 1_700_000_000_000, monotonicUs: () => clockUs, random: () => 0 };
  return run([worker('ChainActor'), worker('BridgeActor')], { environment });
}

const metricsOf = ({ system }: Running) =>
  actorMetrics({
    tree: () => system.tree(),
    totals: () => system.totals(),
    traces: () => ({ sent: 5, missed: 2, failed: 1 }),
    exports: () => null,
  });

function feedOf(running: Running, url: string, { everyMs = 60_000, timeoutMs = 2_000 } = {}) {
  const lines: string[] = [];
  const feed = new MetricsFeed({
    read: () => metricsOf(running),
    collector: createOtlpMetrics({ url, nodeName: NODE, timeoutMs }, SINCE_MS),
    everyMs,
    nowMs: () => running.pump.nowMs,
    log: (level, text) => lines.push(`${level} ${text}`),
  });
  return { feed, lines };
}

/** A series' name, the same however its labels are ordered. */
const key = (name: string, labels: Readonly<Record<string, string>>): string =>
  `${name} ${JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`;

const attributesOf = ({ attributes }: Point): Readonly<Record<string, string>> =>
  Object.fromEntries(attributes.map(({ key: name, value }) => [name, value.stringValue ?? '']));

/** What Prometheus text would say of a decoded OTLP metric. */
function* seriesOf({ name, gauge, sum, histogram }: Metric): Generator<readonly [string, number | undefined]> {
  for (const point of [...(gauge?.dataPoints ?? []), ...(sum?.dataPoints ?? [])])
    yield [key(name, attributesOf(point)), point.asInt ?? point.asDouble];
  for (const point of histogram?.dataPoints ?? []) {
    const labels = attributesOf(point);
    let below = 0;
    for (const [index, count] of (point.bucketCounts ?? []).entries()) {
      const le = String(point.explicitBounds?.[index] ?? '+Inf');
      yield [key(`${name}_bucket`, { ...labels, le }), (below += count)];
    }
    yield [key(`${name}_sum`, labels), point.sum];
    yield [key(`${name}_count`, labels), point.count];
  }
}

describe('metrics by OTLP', () => {
  it('say what the Prometheus text of the same moment says, bucket by bucket', async () => {
    const { metrics, nodes, url, requests } = await collector();
    const running = workers();
    for (let type = 0; type < 60; type++)
      for (const us of [0, 9, 10, 639, 640, 5_000_000, 20_000_000])
        running.tell(type % 2 === 0 ? 'ChainActor' : 'BridgeActor', { type: `Step${type}`, us });
    running.tell('BridgeActor', { type: 'Crash' });
    running.tell('BridgeActor', { type: 'Step1' });
    const { feed } = feedOf(running, url);
    await feed.stop();

    const { values, types } = parsed(await createPrometheusMetrics(() => metricsOf(running), NODE).text());
    const text = [...values].map(([series, value]) => {
      const { node, ...labels } = labelsOf(series);
      expect(node).toBe(NODE);
      return [key(series.slice(0, series.indexOf('{')), labels), value] as const;
    });
    const sent = metrics.flatMap((metric) => [...seriesOf(metric)]);
    expect(sent.length, 'each series once').toBe(text.length);
    expect(new Map(sent)).toEqual(new Map(text));
    expect(values.get(`alys_actor_dead_letters_total{behaviour="BridgeActor",node="${NODE}"}`)).toBe(1);
    for (const { name, gauge, sum, histogram } of metrics)
      expect({ gauge, counter: sum, histogram }[types.get(name) ?? '']?.dataPoints.length, name).toBeGreaterThan(0);
    expect([...nodes]).toEqual([NODE]);
    expect(requests(), 'in several requests').toBeGreaterThan(2);
  });

  it('are cumulative since the start of the actors, with the units of OpenTelemetry', async () => {
    const { metrics, url } = await collector();
    const running = workers();
    running.tell('ChainActor', { type: 'Step', us: 5 });
    const { feed } = feedOf(running, url);
    await feed.stop();
    const CUMULATIVE = 2;
    for (const { name, sum, histogram } of metrics.filter(({ gauge }) => gauge === undefined)) {
      expect((sum ?? histogram)?.aggregationTemporality, name).toBe(CUMULATIVE);
      if (sum !== undefined) expect(sum.isMonotonic, name).toBe(true);
    }
    const units = Object.fromEntries(metrics.map(({ name, unit }) => [name, unit]));
    expect(units).toMatchObject({
      alys_actors: '{actor}',
      alys_actor_mailbox_fullness: '1',
      alys_actor_handled_total: '{message}',
      alys_actor_handling_seconds: 's',
    });
    for (const { gauge, sum, histogram } of metrics)
      for (const { startTimeUnixNano, timeUnixNano } of (gauge ?? sum ?? histogram)?.dataPoints ?? []) {
        expect(BigInt(startTimeUnixNano)).toBe(BigInt(SINCE_MS) * 1_000_000n);
        expect(BigInt(timeUnixNano)).toBe(BigInt(running.pump.nowMs) * 1_000_000n);
      }
  });

  it('go on being sent by themselves', async () => {
    const { url, requests } = await collector();
    const { feed, lines } = feedOf(workers(), url, { everyMs: 1 });
    await expect.poll(() => feed.counts.sent).toBeGreaterThan(3);
    await feed.stop();
    expect(feed.counts.failed).toBe(0);
    expect(lines).toEqual([]);
    const ended = requests();
    expect(feed.counts.sent).toBeLessThanOrEqual(ended);
  });

  it('that a collector refuses are counted and said once, and once when it takes them again', async () => {
    const { answer, url } = await collector();
    answer(400);
    const running = workers();
    const { feed, lines } = feedOf(running, url, { everyMs: 1 });
    await expect.poll(() => feed.counts.failed).toBeGreaterThan(2);
    running.tell('ChainActor', { type: 'Step' });
    expect(running.system.view('ChainActor'), 'the actors go on').toEqual(['Step']);
    answer(200);
    await expect.poll(() => feed.counts.sent).toBeGreaterThan(0);
    await feed.stop();
    expect(lines).toEqual([
      expect.stringMatching(/^warn the collector does not take metrics: .*Bad Request/),
      'info the collector takes metrics again',
    ]);
  });

  it('wait for no collector that does not answer: one export at a time, given up after its time', async () => {
    const { answer, url, requests } = await collector();
    answer('never');
    const { feed, lines } = feedOf(workers(), url, { everyMs: 1, timeoutMs: 50 });
    await expect.poll(() => feed.counts.failed).toBeGreaterThan(1);
    expect(requests()).toBeLessThanOrEqual(feed.counts.failed + 1);
    await feed.stop();
    expect(lines).toEqual([expect.stringContaining('timed out')]);
  });

  it('have nowhere to go while the collector is down, which costs one line and a count', async () => {
    const { url, close } = await collector();
    endings.pop();
    await close();
    const { feed, lines } = feedOf(workers(), url, { everyMs: 1, timeoutMs: 50 });
    await expect.poll(() => feed.counts.failed).toBeGreaterThan(2);
    await feed.stop();
    expect(feed.counts.sent).toBe(0);
    expect(lines).toEqual([expect.stringContaining('ECONNREFUSED')]);
  });
});

describe('telemetry of a node', () => {
  it.each(['', '/', '/v1/traces'])(
    'goes to both endpoints of the collector, given as its address and "%s"',
    async (path) => {
      const { metrics, spans, url } = await collector();
      const running = workers();
      const settings = { nodeName: NODE, telemetry: { prometheusPort: null, otlpUrl: `${url}${path}` } };
      const stop = await startTelemetry(running.system, settings, SINCE_MS);
      running.tell('ChainActor', { type: 'Step' });
      await stop();
      expect(spans.map(({ name }) => name)).toEqual(['Step']);
      expect(metrics.map(({ name }) => name)).toContain('alys_actor_handled_total');
      expect(
        metrics.map(({ name }) => name),
        'what became of traces',
      ).toContain('alys_traces_total');
    },
  );

  it('says in the log that the collector does not take it', async () => {
    const { answer, url } = await collector();
    answer(400);
    const running = workers();
    const settings = { nodeName: NODE, telemetry: { prometheusPort: null, otlpUrl: url } };
    const stop = await startTelemetry(running.system, settings, SINCE_MS);
    running.tell('ChainActor', { type: 'Step' });
    await stop();
    expect(running.logs()).toEqual(
      expect.arrayContaining([
        expect.stringContaining('warn OtlpCollector: the collector does not take metrics'),
        expect.stringContaining('warn OtlpCollector: the collector does not take traces'),
      ]),
    );
  });
});
