import { describe, expect, it } from 'vitest';
import { ChainFederation } from '../support/chain-federation.ts';

function running(seed: number): ChainFederation {
  const federation = new ChainFederation(seed, 4);
  for (let i = 0; i < 4; i++) federation.start(i);
  federation.runSlots(5);
  return federation;
}

const halt = { type: 'EmergencyHaltRequest', source: 'operator', reason: 'night', generation: null } as const;
const governanceHalt = { ...halt, source: 'governance', reason: 'keys lost', generation: 9 } as const;
const resume = { type: 'ResumeRequest', source: 'operator', reason: 'day', generation: null } as const;

const signedBy = (federation: ChainFederation, node: number): number =>
  federation.signatures.filter((signature) => signature.node === node).length;
const causesOf = (federation: ChainFederation): readonly string[] =>
  federation.view(0)?.haltCauses.map(({ source }) => source) ?? [];

function restart(federation: ChainFederation): void {
  federation.crash(0);
  federation.start(0);
}

/** Until the actor has begun anew: what it was asked before that, its asker has to ask again. */
function restartActor(federation: ChainFederation): void {
  const actor = () => federation.nodes[0]?.system?.tree().find(({ path }) => path === 'ChainActor');
  const before = actor()?.generation ?? 0;
  federation.nodes[0]?.system?.restart('ChainActor');
  while ((actor()?.generation ?? 0) === before) federation.pump.runFor(1);
}

describe('a halt in the moments after a start (INV-13, INV-14)', () => {
  it.each([0, 1, 2, 3, 4, 6, 10])('counts when it comes %i ms after it', async (afterMs) => {
    const federation = running(7);
    restart(federation);
    federation.pump.runFor(afterMs);
    const before = signedBy(federation, 0);
    const answer = federation.askChain(0, halt);
    federation.runSlots(10);
    expect(await answer).toMatchObject({ halted: true, failure: null });
    expect(federation.view(0)?.halted).toBe(true);
    expect(signedBy(federation, 0)).toBe(before);
    restart(federation);
    federation.runSlots(6);
    expect(causesOf(federation)).toEqual(['operator']);
    expect(signedBy(federation, 0)).toBe(before);
  });

  it('is put beside the halt that stands, which another source’s resume does not end', async () => {
    const federation = running(8);
    const first = federation.askChain(0, governanceHalt);
    federation.runSlots(1);
    expect(await first).toMatchObject({ halted: true, failure: null });
    restart(federation);
    void federation.askChain(0, halt);
    federation.runSlots(1);
    expect(causesOf(federation)).toEqual(['governance', 'operator']);
    restart(federation);
    const before = signedBy(federation, 0);
    const resumed = federation.askChain(0, resume);
    federation.runSlots(6);
    expect(await resumed).toMatchObject({ halted: true, failure: null });
    expect(causesOf(federation)).toEqual(['governance']);
    expect(signedBy(federation, 0)).toBe(before);
  });

  it('counts after a restart of its actor alone, and a resume after it ends it', async () => {
    const federation = running(9);
    restartActor(federation);
    const halted = federation.askChain(0, halt);
    federation.runSlots(6);
    expect(await halted).toMatchObject({ halted: true, failure: null });
    const before = signedBy(federation, 0);
    restartActor(federation);
    const resumed = federation.askChain(0, resume);
    federation.runSlots(6);
    expect(await resumed).toMatchObject({ halted: false, failure: null });
    expect(signedBy(federation, 0)).toBeGreaterThan(before);
  });
});

describe('a halt while the node makes its own block (INV-13)', () => {
  it('leaves the block unsigned', () => {
    const signedAfter = (halted: boolean): number => {
      const federation = running(12);
      while ((federation.view(0)?.slot ?? 0) % 4 !== 3) federation.runSlots(1);
      federation.bridgeDelayMs = 300;
      federation.runSlots(1);
      federation.pump.runFor(200);
      const blocks = () => federation.signatures.filter(({ node, kind }) => node === 0 && kind === 'block').length;
      const before = blocks();
      if (halted) void federation.askChain(0, halt);
      federation.pump.runFor(700);
      return blocks() - before;
    };
    expect(signedAfter(false)).toBe(1);
    expect(signedAfter(true)).toBe(0);
  });
});

describe('a halt that could not be written down (INV-13)', () => {
  it('is never said to be durable, shows why, and is written again until it is', async () => {
    const federation = running(10);
    const disk = federation.nodes[0]?.disk;
    if (disk === undefined) throw new Error('there is no node 0');
    disk.full = true;
    for (let press = 0; press < 2; press++) {
      const answer = federation.askChain(0, halt);
      federation.runSlots(1);
      expect(await answer).toMatchObject({ halted: true, failure: expect.stringContaining('STORE_FULL') as string });
    }
    expect(federation.view(0)).toMatchObject({
      halted: true,
      haltUnsaved: expect.stringContaining('STORE_FULL') as string,
    });
    disk.full = false;
    federation.runSlots(3);
    expect(federation.view(0)?.haltUnsaved).toBeNull();
    const answer = federation.askChain(0, halt);
    federation.runSlots(1);
    expect(await answer).toMatchObject({ halted: true, failure: null });
    restart(federation);
    federation.runSlots(3);
    expect(causesOf(federation)).toEqual(['operator']);
  });
});
