import { describe, expect, it } from 'vitest';
import { conforms, flowOf } from '../../../node-core/read-model/conformance.ts';
import {
  blockProduction,
  governanceRouting,
  pegIn,
  pegOut,
  syncRecovery,
} from '../../../node-core/read-model/flows.ts';
import { type Line, blockLines, record } from './record.ts';

const linesOf = (flow: typeof pegIn): readonly Line[] =>
  flow.steps.flatMap((step): Line[] => ('type' in step ? [[step.from, step.to, step.type]] : []));

describe('a recorded story against the founding document', () => {
  it('conforms when every arrow is there in its order', () => {
    expect(conforms(blockProduction, record(blockLines))).toMatchObject({
      passed: true,
      missing: null,
      departed: false,
    });
    for (const flow of [pegIn, pegOut]) expect(conforms(flow, record(linesOf(flow))).passed).toBe(true);
  });

  it('conforms with other messages in between, causes running through them', () => {
    const lines: Line[] = [
      ['AuraTimer', 'ChainActor', 'SlotTick'],
      ['ChainActor', 'StorageActor', 'ReadGuard'],
      ['StorageActor', 'ChainActor', 'GuardRead'],
      ...blockLines.slice(1, 5).map(([from, to, type]): Line => [from, to, type]),
      ['ChainActor', 'NetworkActor', 'PropagateBlock', 7],
      ['ChainActor', 'StorageActor', 'PersistBlock', 7],
    ];
    expect(conforms(blockProduction, record(lines)).passed).toBe(true);
  });

  it.each(
    [blockProduction, pegIn, pegOut].flatMap((flow) =>
      flow.steps.slice(1).map((_, index) => ({ flow, name: flow.name, missing: index + 1 })),
    ),
  )('does not conform to $name without step $missing', ({ flow, missing }) => {
    expect(conforms(flow, record(linesOf(flow).filter((_, at) => at !== missing))).passed).toBe(false);
  });

  it('departs when two arrows came in the other order', () => {
    const [tick, build, template, check, valid, propagate, persist] = blockLines as readonly [
      Line,
      Line,
      Line,
      Line,
      Line,
      Line,
      Line,
    ];
    const swapped = record([
      tick,
      [check[0], check[1], check[2]],
      [valid[0], valid[1], valid[2]],
      [build[0], build[1], build[2]],
      [template[0], template[1], template[2]],
      propagate,
      persist,
    ]);
    const result = conforms(blockProduction, swapped);
    expect(result).toMatchObject({ passed: false, departed: true });
  });

  it('does not conform when an arrow has another cause', () => {
    const lines = blockLines.map((line): Line =>
      line[2] === 'PersistBlock' ? [line[0], line[1], line[2], null] : line,
    );
    const result = conforms(blockProduction, record(lines));
    expect(result.passed).toBe(false);
    expect(result.detail).toContain('ChainActor -> StorageActor: PersistBlock');
  });

  it('does not take a message that a full mailbox dropped for one that arrived', () => {
    const lines = blockLines.map((line): Line =>
      line[2] === 'PersistBlock' ? [line[0], line[1], line[2], 5, { outcome: 'dropped' }] : line,
    );
    expect(conforms(blockProduction, record(lines)).passed).toBe(false);
  });

  it('is under way, not departed, while its next arrow has not come', () => {
    const result = conforms(pegIn, record(linesOf(pegIn).slice(0, 4)));
    expect(result).toMatchObject({ passed: false, departed: false });
    expect(result.matched).toHaveLength(4);
    expect(result.missing?.type).toBe('ApprovalResponse');
  });

  it('counts a child as its parent', () => {
    const child = (name: string): string => (name === 'BridgeActor' ? 'BridgeActor/peg-in:ab:0' : name);
    const lines = linesOf(pegIn).map(([from, to, type]): Line => [child(from), child(to), type]);
    expect(conforms(pegIn, record(lines)).passed).toBe(true);
  });

  it('looks at one correlation id and lets causes run through others', () => {
    const messages = record(blockLines).map((message) =>
      message.seq === 3 ? { ...message, correlationId: 'other' } : message,
    );
    const all = [
      ...messages,
      { ...(messages[2] as (typeof messages)[number]), seq: 40, correlationId: 'story', cause: 2 },
    ];
    expect(conforms(blockProduction, all, 'story').passed).toBe(false);
    expect(conforms(blockProduction, record(blockLines), 'other').passed).toBe(false);
  });

  it('accepts parallel arrows in any order and needs at least one', () => {
    const peers = ['Peer:a', 'Peer:b', 'Peer:c'];
    const sync = (asked: readonly string[], answered: readonly string[]): readonly Line[] => {
      const lines: Line[] = [
        ['ChainActor', 'SyncActor', 'SyncRequiredNotification'],
        ['SyncActor', 'NetworkActor', 'GetConnectedPeers'],
        ['NetworkActor', 'SyncActor', 'PeerList'],
        ...asked.map((peer): Line => ['SyncActor', peer, 'RequestBlocks', 3]),
      ];
      for (const peer of answered) lines.push([peer, 'SyncActor', 'BlockBatch', 4 + asked.indexOf(peer)]);
      const batch = lines.length;
      lines.push(
        ['SyncActor', 'ChainActor', 'ValidatedBlockBatch', batch],
        ['ChainActor', 'StorageActor', 'PersistBlockBatch'],
      );
      lines.push(
        ['SyncActor', 'SyncActor', 'CheckSyncProgress', batch],
        ['SyncActor', 'NetworkActor', 'RequestMoreBlocks'],
      );
      lines.push(
        ['SyncActor', 'SyncActor', 'CheckSyncProgress', batch + 3],
        ['SyncActor', 'ChainActor', 'SyncCompleted'],
      );
      return lines;
    };
    expect(conforms(syncRecovery, record(sync(peers, ['Peer:c', 'Peer:a', 'Peer:b']))).passed).toBe(true);
    expect(conforms(syncRecovery, record(sync(['Peer:a'], ['Peer:a']))).passed).toBe(true);
    expect(conforms(syncRecovery, record(sync(peers, []))).passed).toBe(false);
  });

  it('ends a loop only by its last arrow', () => {
    const open: Line[] = [
      ['ChainActor', 'SyncActor', 'SyncRequiredNotification'],
      ['SyncActor', 'NetworkActor', 'GetConnectedPeers'],
      ['NetworkActor', 'SyncActor', 'PeerList'],
      ['SyncActor', 'Peer:a', 'RequestBlocks'],
      ['Peer:a', 'SyncActor', 'BlockBatch'],
      ['SyncActor', 'ChainActor', 'ValidatedBlockBatch'],
      ['ChainActor', 'StorageActor', 'PersistBlockBatch'],
      ['SyncActor', 'SyncActor', 'CheckSyncProgress', 5],
      ['SyncActor', 'NetworkActor', 'RequestMoreBlocks'],
    ];
    expect(conforms(syncRecovery, record(open)).passed).toBe(false);
  });

  it('takes each alternative of the governance flow and no other', () => {
    const halt: Line[] = [
      ['GovernanceNodes', 'StreamActor', 'GovernanceMessage'],
      ['StreamActor', 'ChainActor', 'EmergencyHaltRequest'],
    ];
    const status: Line[] = [
      ['GovernanceNodes', 'StreamActor', 'GovernanceMessage'],
      ['StreamActor', 'ChainActor', 'RequestChainStatus'],
      ['ChainActor', 'StreamActor', 'ChainStatusResponse'],
      ['StreamActor', 'GovernanceNodes', 'ChainStatusUpdate'],
    ];
    expect(conforms(governanceRouting, record(halt)).passed).toBe(true);
    expect(conforms(governanceRouting, record(status)).passed).toBe(true);
    expect(conforms(governanceRouting, record(status.slice(0, 3))).passed).toBe(false);
    expect(
      conforms(governanceRouting, record([...halt.slice(0, 1), ['StreamActor', 'BridgeActor', 'EmergencyHaltRequest']]))
        .passed,
    ).toBe(false);
  });

  it('gives up on a tangle rather than calling it conforming', () => {
    const lines: Line[] = [['AuraTimer', 'ChainActor', 'SlotTick']];
    for (let i = 0; i < 90; i++) {
      lines.push(['ChainActor', 'EngineActor', 'BuildBlockRequest', 1]);
      lines.push(['EngineActor', 'ChainActor', 'BlockTemplate']);
      lines.push(['ChainActor', 'BridgeActor', 'ValidatePegOperations']);
    }
    const result = conforms(blockProduction, record(lines));
    expect(result.passed).toBe(false);
  });

  it('knows a flow by the message that begins it', () => {
    expect(flowOf(record(blockLines))).toBe(blockProduction);
    expect(flowOf(record([['User', 'EngineActor', 'BurnTransaction']]))).toBe(pegOut);
    expect(flowOf(record([['User', 'EngineActor', 'SomethingElse']]))).toBeNull();
  });
});
