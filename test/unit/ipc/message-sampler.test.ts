import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageSampler } from '../../../electron/ipc/message-sampler.ts';
import { record } from '../read-model/record.ts';

const all = { actor: '', type: '', correlationId: '' };

describe('the sampling of messages for one window', () => {
  it('accounts for every message: received = shown + aggregated + dropped', () => {
    const batch = fc.record({ count: fc.nat(300), missed: fc.nat(50), take: fc.boolean(), wanted: fc.boolean() });
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 20 }), (batches) => {
        const sampler = new MessageSampler({ ...all, type: 'Wanted' });
        let received = 0;
        let shown = 0;
        for (const { count, missed, take, wanted } of batches) {
          sampler.add(
            record(Array.from({ length: count }, () => ['User', 'EngineActor', wanted ? 'Wanted' : 'Other'])),
            missed,
          );
          received += count + missed;
          if (take) shown += sampler.take().sample.length;
        }
        const last = sampler.take();
        shown += last.sample.length;
        const { counters } = last;
        expect(counters.received).toBe(received);
        expect(counters.shown).toBe(shown);
        expect(counters.shown + counters.aggregated + counters.dropped).toBe(received);
      }),
    );
  });

  it('shows a bounded number however many came, from all of the batch and in order', () => {
    const sampler = new MessageSampler(all);
    sampler.add(record(Array.from({ length: 10_000 }, () => ['User', 'EngineActor', 'X'])), 0);
    const { sample } = sampler.take();
    expect(sample.length).toBeLessThanOrEqual(40);
    const seqs = sample.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(Math.max(...seqs)).toBeGreaterThan(9_000);
  });

  it('shows only what matches the filter and marks what failed', () => {
    const sampler = new MessageSampler({ ...all, actor: 'bridge' });
    sampler.add(
      record([
        ['User', 'EngineActor', 'A'],
        ['EngineActor', 'BridgeActor', 'B', 1, { outcome: 'crashed' }],
      ]),
      0,
    );
    expect(sampler.take().sample).toMatchObject([{ type: 'B', failed: true }]);
  });
});
