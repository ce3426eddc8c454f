import { describe, expect, it } from 'vitest';
import type { SignedBlock } from '../../../node-core/domain/consensus/types.ts';
import type { GovernanceAuthority, SignedGovernanceMessage } from '../../../node-core/domain/governance/message.ts';
import { blockHeight, epoch } from '../../../node-core/primitives/ids.ts';
import { BridgeWorld, NETWORK_HASH, type WorldOptions } from '../../support/bridge/bridge-world.ts';
import { firstMissing } from '../../support/bridge/conformance.ts';
import { signedBy } from '../governance/messages.ts';

let nextId = 1;

/** Started, linked and at rest. */
function linked(options: WorldOptions = {}): BridgeWorld {
  const world = new BridgeWorld(options);
  world.run(500);
  expect(world.stream?.link).toBe('connected');
  return world;
}

const authority = (world: BridgeWorld, change: Partial<GovernanceAuthority> = {}): GovernanceAuthority => ({
  messageId: (nextId++).toString(16).padStart(32, '0'),
  epoch: epoch(0),
  expiresAtMs: world.pump.nowMs + 60_000,
  signatures: [],
  ...change,
});

function send(world: BridgeWorld, message: SignedGovernanceMessage, signers: readonly number[]): string {
  world.governance.send(signedBy(message, signers, NETWORK_HASH));
  world.run(100);
  return `governance:${message.authority.messageId}`;
}

const told = (world: BridgeWorld, type: string): number =>
  world.messages.filter((message) => message.type === type).length;

describe('a message of governance (flow 5)', () => {
  it.each<[string, (world: BridgeWorld) => SignedGovernanceMessage, string, string]>([
    [
      'a block proposal',
      (world) => ({
        kind: 'blockProposal',
        signedBlock: { signature: `0x${'ab'.repeat(96)}` } as SignedBlock,
        authority: authority(world),
      }),
      'ChainActor',
      'GovernanceBlockProposal',
    ],
    [
      'a federation update',
      (world) => ({ kind: 'federationUpdate', update: '{}', authority: authority(world) }),
      'BridgeActor',
      'FederationConfigUpdate',
    ],
    [
      'a sync request',
      (world) => ({
        kind: 'syncRequest',
        requestId: 'sync-1',
        targetHeight: blockHeight(77),
        authority: authority(world),
      }),
      'SyncActor',
      'GovernanceSyncRequest',
    ],
    [
      'an emergency halt',
      (world) => ({
        kind: 'emergencyHalt',
        generation: 1,
        reason: 'a key is lost',
        authority: authority(world, { expiresAtMs: null }),
      }),
      'ChainActor',
      'EmergencyHaltRequest',
    ],
    [
      'a resume',
      (world) => ({ kind: 'resume', generation: 1, reason: 'found', authority: authority(world) }),
      'ChainActor',
      'ResumeRequest',
    ],
    [
      'a config update',
      (world) => ({ kind: 'configUpdate', config: '{}', authority: authority(world) }),
      'EngineActor',
      'UpdateExecutionConfig',
    ],
  ])('%s goes where the founding document sends it, and is acknowledged', (_, make, to, type) => {
    const world = linked();
    const message = make(world);
    const story = send(world, message, [0, 1]);
    expect(
      firstMissing(world.messages, story, [
        ['GovernanceNodes', 'StreamActor', 'GovernanceMessage'],
        ['StreamActor', to, type],
      ]),
    ).toBeNull();
    expect(world.governance.acknowledged).toEqual([
      { messageId: message.authority.messageId, applied: true, reason: null },
    ]);
  });

  it("a chain status request is answered with the chain's own word", () => {
    const world = linked();
    world.governance.send({ kind: 'chainStatusRequest', requestId: 'status-1' });
    world.run(100);
    expect(
      firstMissing(world.messages, 'governance:status-1', [
        ['GovernanceNodes', 'StreamActor', 'GovernanceMessage'],
        ['StreamActor', 'ChainActor', 'RequestChainStatus'],
        ['ChainActor', 'StreamActor', 'ChainStatusResponse'],
        ['StreamActor', 'GovernanceNodes', 'ChainStatusUpdate'],
      ]),
    ).toBeNull();
    expect(world.governance.reports).toMatchObject([{ requestId: 'status-1', halted: false }]);
  });

  it('an error is shown and has no effect', () => {
    const world = linked();
    world.governance.send({ kind: 'error', code: 'BUSY', reason: 'try later' });
    world.run(100);
    expect(world.stream?.recent[0]).toMatchObject({ kind: 'error', outcome: 'BUSY' });
  });
});

describe('INV-19: a message has no effect, and is refused to its sender,', () => {
  const update = (world: BridgeWorld, change: Partial<GovernanceAuthority> = {}): SignedGovernanceMessage => ({
    kind: 'configUpdate',
    config: '{}',
    authority: authority(world, change),
  });

  it.each<[string, (world: BridgeWorld) => void, RegExp]>([
    ['unsigned', (world) => send(world, update(world), []), /UNSIGNED/],
    ['signed by too few', (world) => send(world, update(world), [1]), /QUORUM_MISSING/],
    ['signed by a stranger', (world) => send(world, update(world), [0, 7]), /SIGNER_UNKNOWN/],
    ['expired', (world) => send(world, update(world, { expiresAtMs: world.pump.nowMs - 1 }), [0, 1]), /EXPIRED/],
    ['of another epoch', (world) => send(world, update(world, { epoch: epoch(1) }), [0, 1]), /WRONG_EPOCH/],
    [
      'changed after it was signed',
      (world) => {
        const signed = signedBy(update(world), [0, 1], NETWORK_HASH);
        world.governance.send({ ...signed, config: '{"gasLimit":1}' } as SignedGovernanceMessage);
        world.run(100);
      },
      /SIGNATURE_INVALID/,
    ],
    [
      'signed for another network',
      (world) => {
        world.governance.send(signedBy(update(world), [0, 1], 'cd'.repeat(32)));
        world.run(100);
      },
      /SIGNATURE_INVALID/,
    ],
  ])('when it is %s', (_, act, reason) => {
    const world = linked();
    act(world);
    expect(told(world, 'UpdateExecutionConfig')).toBe(0);
    expect(world.governance.acknowledged).toMatchObject([{ applied: false, reason: expect.stringMatching(reason) }]);
    expect(world.stream?.recent[0]).toMatchObject({ outcome: expect.stringMatching(reason) });
  });

  it('when it is replayed, also after a restart', () => {
    const world = linked();
    const message = update(world, { expiresAtMs: world.pump.nowMs + 3_600_000 });
    send(world, message, [0, 1]);
    send(world, message, [0, 1]);
    expect(told(world, 'UpdateExecutionConfig')).toBe(1);
    world.restart();
    world.run(1000);
    send(world, message, [0, 1]);
    expect(told(world, 'UpdateExecutionConfig')).toBe(1);
    expect(world.governance.acknowledged.map(({ applied }) => applied)).toEqual([true, false, false]);
  });

  it('before its id is on disk', () => {
    const world = linked();
    world.store.failure = new Error('disk full');
    send(world, update(world), [0, 1]);
    expect(told(world, 'UpdateExecutionConfig')).toBe(0);
    expect(world.governance.acknowledged).toMatchObject([{ applied: false }]);
  });

  it('unless it is a halt, which needs neither clock nor disk', () => {
    const world = linked();
    world.store.failure = new Error('disk full');
    send(
      world,
      { kind: 'emergencyHalt', generation: 1, reason: 'now', authority: authority(world, { expiresAtMs: null }) },
      [2],
    );
    expect(world.chain.halted).toBe(true);
  });
});

describe('the link', () => {
  it('is sought again with growing pauses, and the circuit opens after five failures', () => {
    const world = new BridgeWorld();
    world.governance.reachable = false;
    world.run(3000);
    expect(world.stream?.link).toBe('waiting');
    expect(world.until(() => world.stream?.link === 'circuitOpen')).toBe(true);
    expect(world.stream?.failures).toBe(5);
    world.governance.reachable = true;
    expect(world.until(() => world.stream?.link === 'connected', 70_000)).toBe(true);
  });

  it('lets requests wait while it is gone, and asks when it is back', () => {
    const world = linked();
    world.governance.reachable = false;
    world.governance.cut();
    const { outpoint } = world.deposit(50_000n);
    world.bitcoin.mineEmpty(4);
    expect(world.until(() => world.stream?.pendingApprovals === 1)).toBe(true);
    expect(world.governance.approvalRequests).toEqual([]);
    world.governance.reachable = true;
    expect(world.until(() => world.chain.mints.has(outpoint))).toBe(true);
  });

  it('asks again what it had asked when it is cut in between', () => {
    const world = linked();
    world.governance.manners.fill('silent');
    const { outpoint } = world.deposit(50_000n);
    world.bitcoin.mineEmpty(4);
    expect(world.until(() => world.governance.approvalRequests.length === 1)).toBe(true);
    world.governance.cut();
    world.governance.manners.fill('agrees');
    expect(world.until(() => world.chain.mints.has(outpoint))).toBe(true);
    expect(world.governance.approvalRequests).toHaveLength(2);
  });

  it('that is half open, its heartbeats unanswered, is dropped and made anew', () => {
    const world = linked();
    world.governance.answersHeartbeats = false;
    expect(world.until(() => world.stream?.link !== 'connected')).toBe(true);
    world.governance.answersHeartbeats = true;
    expect(world.until(() => world.stream?.link === 'connected')).toBe(true);
    expect(world.stream?.recent.some(({ kind }) => kind === 'linkLost')).toBe(true);
  });

  it('shows its round trip and when each member last answered', () => {
    const world = linked();
    expect(world.stream).toMatchObject({ roundTripMs: 2, epoch: 0, members: [{ lastAnswerMs: null }, {}, {}] });
    world.fund(50_000n);
    expect(world.stream?.members[0]?.lastAnswerMs).toBeGreaterThan(0);
    expect(world.stream?.pendingApprovals).toBe(0);
  });
});

describe('a federation update', () => {
  const members = () => keys.map((key, index) => ({ name: `new-${index}`, bitcoinKey: key, identityKey: key }));
  const keys = [
    'f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9',
    'c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5',
  ];

  it('activates at its height, keeps old deposits in the books and rejects new ones to the retired address', () => {
    const world = linked();
    world.fund(50_000n);
    const before = world.bridge?.federationAddress;
    const activationHeight = world.chain.height + 5;
    const tip = world.bridge?.bitcoinTip?.height ?? 0;
    const handover = { fromBitcoinHeight: tip, untilBitcoinHeight: tip + 1 };
    const update = JSON.stringify({ activationHeight, epoch: 1, handover, members: members() });
    send(world, { kind: 'federationUpdate', update, authority: authority(world) }, [0, 1]);
    expect(world.bridge?.federationAddress).toBe(before);
    expect(world.until(() => world.stream?.epoch === 1)).toBe(true);
    expect(world.chain.height).toBeGreaterThanOrEqual(activationHeight);
    expect(world.bridge?.federationAddress).not.toBe(before);
    const { outpoint } = world.deposit(60_000n);
    world.bitcoin.mineEmpty(4);
    expect(world.until(() => world.operation(`peg-in:${outpoint}`)?.state === 'Rejected')).toBe(true);
    expect(world.operation(`peg-in:${outpoint}`)?.rejection).toMatch(/retired/);
    expect(world.bridge?.solvency).toMatchObject({ reserveSats: '110000', surplusSats: '0' });
    world.restart();
    expect(world.until(() => world.stream?.epoch === 1)).toBe(true);
  });

  it.each([
    ['of an epoch that is not the next', { epoch: 2, activationHeight: 1000 }],
    ['of a height that has passed', { epoch: 1, activationHeight: 0 }],
  ])('%s is refused', (_, change) => {
    const world = linked();
    const handover = { fromBitcoinHeight: 0, untilBitcoinHeight: 1000 };
    const update = JSON.stringify({ members: members(), handover, ...change });
    send(world, { kind: 'federationUpdate', update, authority: authority(world) }, [0, 1]);
    world.run(5000);
    expect(world.logs.some(({ text }) => text === 'a federation update was refused')).toBe(true);
    expect(world.stream?.epoch).toBe(0);
  });
});
