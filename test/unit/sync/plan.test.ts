import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockHeight } from '../../../node-core/primitives/ids.ts';
import {
  assignRanges,
  importedUpTo,
  isComplete,
  isStalled,
  nextToImport,
  peerLost,
  planSync,
  raiseTarget,
  rangeFailed,
  rangeReceived,
  rangeRejected,
  type RangeRequest,
  type SyncLimits,
  type SyncPeer,
} from '../../../node-core/domain/sync/plan.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const h = blockHeight;
const limits: SyncLimits = { maxPerRange: 100, maxOpenRanges: 4, maxPerPeer: 2 };
const at = (peer: string, headHeight: number): SyncPeer => ({ peer, headHeight: h(headHeight) });
const ABC = [at('A', 1300), at('B', 1300), at('C', 1300)];

describe('a sync plan', () => {
  it('splits what is missing among the peers', () => {
    const { requests } = assignRanges(planSync(h(1000), h(1299)), ABC, limits);
    expect(requests).toEqual([
      { from: 1000, to: 1099, peer: 'A' },
      { from: 1100, to: 1199, peer: 'B' },
      { from: 1200, to: 1299, peer: 'C' },
    ]);
  });

  it('opens no more ranges than it may hold, and asks no peer for more than its share', () => {
    const first = assignRanges(planSync(h(1), h(5000)), [at('A', 5000)], limits);
    expect(first.requests).toHaveLength(limits.maxPerPeer);
    expect(first.plan.ranges).toHaveLength(limits.maxOpenRanges);
    expect(assignRanges(first.plan, [at('A', 5000)], limits).requests).toEqual([]);
  });

  it('asks another peer for what one failed, and says when nobody is left', () => {
    const peers = [at('A', 50), at('B', 50)];
    const one = assignRanges(planSync(h(1), h(50)), peers, limits);
    const two = assignRanges(rangeFailed(one.plan, h(1), 'A'), peers, limits);
    expect(two.requests).toEqual([{ from: 1, to: 50, peer: 'B' }]);
    expect(isStalled(two.plan, peers)).toBe(false);
    const three = peerLost(two.plan, 'B');
    expect(assignRanges(three, peers, limits).requests).toEqual([]);
    expect(isStalled(three, peers)).toBe(true);
    expect(isStalled(three, [...peers, at('C', 50)])).toBe(false);
  });

  it('asks for the rest of a short answer, and takes a range back that the chain refused', () => {
    const peers = [at('A', 50), at('B', 50)];
    const one = assignRanges(planSync(h(1), h(50)), peers, limits);
    const short = rangeReceived(one.plan, h(1), 'A', h(20));
    expect(nextToImport(short)).toEqual({ from: 1, to: 20, peer: 'A' });
    const two = assignRanges(rangeRejected(short, h(1), 'A'), peers, limits);
    expect(two.requests).toContainEqual({ from: 1, to: 20, peer: 'B' });
    expect(two.requests.map(({ from }) => from)).toEqual([1, 21]);
  });

  it('ignores answers that nobody asked for, that come twice or too late', () => {
    const one = assignRanges(planSync(h(1), h(50)), [at('A', 50)], limits);
    expect(rangeReceived(one.plan, h(1), 'B', h(50))).toBe(one.plan);
    expect(rangeReceived(one.plan, h(2), 'A', h(50))).toBe(one.plan);
    const got = rangeReceived(one.plan, h(1), 'A', h(50));
    expect(rangeReceived(got, h(1), 'A', h(50))).toBe(got);
    expect(rangeFailed(got, h(1), 'A')).toBe(got);
  });

  it('goes on from blocks that came another way', () => {
    const { plan } = assignRanges(planSync(h(1), h(250)), ABC, limits);
    const cut = importedUpTo(plan, h(150));
    expect(assignRanges(cut, ABC, limits).plan.ranges.map(({ from, to }) => [from, to])).toEqual([
      [151, 200],
      [201, 250],
    ]);
    expect(isComplete(importedUpTo(cut, h(300)))).toBe(true);
    expect(isComplete(raiseTarget(importedUpTo(cut, h(300)), h(301)))).toBe(false);
  });

  it('imports every height once and in order, whatever peers withhold, cut short or invent, inside its bounds', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 900 }), (seed, target) => {
        const random = seededRandom(seed);
        // One peer is honest; the others fail, shorten, lie, or claim a head that is nowhere.
        const peers = [at('honest', target), at('x', target), at('y', 2 * target), at('z', 9_000_000)];
        let plan = planSync(h(1), h(target));
        let pending: RangeRequest[] = [];
        let imported = 0;
        for (let step = 0; step < 4000 && !isComplete(plan); step++) {
          const assigned = assignRanges(plan, peers, limits);
          plan = assigned.plan;
          pending.push(...assigned.requests);
          const open = plan.ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
          expect(open).toBeLessThanOrEqual(limits.maxOpenRanges * limits.maxPerRange);
          const ready = nextToImport(plan);
          if (ready !== null && random() < 0.7) {
            expect(ready.from).toBe(imported + 1);
            if (ready.peer === 'y' && random() < 0.5) {
              plan = rangeRejected(plan, ready.from, ready.peer);
              continue;
            }
            imported = ready.to;
            plan = importedUpTo(plan, ready.to);
            continue;
          }
          const answered = pending[Math.floor(random() * pending.length)];
          if (answered === undefined) continue;
          pending = pending.filter((request) => request !== answered);
          const { from, to, peer } = answered;
          if (peer !== 'honest' && random() < 0.5) plan = rangeFailed(plan, from, peer);
          else
            plan = rangeReceived(plan, from, peer, h(random() < 0.3 ? from + Math.floor((to - from) * random()) : to));
        }
        expect(isComplete(plan)).toBe(true);
        expect(imported).toBe(target);
      }),
      { numRuns: 60 },
    );
  });
});
