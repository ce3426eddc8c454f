import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { actorMetrics } from '../../../node-core/adapters/telemetry/actor-metrics.ts';
import { startMetricsServer } from '../../../node-core/adapters/telemetry/metrics-server.ts';
import { createOtlpTraces } from '../../../node-core/adapters/telemetry/otlp-traces.ts';
import { createPrometheusMetrics } from '../../../node-core/adapters/telemetry/prometheus.ts';
import { TraceFeed } from '../../../node-core/adapters/telemetry/trace-feed.ts';
import { actor, run, type Any } from '../../support/actors.ts';
import { startCollector } from '../../support/otlp-collector.ts';
import { labelsOf, parsed } from '../../support/prometheus-text.ts';

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function collector(status = 200) {
  const started = await startCollector();
  endings.push(started.close);
  started.answer(status);
  return started;
}

const relay = actor('RelayActor', (message, ctx) => {
  if (message.type === 'Go') ctx.tell(ctx.refOf<Any>('LeafActor'), { type: 'Passed' });
});
const leaf = actor('LeafActor', (message) => {
  if (message.type === 'Passed') throw new TypeError('bug');
});

const feedOf = (running: ReturnType<typeof run>, url: string, log = (_level: string, _text: string) => undefined) =>
  new TraceFeed({
    reader: running.system.read('oldest'),
    traces: createOtlpTraces({ url, nodeName: 'alpha', timeoutMs: 2_000 }),
    everyMs: 60_000,
    batch: 1_000,
    log,
  });

const sourcesOf = ({ system }: ReturnType<typeof run>) => ({
  tree: () => system.tree(),
  totals: () => system.totals(),
  traces: () => null,
  exports: () => null,
});

const prometheusOf = (running: ReturnType<typeof run>) =>
  createPrometheusMetrics(() => actorMetrics(sourcesOf(running)), 'alpha');

describe('traces', () => {
  it('reach an OpenTelemetry collector as spans: the story is the trace, the cause the parent', async () => {
    const { spans, url } = await collector();
    const running = run([relay, leaf]);
    const feed = feedOf(running, url);
    running.tell('RelayActor', { type: 'Go' }, 'slot:7');
    await feed.stop();
    const [go, passed] = ['Go', 'Passed'].map((name) => spans.find((span) => span.name === name));
    expect(go?.parentSpanId ?? '').toBe('');
    expect(passed?.parentSpanId).toBe(go?.spanId);
    expect(passed?.traceId).toBe(go?.traceId);
    expect(go?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(BigInt(go?.startTimeUnixNano ?? 0)).toBe(BigInt(running.pump.nowMs) * 1_000_000n);
    expect(go?.status.code, 'OK').toBe(1);
    expect(passed?.status.code, 'ERROR').toBe(2);
    expect(passed?.attributes).toContainEqual({ key: 'alys.message.outcome', value: { stringValue: 'crashed' } });
    expect(feed.counts).toEqual({ sent: spans.length, missed: 0, failed: 0 });
  });

  it('link to a cause in another story, which no trace of theirs holds', async () => {
    const { spans, url } = await collector();
    const starter = actor('StarterActor', (message, ctx) => {
      if (message.type === 'Go')
        ctx.tell(ctx.refOf<Any>('RelayActor'), { type: 'Hello' }, { correlationId: 'peg-in:1' });
    });
    const running = run([starter, relay]);
    const feed = feedOf(running, url);
    running.tell('StarterActor', { type: 'Go' }, 'slot:7');
    await feed.stop();
    const [go, hello] = ['Go', 'Hello'].map((name) => spans.find((span) => span.name === name));
    expect(hello?.traceId).not.toBe(go?.traceId);
    expect(hello?.parentSpanId ?? '').toBe('');
    expect(hello?.links).toMatchObject([{ traceId: go?.traceId, spanId: go?.spanId }]);
  });

  it('go to the collector all, also when there are more than fit into one request', async () => {
    const { spans, url } = await collector();
    const running = run([relay]);
    const feed = new TraceFeed({
      reader: running.system.read('now'),
      traces: createOtlpTraces({ url, nodeName: 'alpha', timeoutMs: 2_000 }),
      everyMs: 1,
      batch: 10,
      log: () => undefined,
    });
    for (let n = 0; n < 95; n++) running.tell('RelayActor', { type: 'Hello' });
    await expect.poll(() => spans.length).toBe(95);
    expect(feed.counts).toEqual({ sent: 95, missed: 0, failed: 0 });
    await feed.stop();
  });

  it('that a collector refuses are counted, and the actors go on', async () => {
    const { url } = await collector(400);
    const running = run([relay]);
    const lines: string[] = [];
    const feed = feedOf(running, url, (level, text) => void lines.push(`${level} ${text}`));
    running.tell('RelayActor', { type: 'Hello' });
    await feed.stop();
    expect(feed.counts.failed).toBeGreaterThan(0);
    expect(feed.counts.sent).toBe(0);
    expect(lines).toEqual([expect.stringMatching(/^warn the collector does not take traces: /)]);
    running.tell('RelayActor', { type: 'Hello' });
    expect(running.system.view('RelayActor')).toEqual(['Hello', 'Hello']);
  });

  it('that came faster than they were read are counted as missed', async () => {
    const { url } = await collector();
    const running = run([relay], { limits: { recordEntries: 16 } });
    const feed = feedOf(running, url);
    for (let n = 0; n < 50; n++) running.tell('RelayActor', { type: 'Hello' });
    await feed.stop();
    expect(feed.counts).toEqual({ sent: 16, missed: 34, failed: 0 });
  });
});

/** The cumulative counts of a histogram by their upper bounds, in the order of the text. */
const bucketsOf = (values: ReadonlyMap<string, number>, name: string, type: string): readonly [number, number][] =>
  [...values].flatMap(([series, value]) => {
    const { le, type: itsType } = labelsOf(series);
    return series.startsWith(`${name}_bucket{`) && itsType === type
      ? [[le === '+Inf' ? Infinity : Number(le), value] as [number, number]]
      : [];
  });

/** A clock that moves only while a handler works, by the `us` of its message. */
function workers(endedChildren = 64) {
  let clockUs = 0;
  const environment = { nowMs: () => 1_700_000_000_000, monotonicUs: () => clockUs, random: () => 0 };
  const operation = actor('OperationActor', (message) => {
    clockUs += Number(message['us'] ?? 0);
    if (message.type === 'Crash') throw new TypeError('bug');
  });
  return run([], {
    environment,
    limits: { endedChildren },
    rootMore: {
      receive: (state, message, ctx) => {
        if (message.type === 'Start') ctx.spawn(operation, String(message['name']), undefined);
        if (message.type === 'Stop') ctx.stop(String(message['name']));
        return state;
      },
    },
  });
}

describe('metrics', () => {
  it('are the tree as Prometheus text, by behaviour', async () => {
    const running = run([relay, leaf]);
    for (let n = 0; n < 3; n++) running.tell('RelayActor', { type: 'Hello' });
    running.tell('LeafActor', { type: 'Passed' });
    const text = await prometheusOf(running).text();
    const { values, types } = parsed(text);
    expect(values.get('alys_actor_handled_total{behaviour="RelayActor",node="alpha"}')).toBe(3);
    expect(values.get('alys_actor_crashes_total{behaviour="LeafActor",node="alpha"}')).toBe(1);
    expect(values.get('alys_actor_breakers_open{behaviour="LeafActor",node="alpha"}')).toBe(0);
    expect(Object.fromEntries(types)).toMatchObject({
      alys_actors: 'gauge',
      alys_actor_mailbox_depth: 'gauge',
      alys_actor_handled_total: 'counter',
      alys_actor_queue_wait_seconds: 'histogram',
      alys_actor_handling_seconds: 'histogram',
    });
  });

  it('are counters that never fall, however many operations end', async () => {
    const running = workers(0);
    const metrics = prometheusOf(running);
    let before: ReadonlyMap<string, number> = new Map();
    for (let n = 0; n < 8; n++) {
      const name = `operation${n}`;
      running.tell('SupervisorActor', { type: 'Start', name });
      running.tell(name, { type: `Step${n}`, us: 700 });
      for (const end of [
        { path: name, type: n % 2 === 0 ? 'Crash' : 'Step0' },
        { path: 'SupervisorActor', type: 'Stop' },
      ]) {
        running.tell(end.path, { type: end.type, name });
        const { values, types } = parsed(await metrics.text());
        for (const [series, value] of before) {
          const metric = series.slice(0, series.indexOf('{'));
          if (types.get(metric) !== 'gauge') expect(values.get(series), series).toBeGreaterThanOrEqual(value);
        }
        before = values;
      }
    }
    expect(running.system.tree().map(({ path }) => path)).toEqual(['SupervisorActor']);
    expect(before.get('alys_actor_handled_total{behaviour="OperationActor",node="alpha"}')).toBe(16);
    expect(before.get('alys_actor_crashes_total{behaviour="OperationActor",node="alpha"}')).toBe(4);
    const counted = [...before].filter(([series]) =>
      series.startsWith('alys_actor_handling_seconds_count{behaviour="Op'),
    );
    expect(counted.reduce((sum, [, value]) => sum + value, 0)).toBe(16);
  });

  it('have the times of each behaviour and type as histograms, in seconds', async () => {
    const running = workers();
    running.tell('SupervisorActor', { type: 'Start', name: 'a' });
    const all = [0, 9, 10, 19, 20, 500, 639, 640, 5_000_000, 20_000_000];
    for (const us of all) running.tell('a', { type: 'Step', us });
    const { values } = parsed(await prometheusOf(running).text());
    const labels = 'behaviour="OperationActor",type="Step",node="alpha"';
    expect(values.get(`alys_actor_handling_seconds_count{${labels}}`)).toBe(all.length);
    expect(values.get(`alys_actor_handling_seconds_sum{${labels}}`)).toBeCloseTo(25.001837, 9);
    const buckets = bucketsOf(values, 'alys_actor_handling_seconds', 'Step');
    expect(buckets).toHaveLength(22);
    expect(buckets[0]?.[0]).toBe(0.00001);
    for (const [index, [bound, count]] of buckets.entries()) {
      expect(bound).toBeGreaterThan(buckets[index - 1]?.[0] ?? 0);
      expect(count, `handled in less than ${bound} s`).toBe(all.filter((us) => us < bound * 1e6).length);
    }
    expect(buckets.at(-1)).toEqual([Infinity, all.length]);
    expect(bucketsOf(values, 'alys_actor_queue_wait_seconds', 'Step').at(-1)).toEqual([Infinity, all.length]);
  });

  it('have their labels escaped', async () => {
    const running = run([relay]);
    running.tell('RelayActor', { type: 'Say "hi"\\\n' });
    const { values } = parsed(await prometheusOf(running).text());
    const series = [...values.keys()].find((name) => name.startsWith('alys_actor_handling_seconds_count'));
    expect(labelsOf(series ?? '')['type']).toBe('Say \\"hi\\"\\\\\\n');
  });

  it('are served on loopback, to a caller that names it, at one address', async () => {
    const running = run([relay]);
    const server = await startMetricsServer(prometheusOf(running), 0);
    endings.push(() => server.close());
    const answer = await fetch(server.url);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(await answer.text()).toContain('alys_actors');
    expect((await fetch(server.url.replace('/metrics', '/'))).status).toBe(404);
    expect((await fetch(server.url, { method: 'POST' })).status).toBe(404);
    expect((await fetch(server.url, { headers: { origin: 'http://evil.example' } })).status).toBe(403);
    expect((await fetch(server.url.replace('127.0.0.1', 'localhost')).catch(() => ({ status: 403 }))).status).toBe(403);
  });

  it("that can't be made are an error of the page alone", async () => {
    const tree = (): never => {
      throw new TypeError('bug');
    };
    const sources = { tree, totals: () => [], traces: () => null, exports: () => null };
    const server = await startMetricsServer(
      createPrometheusMetrics(() => actorMetrics(sources), 'alpha'),
      0,
    );
    endings.push(() => server.close());
    expect((await fetch(server.url)).status).toBe(500);
  });

  it('count what became of traces and of metrics for the collector', async () => {
    const sources = {
      tree: () => [],
      totals: () => [],
      traces: () => ({ sent: 5, missed: 2, failed: 1 }),
      exports: () => ({ sent: 7, failed: 3 }),
    };
    const text = await createPrometheusMetrics(() => actorMetrics(sources), 'alpha').text();
    expect(text).toContain('# TYPE alys_traces_total counter');
    expect(text).toContain('alys_traces_total{outcome="missed",node="alpha"} 2');
    expect(text).toContain('alys_metric_exports_total{outcome="failed",node="alpha"} 3');
  });

  it('are of one moment, although others have their turn while they are written', async () => {
    const running = workers();
    running.tell('SupervisorActor', { type: 'Start', name: 'a' });
    for (let type = 0; type < 60; type++) running.tell('a', { type: `Step${type}`, us: 5 });
    const metrics = prometheusOf(running);
    const before = await metrics.text();
    let written = false;
    const asked = metrics.text().finally(() => {
      written = true;
    });
    let turns = 0;
    for (; !written; turns++) {
      running.tell('a', { type: 'Step7', us: 5 });
      await setImmediate();
    }
    expect(await asked).toBe(before);
    expect(turns, 'turns of the event loop').toBeGreaterThan(5);
    expect(await metrics.text()).not.toBe(before);
  });
});
