import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startMetricsServer } from '../../../node-core/adapters/telemetry/metrics-server.ts';
import { createOtlpTraces } from '../../../node-core/adapters/telemetry/otlp-traces.ts';
import { createPrometheusMetrics } from '../../../node-core/adapters/telemetry/prometheus.ts';
import { TraceFeed } from '../../../node-core/adapters/telemetry/trace-feed.ts';
import { actor, run, type Any } from '../../support/actors.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number };
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = '';
  for await (const part of request) body += String(part);
  return body;
};

/** A collector that keeps the spans it is sent, or refuses them. */
async function collector(status = 200) {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const sent = JSON.parse(body) as {
        readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
      };
      if (status === 200)
        spans.push(...sent.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(() => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))));
  return { spans, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces` };
}

const relay = actor('RelayActor', (message, ctx) => {
  if (message.type === 'Go') ctx.tell(ctx.refOf<Any>('LeafActor'), { type: 'Passed' });
});
const leaf = actor('LeafActor', (message) => {
  if (message.type === 'Passed') throw new TypeError('bug');
});

const feedOf = (running: ReturnType<typeof run>, url: string) =>
  new TraceFeed({
    reader: running.system.read('oldest'),
    traces: createOtlpTraces({ url, nodeName: 'alpha', timeoutMs: 2_000 }),
    everyMs: 60_000,
    batch: 1_000,
  });

const sourcesOf = ({ system }: ReturnType<typeof run>) => ({
  tree: () => system.tree(),
  totals: () => system.totals(),
  traces: () => null,
  nodeName: 'alpha',
});

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
    });
    for (let n = 0; n < 95; n++) running.tell('RelayActor', { type: 'Hello' });
    await expect.poll(() => spans.length).toBe(95);
    expect(feed.counts).toEqual({ sent: 95, missed: 0, failed: 0 });
    await feed.stop();
  });

  it('that a collector refuses are counted, and the actors go on', async () => {
    const { url } = await collector(400);
    const running = run([relay]);
    const feed = feedOf(running, url);
    running.tell('RelayActor', { type: 'Hello' });
    await feed.stop();
    expect(feed.counts.failed).toBeGreaterThan(0);
    expect(feed.counts.sent).toBe(0);
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

/** Prometheus text by its own grammar: the values by their series, the types by their metric. */
function parsed(text: string) {
  const values = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, metric, type] = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (metric !== undefined && type !== undefined) types.set(metric, type);
    if (line.startsWith('# ')) continue;
    const [, series, value] = /^(\w+\{(?:\w+="(?:[^"\\\n]|\\[\\"n])*",?)*\}) (\S+)$/.exec(line) ?? [];
    if (series === undefined) throw new Error(`not Prometheus text: ${line}`);
    expect(values.has(series), `${series} is there once`).toBe(false);
    values.set(series, Number(value));
  }
  return { values, types };
}

const labelsOf = (series: string): Readonly<Record<string, string>> =>
  Object.fromEntries([...series.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]));

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
    const text = await createPrometheusMetrics(sourcesOf(running)).text();
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
    const metrics = createPrometheusMetrics(sourcesOf(running));
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
    const { values } = parsed(await createPrometheusMetrics(sourcesOf(running)).text());
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
    const { values } = parsed(await createPrometheusMetrics(sourcesOf(running)).text());
    const series = [...values.keys()].find((name) => name.startsWith('alys_actor_handling_seconds_count'));
    expect(labelsOf(series ?? '')['type']).toBe('Say \\"hi\\"\\\\\\n');
  });

  it('are served on loopback, to a caller that names it, at one address', async () => {
    const running = run([relay]);
    const server = await startMetricsServer(createPrometheusMetrics(sourcesOf(running)), 0);
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
    const sources = { tree, totals: () => [], traces: () => null, nodeName: 'alpha' };
    const server = await startMetricsServer(createPrometheusMetrics(sources), 0);
    endings.push(() => server.close());
    expect((await fetch(server.url)).status).toBe(500);
  });

  it('count what became of traces', async () => {
    const traces = () => ({ sent: 5, missed: 2, failed: 1 });
    const text = await createPrometheusMetrics({ tree: () => [], totals: () => [], traces, nodeName: 'alpha' }).text();
    expect(text).toContain('# TYPE alys_traces_total counter');
    expect(text).toContain('alys_traces_total{outcome="missed",node="alpha"} 2');
  });
});
