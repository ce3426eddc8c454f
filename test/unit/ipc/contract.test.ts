import { describe, expect, it } from 'vitest';
import { ConsoleModel, machineRegistry } from '../../../node-core/index.ts';
import { type Topic, topics } from '../../../electron/contract/topics.ts';
import { topicFeeds } from '../../../electron/ipc/topic-feeds.ts';
import { sampleSource } from '../../support/sample/sample-source.ts';

const params: { readonly [T in Exclude<Topic, 'messages'>]: unknown } = {
  overview: {},
  tree: {},
  actor: { path: 'ChainActor' },
  flow: {},
  recent: { actor: '', type: '', correlationId: '', limit: 50 },
  traces: { search: '', foundingOnly: false, limit: 50 },
  trace: { correlationId: 'slot:1221' },
  pegs: { search: '', kind: 'all', status: 'all', offset: 0, limit: 50 },
  operation: { id: '' },
  chain: {},
  execution: {},
  network: {},
  logs: { level: 'debug', actor: '', pattern: '', limit: 100 },
  audit: {},
  devnet: {},
};

describe('what is sent to a window', () => {
  it.each([true, false])('is exactly what the contract says, on every topic (node running: %s)', async (running) => {
    const source = sampleSource({ operations: 30, running });
    await source.controls.suspendActor('StreamActor', { who: 'test', reason: 'test' });
    const model = new ConsoleModel({ source, machines: machineRegistry, nowMs: Date.now });
    model.poll();
    const { feeds } = topicFeeds(model, source, Date.now);
    const ids = model.pegs({ search: '', kind: 'all', status: 'all', offset: 0, limit: 30 }).rows.map(({ id }) => id);
    // Balances and the audit log are asked for by the first call and known to a later one.
    feeds.devnet({});
    feeds.audit({});
    await Promise.resolve();
    await new Promise(setImmediate);
    for (const [name, given] of Object.entries(params)) {
      const topic = name as keyof typeof params;
      const feed = feeds[topic] as (params: unknown) => unknown;
      for (const id of topic === 'operation' ? ids : ['']) {
        const parsed = topics[topic].params.parse(topic === 'operation' ? { id: id || 'none' } : given);
        const data = JSON.parse(JSON.stringify(feed(parsed) ?? null)) as unknown;
        const checked = topics[topic].data.safeParse(data);
        expect(checked.error?.issues ?? [], topic).toEqual([]);
      }
    }
    await source.close();
  });
});
