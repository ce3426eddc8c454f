import { describe, expect, it } from 'vitest';
import type { CertifiedPegIn } from '../../../node-core/domain/consensus/types.ts';
import { epoch, evmAddress, type Outpoint } from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { BridgeWorld, RECIPIENT } from '../../support/bridge/bridge-world.ts';
import { firstMissing } from '../../support/bridge/conformance.ts';
import { opReturn, transaction, txidOf } from '../../support/bridge/fake-bitcoin.ts';

const DEPTH = 2;
const PROPOSER_DEPTH = 4;

const stateOf = (world: BridgeWorld, outpoint: string) => world.operation(`peg-in:${outpoint}`)?.state;
const reaches = (world: BridgeWorld, outpoint: string, state: string, withinMs?: number): boolean =>
  world.until(() => stateOf(world, outpoint) === state, withinMs);

describe('a peg-in', () => {
  it('runs flow 2 of the founding document, each step caused by the one before', () => {
    const world = new BridgeWorld();
    const { outpoint } = world.deposit(50_000_000n);
    world.bitcoin.mineEmpty(PROPOSER_DEPTH);
    expect(reaches(world, outpoint, 'Completed')).toBe(true);
    expect(
      firstMissing(world.messages, `peg-in:${outpoint}`, [
        ['BitcoinNetwork', 'BridgeActor', 'BitcoinTransactionDetected'],
        ['BridgeActor', 'BridgeActor', 'ValidatePegInTransaction'],
        ['BridgeActor', 'StreamActor', 'GovernanceApprovalRequest'],
        ['StreamActor', 'GovernanceNodes', 'RequestFederationApproval'],
        ['GovernanceNodes', 'StreamActor', 'ApprovalResponse'],
        ['StreamActor', 'BridgeActor', 'GovernanceApproval'],
        ['BridgeActor', 'ChainActor', 'PegInOperation'],
      ]),
    ).toBeNull();
    expect(world.chain.mints.get(outpoint)).toMatchObject({ amountSats: 50_000_000n, recipient: RECIPIENT });
    expect(world.bridge?.solvency).toMatchObject({ reserveSats: '50000000', supplySats: '50000000', surplusSats: '0' });
  });

  it('goes on with its own story when a later tip brings the confirmations', () => {
    const world = new BridgeWorld();
    const { outpoint } = world.deposit(50_000_000n);
    world.run(2000);
    expect(stateOf(world, outpoint)).toBe('ProcessingPegIn');
    expect(world.operation(`peg-in:${outpoint}`)).toMatchObject({ confirmations: 1, blocker: '1 of 2 confirmations' });
    expect(world.governance.approvalRequests).toEqual([]);
    world.bitcoin.mineEmpty(1);
    expect(reaches(world, outpoint, 'Minting')).toBe(true);
    expect(
      firstMissing(world.messages, `peg-in:${outpoint}`, [
        ['BitcoinNetwork', 'BridgeActor', 'BitcoinTransactionDetected'],
        ['BridgeActor', 'BridgeActor', 'ValidatePegInTransaction'],
        ['BridgeActor', 'StreamActor', 'GovernanceApprovalRequest'],
      ]),
    ).toBeNull();
  });

  it("INV-9: is left out of a proposal below the proposer's depth, and voted for at the voters'", () => {
    const world = new BridgeWorld();
    const { outpoint } = world.deposit(50_000_000n);
    world.bitcoin.mineEmpty(DEPTH - 1);
    expect(reaches(world, outpoint, 'Minting')).toBe(true);
    world.run(5000);
    expect(world.chain.mints.size).toBe(0);
    // Another authority, whose Bitcoin node is ahead, proposes it.
    world.chain.forcedPegIns = [...world.chain.queued.values()];
    expect(reaches(world, outpoint, 'Completed')).toBe(true);
    expect(world.chain.refusals).toEqual([]);
  });

  it.each<[string, number, Partial<CertifiedPegIn>, RegExp]>([
    ['with another amount than its output (INV-3)', DEPTH, { amountSats: sats(50_001n) }, /holds 50000 sat/],
    ['for another account', DEPTH, { recipient: evmAddress(`0x${'99'.repeat(20)}`) }, /for another account/],
    ['below the depth (INV-9)', DEPTH - 1, {}, /not deep enough/],
    ['again (INV-2)', PROPOSER_DEPTH, {}, /minted already/],
  ])('is not voted for when a block mints it %s', (_, confirmations, claim, reason) => {
    const world = new BridgeWorld();
    const { outpoint } = world.deposit(50_000n);
    world.bitcoin.mineEmpty(confirmations - 1);
    world.run(5000);
    const minted = (): number => world.chain.blocks.flatMap(({ final }) => final.pegIns).length;
    const before = minted();
    expect(before).toBe(confirmations < PROPOSER_DEPTH ? 0 : 1);
    const pegIn = { amountSats: sats(50_000n), recipient: evmAddress(RECIPIENT), epoch: epoch(0), certificate: [] };
    world.chain.forcedPegIns = [{ ...pegIn, outpoint: outpoint as Outpoint, ...claim }];
    world.run(3000);
    expect(world.chain.refusals[0]).toMatch(reason);
    expect(minted()).toBe(before);
  });

  it('is rejected with its reason when nobody can be minted to, and its sats are owed', () => {
    const world = new BridgeWorld();
    const raw = transaction([{ script: world.federation.scriptPubKey, value: 70_000n }]);
    world.bitcoin.mine([raw]);
    world.bitcoin.mineEmpty(3);
    expect(reaches(world, `${txidOf(raw)}:0`, 'Rejected')).toBe(true);
    expect(world.operation(`peg-in:${txidOf(raw)}:0`)).toMatchObject({
      terminal: true,
      rejection: 'no OP_RETURN names an Alys address',
    });
    expect(world.governance.approvalRequests).toEqual([]);
    expect(world.bridge?.solvency).toMatchObject({ rejectedUnreturnedSats: '70000', surplusSats: '0' });
  });

  it('HOLE-3: of two outputs in one transaction is two operations, each minted once', () => {
    const world = new BridgeWorld();
    const { scriptPubKey } = world.federation;
    const raw = transaction([
      { script: scriptPubKey, value: 50_000n },
      { script: scriptPubKey, value: 60_000n },
      { script: opReturn(RECIPIENT), value: 0n },
    ]);
    world.bitcoin.mine([raw, raw]);
    world.bitcoin.mineEmpty(PROPOSER_DEPTH);
    expect(reaches(world, `${txidOf(raw)}:0`, 'Completed')).toBe(true);
    expect(reaches(world, `${txidOf(raw)}:1`, 'Completed')).toBe(true);
    expect(world.chain.mints.size).toBe(2);
  });

  it('needs a threshold of members: one may be silent, refuse or forge', () => {
    for (const manner of ['silent', 'refuses', 'forges'] as const) {
      const world = new BridgeWorld();
      world.governance.manners[1] = manner;
      const { outpoint } = world.deposit(50_000n);
      world.bitcoin.mineEmpty(PROPOSER_DEPTH);
      expect(reaches(world, outpoint, 'Completed')).toBe(true);
      expect(world.chain.mints.get(outpoint)?.certificate.map(({ member }) => member)).toEqual([0, 2]);
    }
  });

  it('INV-10: waits in sight when too few answer, and goes on when they do, with the votes that it has', () => {
    const world = new BridgeWorld();
    world.governance.manners.splice(0, 3, 'agrees', 'silent', 'silent');
    const { outpoint } = world.deposit(50_000n);
    world.bitcoin.mineEmpty(PROPOSER_DEPTH);
    world.run(40_000);
    expect(world.operation(`peg-in:${outpoint}`)).toMatchObject({
      state: 'WaitingApproval',
      members: [{ answer: 'approved' }, { answer: 'waiting' }, { answer: 'waiting' }],
    });
    expect(world.operation(`peg-in:${outpoint}`)?.blocker).not.toBeNull();
    expect(world.operation(`peg-in:${outpoint}`)?.deadlineMs).toBeGreaterThan(world.pump.nowMs);
    world.governance.manners.splice(0, 3, 'silent', 'silent', 'agrees');
    expect(reaches(world, outpoint, 'Completed')).toBe(true);
  });

  it('is rejected when governance has denied it again and again', () => {
    const world = new BridgeWorld({ timing: { approvalAttempts: 5 } });
    world.governance.manners.splice(0, 3, 'refuses', 'refuses', 'agrees');
    const { outpoint } = world.deposit(50_000n);
    world.bitcoin.mineEmpty(PROPOSER_DEPTH);
    expect(reaches(world, outpoint, 'Rejected', 5 * 60_000)).toBe(true);
    expect(world.operation(`peg-in:${outpoint}`)?.rejection).toMatch(/denied it 5 times: member 0: not seen/);
    expect(world.governance.approvalRequests).toHaveLength(5);
  });

  it('INV-9: goes back when its deposit is reorganized out, and is minted once when it is confirmed again', () => {
    const world = new BridgeWorld();
    const { raw, outpoint } = world.deposit(50_000n);
    world.bitcoin.mineEmpty(1);
    expect(reaches(world, outpoint, 'Minting')).toBe(true);
    world.bitcoin.reorganize(2);
    world.run(2000);
    expect(world.operation(`peg-in:${outpoint}`)).toMatchObject({ state: 'ProcessingPegIn', bitcoinHeight: null });
    // The mint is queued with ChainActor already: it is contested, and refused to others.
    world.chain.forcedPegIns = [...world.chain.queued.values()];
    world.run(3000);
    expect(world.chain.mints.size).toBe(0);
    expect(world.chain.refusals.length).toBeGreaterThan(0);
    world.chain.forcedPegIns = null;
    world.bitcoin.mine([raw]);
    world.bitcoin.mineEmpty(PROPOSER_DEPTH);
    world.run(3000);
    world.tell('BridgeActor', { type: 'ResolveFreeze', reason: 'a test reorganized Bitcoin' } as never);
    expect(reaches(world, outpoint, 'Completed')).toBe(true);
    world.run(10_000);
    expect(world.chain.mints.size).toBe(1);
  });

  it('INV-10: says over a restart that its deposit is gone, and until when somebody should look', () => {
    const world = new BridgeWorld();
    const { outpoint } = world.deposit(50_000n);
    world.run(2000);
    world.bitcoin.reorganize(1);
    world.run(2000);
    world.restart();
    world.run(2000);
    expect(world.operation(`peg-in:${outpoint}`)).toMatchObject({
      state: 'ProcessingPegIn',
      blocker: 'Bitcoin reorganized its deposit out of the chain',
      deadlineMs: expect.any(Number),
    });
  });

  it('stays in its block when a reorganisation is above it', () => {
    const world = new BridgeWorld();
    const { outpoint } = world.deposit(50_000n);
    world.bitcoin.mineEmpty(1);
    expect(reaches(world, outpoint, 'Minting')).toBe(true);
    world.bitcoin.reorganize(1);
    world.bitcoin.mineEmpty(2);
    expect(reaches(world, outpoint, 'Completed')).toBe(true);
  });

  it('INV-9: a reorganisation deeper than the depth halts minting, says so over a restart, and ends by the operator', () => {
    const world = new BridgeWorld();
    const minted = world.fund(50_000n);
    world.bitcoin.reorganize(7);
    world.run(2000);
    expect(world.bridge?.frozen?.reason).toMatch(/reorganized 7 blocks/);
    expect(world.logs.some(({ level, text }) => level === 'error' && text.includes('frozen'))).toBe(true);
    const { outpoint } = world.deposit(60_000n);
    world.bitcoin.mineEmpty(6);
    world.run(20_000);
    expect(stateOf(world, outpoint)).toBe('WaitingApproval');
    expect(world.operation(`peg-in:${outpoint}`)?.blocker).toMatch(/frozen/);
    world.restart();
    world.run(5000);
    expect(world.bridge?.frozen?.reason).toMatch(/reorganized 7 blocks/);
    // Its cause is still there: a mint has lost its deposit.
    world.tell('BridgeActor', { type: 'ResolveFreeze', reason: 'too early' } as never);
    world.run(1000);
    expect(world.bridge?.frozen).not.toBeNull();
    expect(world.chain.mints.has(minted)).toBe(true);
    expect(stateOf(world, outpoint)).toBe('WaitingApproval');
  });
});

describe('a halt', () => {
  it('INV-13: lets nothing be asked, also of what is out already, and what waits goes on after it', () => {
    const world = new BridgeWorld();
    world.governance.manners.fill('silent');
    const { outpoint } = world.deposit(50_000n);
    world.bitcoin.mineEmpty(PROPOSER_DEPTH);
    expect(world.until(() => world.governance.approvalRequests.length === 1)).toBe(true);
    world.tell('ChainActor', {
      type: 'EmergencyHaltRequest',
      source: 'operator',
      reason: 'drill',
      generation: null,
    } as never);
    world.run(1000);
    world.governance.manners.fill('agrees');
    world.governance.cut();
    const second = world.deposit(60_000n);
    world.bitcoin.mineEmpty(PROPOSER_DEPTH);
    world.run(60_000);
    expect(world.governance.approvalRequests).toHaveLength(1);
    expect(world.operation(`peg-in:${outpoint}`)).toMatchObject({ state: 'WaitingApproval', blocker: 'halted' });
    // Import goes on: the scan has found the second deposit.
    expect(stateOf(world, second.outpoint)).toBe('WaitingApproval');
    world.tell('ChainActor', {
      type: 'ResumeRequest',
      source: 'operator',
      reason: 'drill over',
      generation: null,
    } as never);
    expect(reaches(world, outpoint, 'Completed')).toBe(true);
    expect(reaches(world, second.outpoint, 'Completed')).toBe(true);
  });

  it('INV-13: survives a restart', () => {
    const world = new BridgeWorld();
    world.run(1000);
    world.tell('ChainActor', {
      type: 'EmergencyHaltRequest',
      source: 'operator',
      reason: 'drill',
      generation: null,
    } as never);
    world.run(1000);
    world.restart();
    const { outpoint } = world.deposit(50_000n);
    world.bitcoin.mineEmpty(PROPOSER_DEPTH);
    world.run(30_000);
    expect(world.governance.approvalRequests).toEqual([]);
    expect(stateOf(world, outpoint)).toBe('WaitingApproval');
  });
});

describe('Bitcoin away', () => {
  it('is the state Failed; nothing is asked, and all goes on when it is back', () => {
    const world = new BridgeWorld();
    world.run(1000);
    world.bitcoin.failure = new Error('connection refused');
    expect(world.until(() => world.bridge?.state === 'Failed')).toBe(true);
    const { outpoint } = world.deposit(50_000n);
    world.bitcoin.mineEmpty(PROPOSER_DEPTH);
    world.run(5000);
    expect(stateOf(world, outpoint)).toBeUndefined();
    world.bitcoin.failure = null;
    expect(world.until(() => world.bridge?.state === 'Monitoring')).toBe(true);
    expect(reaches(world, outpoint, 'Completed')).toBe(true);
  });
});
