import { describe, expect, it } from 'vitest';
import type { ActorStatus } from '../../../node-core/kernel/record.ts';
import { healthOf } from '../../../node-core/read-model/health.ts';
import type { NodeViews } from '../../../node-core/read-model/node-views.ts';
import { SampleSystem } from '../../support/sample/sample-system.ts';
import { bridgeView, chainView, networkView, operationView, streamView } from '../../support/sample/sample-views.ts';

const NOW = 1_800_000_000_000;

function views(change: Partial<NodeViews> = {}): NodeViews {
  return {
    supervisor: { nodeName: 'node-1', startedAtMs: NOW },
    chain: chainView(1000, []),
    bridge: bridgeView([], 200),
    network: networkView(NOW),
    stream: streamView(NOW),
    sync: undefined,
    ...change,
  };
}

function tree(change: Partial<ActorStatus> = {}): readonly ActorStatus[] {
  const system = new SampleSystem();
  system.actor('ChainActor', null, change);
  return system.asSystem().tree();
}

describe('the one line of truth', () => {
  it('says that all is well only when nothing is known to be wrong', () => {
    const health = healthOf({ views: views(), tree: tree() }, NOW);
    expect(health).toMatchObject({ level: 'healthy', reasons: [] });
    expect(health.headline).toContain('993');
  });

  it('says that a stopped node is stopped', () => {
    expect(healthOf(null, NOW).level).toBe('stopped');
  });

  it('names every cause of a halt', () => {
    const chain = chainView(1000, [
      { source: 'operator', reason: 'drill', sinceMs: NOW },
      { source: 'governance', reason: 'key lost', sinceMs: NOW },
    ]);
    const health = healthOf({ views: views({ chain }), tree: tree() }, NOW);
    expect(health.level).toBe('halted');
    expect(health.headline).toContain('operator: drill');
    expect(health.headline).toContain('governance: key lost');
  });

  it.each([
    ['a reserve one sat short', { bridge: withSurplus('-1') }, 'short by 1 sat', 'critical'],
    [
      'frozen signing',
      { bridge: { ...bridgeView([], 200), frozen: { reason: 'tips disagree' } } },
      'tips disagree',
      'critical',
    ],
    ['a silent chain', { chain: { ...chainView(1000, []), slot: 1010 } }, 'No block for 10 slots', 'critical'],
    [
      'one peer of two',
      { network: { ...networkView(NOW), peers: networkView(NOW).peers.slice(0, 1) } },
      '1 of 2 peers',
      'warning',
    ],
    [
      'a lost governance link',
      { stream: { ...streamView(NOW), link: 'waiting' as const, failures: 3 } },
      '3 failures',
      'warning',
    ],
    [
      'a Bitcoin node that does not answer',
      { bridge: { ...bridgeView([], 200), bitcoinTip: null } },
      'Bitcoin node',
      'warning',
    ],
    [
      'an operation past its deadline',
      { bridge: bridgeView([{ ...operationView(0, NOW), deadlineMs: NOW - 1 }], 200) },
      'past the deadline',
      'warning',
    ],
  ] as const)('is degraded by %s and says what to do', (_, change, words, severity) => {
    const health = healthOf({ views: views(change), tree: tree() }, NOW);
    expect(health.level).toBe('degraded');
    const reason = health.reasons.find(({ text }) => text.includes(words));
    expect(reason?.severity).toBe(severity);
    expect(reason?.action).not.toBe('');
  });

  it('sees that no quorum is reachable', () => {
    const health = healthOf({ views: views({ network: { ...networkView(NOW), peers: [] } }), tree: tree() }, NOW);
    expect(health.reasons[0]).toMatchObject({ severity: 'critical', screen: 'network' });
  });

  it.each([
    [{ lifecycle: 'Failed' as const }, 'failed'],
    [{ lifecycle: 'Restarting' as const }, 'restarting'],
    [{ lifecycle: 'Terminated' as const }, 'ended'],
    [{ suspended: true }, 'suspended'],
    [{ mailbox: { depth: 80, bound: 100, overflow: 'blockProducer', highWater: 80 } }, 'nearly full'],
  ])('is degraded by an actor in trouble (%j)', (change, words) => {
    const health = healthOf({ views: views(), tree: tree(change) }, NOW);
    expect(health.reasons[0]?.text).toContain(words);
  });

  it('says the worst first', () => {
    const health = healthOf(
      { views: views({ stream: { ...streamView(NOW), link: 'waiting' }, bridge: withSurplus('-5') }), tree: tree() },
      NOW,
    );
    expect(health.headline).toContain('short by 5 sat');
    expect(health.headline).toContain('1 more');
  });
});

function withSurplus(surplusSats: string) {
  const bridge = bridgeView([], 200);
  return { ...bridge, solvency: bridge.solvency === null ? null : { ...bridge.solvency, surplusSats } };
}
