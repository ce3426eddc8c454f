import { describe, expect, it } from 'vitest';
import type { ActorStatus } from '../../../node-core/kernel/record.ts';
import { healthOf, stoppedHealth } from '../../../node-core/read-model/health.ts';
import type { NodeViews } from '../../../node-core/read-model/node-views.ts';
import type { EngineView } from '../../../node-core/protocol/views.ts';
import { SampleSystem } from '../../support/sample/sample-system.ts';
import { bridgeView, chainView, networkView, operationView, streamView } from '../../support/sample/sample-views.ts';

const NOW = 1_800_000_000_000;

function views(change: Partial<NodeViews> = {}): NodeViews {
  return {
    supervisor: { nodeName: 'node-1', startedAtMs: NOW, children: [] },
    chain: chainView(1000, []),
    bridge: bridgeView([], 200),
    network: networkView(NOW),
    stream: streamView(NOW),
    sync: undefined,
    engine: undefined,
    ...change,
  };
}

function tree(change: Partial<ActorStatus> = {}): readonly ActorStatus[] {
  const system = new SampleSystem();
  system.actor('ChainActor', null, change);
  return system.asSystem().tree();
}

const health = (change: Partial<NodeViews> = {}, actors = tree()) =>
  healthOf(
    { nodeName: 'node-1', authorities: ['node-1', 'node-2', 'node-3'], views: views(change), tree: actors },
    NOW,
  );

const early = (...authorities: number[]) =>
  authorities.map((authority, i) => ({ slot: 990 + i, authority, earlyMs: 700 }));

const ENGINE: EngineView = {
  latestHeight: 993,
  latestHash: '',
  queuedMints: 0,
  executed: 0,
  built: 0,
  client: 'Ready',
  trouble: null,
  replayedHeight: null,
  settings: null,
};

describe('the one line of truth', () => {
  it('says that all is well only when nothing is known to be wrong', () => {
    const found = health();
    expect(found).toMatchObject({ level: 'healthy', reasons: [] });
    expect(found.headline).toContain('993');
  });

  it('says that a stopped node is stopped, and why when it stopped by itself', () => {
    expect(stoppedHealth(null)).toMatchObject({ level: 'stopped', reasons: [] });
    const failed = stoppedHealth('the disk failed under the store: EIO');
    expect(failed).toMatchObject({ level: 'stopped', reasons: [{ severity: 'critical' }] });
    expect(failed.headline).toContain('stopped by itself: the disk failed under the store: EIO. It makes no blocks');
  });

  it('names every cause of a halt', () => {
    const chain = chainView(1000, [
      { source: 'operator', reason: 'drill', sinceMs: NOW },
      { source: 'governance', reason: 'key lost', sinceMs: NOW },
    ]);
    const found = health({ chain });
    expect(found.level).toBe('halted');
    expect(found.headline).toContain('operator: drill');
    expect(found.headline).toContain('governance: key lost');
    expect(found.reasons.map(({ sinceMs }) => sinceMs)).toEqual([NOW, NOW]);
    expect(found.reasons[0]?.action).toContain('Resume');
    expect(found.reasons[1]?.action).toContain('governance');
  });

  it.each([
    [
      'a halt’s end that is not on disk',
      { chain: { ...chainView(1000, []), haltUnsaved: 'STORE_FULL: the disk is full' } },
      'not on disk yet: STORE_FULL',
      'critical',
    ],
    [
      'blocks of all others before their slots',
      { chain: { ...chainView(1000, []), earlyBlocks: early(1, 2, 1) } },
      'This host’s clock is behind',
      'critical',
    ],
    [
      'blocks of one other before their slots',
      { chain: { ...chainView(1000, []), earlyBlocks: early(1, 1, 1) } },
      'The clock of node-2 is ahead',
      'warning',
    ],
    [
      'a store that holds no chain',
      { chain: { ...chainView(1000, []), state: 'Terminal', loadFailure: 'CHAIN_INCOMPLETE: a block is missing' } },
      'can’t be loaded: CHAIN_INCOMPLETE',
      'critical',
    ],
    ['a reserve one sat short', { bridge: withSurplus('-1') }, 'short by 1 sat', 'critical'],
    [
      'frozen signing',
      { bridge: { ...bridgeView([], 200), frozen: { reason: 'tips disagree' } } },
      'tips disagree',
      'critical',
    ],
    [
      'a restored backup',
      { chain: { ...chainView(1000, []), disarmed: '1 of 2 peers have reported this key’s last slots' } },
      'restored from a backup: 1 of 2 peers have reported',
      'warning',
    ],
    [
      'a guard that can’t be read',
      { chain: { ...chainView(1000, []), guardFailure: 'STORE_CORRUPT: a guard record is damaged' } },
      'can’t be read (STORE_CORRUPT: a guard record is damaged)',
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
      'a Bitcoin node that went silent',
      { bridge: { ...bridgeView([], 200), state: 'Failed' } },
      'Bitcoin can’t be reached',
      'critical',
    ],
    [
      'a scan far behind Bitcoin',
      { bridge: { ...bridgeView([], 200), scannedHeight: 190 } },
      '10 blocks behind Bitcoin’s tip',
      'warning',
    ],
    [
      'an execution client that is away',
      { engine: { ...ENGINE, client: 'Away', trouble: 'it does not answer' } },
      'it does not answer',
      'critical',
    ],
    [
      'finality that fell behind',
      { chain: { ...chainView(1000, []), finalized: { ...chainView(1000, []).finalized, slot: 980 } } },
      'Finality is 20 slots behind',
      'critical',
    ],
    [
      'blocks that are missed',
      { sync: { state: 'Syncing' as const, targetHeight: 500, importedHeight: 100, ranges: [] } },
      '400 blocks to go',
      'warning',
    ],
    [
      'an operation past its deadline',
      { bridge: bridgeView([{ ...operationView(0, NOW), deadlineMs: NOW - 1 }], 200) },
      'past the deadline',
      'warning',
    ],
  ] as const)('is degraded by %s and says what to do', (_, change, words, severity) => {
    const found = health(change);
    expect(found.level).toBe('degraded');
    const reason = found.reasons.find(({ text }) => text.includes(words));
    expect(reason?.severity).toBe(severity);
    expect(reason?.risk).not.toBe('');
    expect(reason?.action).not.toBe('');
  });

  it('names the peers who are missing', () => {
    const [, other] = networkView(NOW).peers;
    const found = health({ network: { ...networkView(NOW), peers: other === undefined ? [] : [other] } });
    expect(found.reasons[0]?.text).toContain('node-2 missing');
  });

  it('sees that no quorum is reachable', () => {
    const found = health({ network: { ...networkView(NOW), peers: [] } });
    expect(found.reasons[0]).toMatchObject({ severity: 'critical', screen: 'network' });
  });

  it.each([
    [{ lifecycle: 'Failed' as const }, 'failed'],
    [{ lifecycle: 'Restarting' as const }, 'restarting'],
    [{ lifecycle: 'Terminated' as const }, 'ended'],
    [{ suspended: true }, 'suspended'],
    [
      { mailbox: { depth: 80, bound: 100, overflow: 'blockProducer', highWater: 80, reserved: 0, atDoor: 0 } },
      'nearly full',
    ],
  ])('is degraded by an actor in trouble (%j)', (change, words) => {
    const found = health({}, tree(change));
    expect(found.reasons[0]?.text).toContain(words);
  });

  it('says the worst first', () => {
    const found = health({ stream: { ...streamView(NOW), link: 'waiting' }, bridge: withSurplus('-5') });
    expect(found.headline).toContain('short by 5 sat');
    expect(found.headline).toContain('1 more');
  });
});

function withSurplus(surplusSats: string) {
  const bridge = bridgeView([], 200);
  return { ...bridge, solvency: bridge.solvency === null ? null : { ...bridge.solvency, surplusSats } };
}
