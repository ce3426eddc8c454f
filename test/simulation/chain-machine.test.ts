import { describe, expect, it } from 'vitest';
import { chainMachine } from '../../node-core/domain/consensus/chain-machine.ts';
import type { ExecutionPayload } from '../../node-core/domain/consensus/types.ts';
import { evmAddress } from '../../node-core/primitives/ids.ts';
import { ChainFederation } from '../support/chain-federation.ts';

function running(seed: number): ChainFederation {
  const federation = new ChainFederation(seed, 4);
  for (let i = 0; i < 4; i++) federation.start(i);
  federation.runSlots(6);
  federation.pump.runFor(500);
  return federation;
}
function nodeOf(federation: ChainFederation, index: number): ChainFederation['nodes'][number] {
  const node = federation.nodes[index];
  if (node === undefined) throw new Error(`there is no node ${index}`);
  return node;
}
const stateOf = (federation: ChainFederation, index: number): string | undefined => federation.view(index)?.state;
const signedBy = (federation: ChainFederation, index: number): number =>
  federation.signatures.filter(({ node }) => node === index).length;
const finalOf = (federation: ChainFederation, index: number): number => federation.view(index)?.finalized.height ?? -1;
/** The arrows to Failed that a node took, in order. */
const failuresOf = (federation: ChainFederation, index: number): readonly unknown[] =>
  nodeOf(federation, index)
    .system?.read('oldest')
    .read(100_000)
    .logs.filter(({ text }) => text === 'the chain failed')
    .map(({ fields }) => fields['event']) ?? [];

/** The states that a node shows, one after the other, while so many ms pass. */
function statesDuring(federation: ChainFederation, index: number, ms: number): readonly string[] {
  const states: string[] = [];
  for (let passed = 0; passed < ms; passed++) {
    federation.pump.runFor(1);
    const state = stateOf(federation, index) ?? '';
    if (states.at(-1) !== state) states.push(state);
  }
  return states;
}

function expectItGoesOn(federation: ChainFederation, index: number): void {
  const [signed, final] = [signedBy(federation, index), finalOf(federation, index)];
  federation.runSlots(10);
  expect(signedBy(federation, index)).toBeGreaterThan(signed);
  expect(finalOf(federation, index)).toBeGreaterThan(final + 4);
  expect(federation.conflicts).toEqual([]);
}

describe('the chain’s machine, as the founding document draws it', () => {
  it('goes from Initializing over Syncing to Active, and from there produces and imports', () => {
    const federation = new ChainFederation(51, 4);
    for (let i = 0; i < 4; i++) federation.start(i);
    const states = statesDuring(federation, 0, 9000);
    expect(states.slice(0, 3)).toEqual(['Initializing', 'Syncing', 'Active']);
    expect(new Set(states.slice(3))).toEqual(new Set(['Active', 'Producing', 'Importing']));
    const drawn = new Set(chainMachine.arrows.map(({ from, to }) => `${from} ${to}`));
    for (const [i, to] of states.slice(1).entries()) expect(drawn).toContain(`${states[i]} ${to}`);
    expect(failuresOf(federation, 0)).toEqual([]);
  });

  it('GenesisError, RecoveryAttempt: while its store gives nothing it is Failed and silent, and goes on when it does', async () => {
    const federation = running(52);
    federation.crash(0);
    const { disk } = nodeOf(federation, 0);
    disk.broken = 'STORE_BUSY';
    federation.start(0);
    const signed = signedBy(federation, 0);
    federation.runSlots(5);
    expect(stateOf(federation, 0)).toBe('Failed');
    expect(federation.view(0)?.loadFailure).toContain('STORE_BUSY');
    expect(failuresOf(federation, 0)).toEqual(['GenesisError']);
    expect(signedBy(federation, 0)).toBe(signed);
    // A halt that comes meanwhile counts when the ledger is read.
    const halt = { type: 'EmergencyHaltRequest', source: 'operator', reason: 'to look', generation: null } as const;
    const answer = federation.askChain(0, halt);
    federation.runSlots(1);
    disk.broken = null;
    federation.runSlots(4);
    expect(stateOf(federation, 0)).toBe('Active');
    expect(await answer).toMatchObject({ halted: true, failure: null });
    expect(signedBy(federation, 0)).toBe(signed);
    void federation.askChain(0, { type: 'ResumeRequest', source: 'operator', reason: 'looked', generation: null });
    expectItGoesOn(federation, 0);
  });

  it('TerminalError: a store that holds no whole chain ends it, and the others go on', () => {
    const federation = running(53);
    federation.crash(0);
    const { disk } = nodeOf(federation, 0);
    if (disk.pointers !== null) disk.blocks.delete(disk.pointers.finalizedRoot);
    federation.start(0);
    const signed = signedBy(federation, 0);
    const final = finalOf(federation, 1);
    federation.runSlots(12);
    expect(stateOf(federation, 0)).toBe('Terminal');
    expect(federation.view(0)?.loadFailure).toContain('CHAIN_INCOMPLETE');
    expect(signedBy(federation, 0)).toBe(signed);
    expect(finalOf(federation, 1)).toBeGreaterThan(final + 4);
  });

  it('FellBehind, SyncError, RecoveryAttempt: a sync that nobody serves is tried again with each slot', () => {
    const federation = running(54);
    federation.deafToBlocks.add(3);
    federation.unserved.add(3);
    const states = statesDuring(federation, 3, 9000);
    expect(states).toEqual(expect.arrayContaining(['Active', 'Syncing', 'Failed']));
    const failures = failuresOf(federation, 3);
    expect(new Set(failures)).toEqual(new Set(['SyncError']));
    expect(failures.length).toBeGreaterThan(2);
    expect(failures.length).toBeLessThan(10);
    federation.deafToBlocks.clear();
    federation.unserved.clear();
    federation.runSlots(6);
    expectItGoesOn(federation, 3);
  });

  it('ImportError: without its execution client it is Failed until the next slot, each time, and goes on with it', () => {
    const federation = running(55);
    const { client } = nodeOf(federation, 2);
    client.away = true;
    const states = statesDuring(federation, 2, 6000);
    expect(states).toContain('Failed');
    expect(failuresOf(federation, 2)).toContain('ImportError');
    expect(failuresOf(federation, 2).length).toBeLessThan(10);
    client.away = false;
    federation.runSlots(8);
    expectItGoesOn(federation, 2);
  });

  it('ImportError: a block that its execution client calls invalid is over at once', () => {
    const federation = running(56);
    const [own, other] = [nodeOf(federation, 2).client, nodeOf(federation, 1).client];
    other.tampered = (payload: ExecutionPayload) => {
      own.invalid.add(payload.blockHash);
      return payload;
    };
    const states = statesDuring(federation, 2, 4000);
    expect(failuresOf(federation, 2)).toContain('ImportError');
    expect(states).not.toContain('Failed');
  });

  it('ProductionError: a turn without a block is over at once, and others’ blocks are imported in the same slot', () => {
    const federation = running(57);
    const { client } = nodeOf(federation, 1);
    client.tampered = (payload) => ({ ...payload, feeRecipient: evmAddress(`0x${'33'.repeat(20)}`) });
    const states = statesDuring(federation, 1, 6000);
    expect(states).not.toContain('Failed');
    expect(new Set(failuresOf(federation, 1))).toEqual(new Set(['ProductionError']));
    client.tampered = null;
    expectItGoesOn(federation, 1);
  });
});
