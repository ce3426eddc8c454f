import { describe, expect, it } from 'vitest';
import type { EngineView } from '../../node-core/protocol/views.ts';
import { ChainFederation } from '../support/chain-federation.ts';

const start = (seed: number, size: number): ChainFederation => {
  const federation = new ChainFederation(seed, size);
  for (let i = 0; i < size; i++) federation.start(i);
  return federation;
};
const finalOf = (federation: ChainFederation, index: number): number => federation.view(index)?.finalized.height ?? -1;
const engineOf = (federation: ChainFederation, index: number): EngineView =>
  federation.nodes[index]?.system?.view('EngineActor') as EngineView;
const clientOf = (federation: ChainFederation, index: number) => {
  const node = federation.nodes[index];
  if (node === undefined) throw new Error(`there is no node ${index}`);
  return node.client;
};
const signedBy = (federation: ChainFederation, index: number): number =>
  federation.signatures.filter(({ node }) => node === index).length;

describe('a federation on execution clients of their own processes', () => {
  it('goes on while one client is away, and its node catches up and proposes again by itself', () => {
    const federation = start(11, 4);
    federation.runSlots(8);
    const client = clientOf(federation, 3);
    client.away = true;
    federation.runSlots(3);
    const signed = signedBy(federation, 3);
    const height = finalOf(federation, 3);
    federation.runSlots(30);
    expect(signedBy(federation, 3)).toBe(signed);
    expect(finalOf(federation, 3)).toBe(height);
    expect(finalOf(federation, 0)).toBeGreaterThan(height + 15);

    client.away = false;
    federation.runSlots(8);
    expect(finalOf(federation, 3)).toBeGreaterThanOrEqual(finalOf(federation, 0) - 1);
    expect(engineOf(federation, 3)).toMatchObject({ client: 'Ready', trouble: null });
    const since = federation.view(3)?.slot ?? 0;
    federation.runSlots(8);
    expect(
      federation
        .view(0)
        ?.recentBlocks.some(({ proposer, slot, finalized }) => proposer === 3 && slot > since && finalized),
    ).toBe(true);
  });

  it('misses no more than the slots in which a client was led back from nothing', () => {
    const federation = start(12, 4);
    federation.runSlots(20);
    for (const { client } of federation.nodes) client.lose(0);
    const before = finalOf(federation, 0);
    federation.runSlots(10);
    expect(Math.min(...[0, 1, 2, 3].map((index) => finalOf(federation, index)))).toBeGreaterThan(before + 4);
    expect(federation.conflicts).toEqual([]);
  });

  it('signs nothing at the node whose client is of another chain, and says why', () => {
    const federation = start(13, 4);
    federation.runSlots(8);
    const client = clientOf(federation, 2);
    client.strange = true;
    client.held.clear();
    federation.runSlots(2);
    const signed = signedBy(federation, 2);
    federation.runSlots(20);
    expect(signedBy(federation, 2)).toBe(signed);
    expect(engineOf(federation, 2)).toMatchObject({
      client: 'Refused',
      trouble: 'GENESIS_MISMATCH: block 0 is another',
    });
    expect(finalOf(federation, 0)).toBeGreaterThan(20);
  });

  it('never asks a client to build below its head, and heals, whatever clients and nodes go through', () => {
    for (let seed = 300; seed < 312; seed++) {
      const federation = start(seed, 4);
      const { random } = federation.pump;
      for (let round = 0; round < 12; round++) {
        const index = Math.floor(random() * 4);
        const client = clientOf(federation, index);
        const choice = random();
        if (choice < 0.3) client.away = !client.away;
        else if (choice < 0.5) client.lose(Math.floor(random() * Math.max(1, finalOf(federation, 0))), random() < 0.5);
        else if (choice < 0.7 && federation.nodes[index]?.system !== null) federation.crash(index);
        else if (choice < 0.85) federation.partition([[index], [0, 1, 2, 3].filter((i) => i !== index)]);
        else federation.partition(null);
        if (federation.nodes[index]?.system === null && random() < 0.5) federation.start(index);
        federation.runSlots(1 + Math.floor(random() * 3));
      }
      federation.partition(null);
      for (const { index, system, client } of federation.nodes) {
        client.away = false;
        if (system === null) federation.start(index);
      }
      federation.runSlots(12);
      const healed = Math.max(...[0, 1, 2, 3].map((index) => finalOf(federation, index)));
      federation.runSlots(12);
      expect(
        Math.min(...[0, 1, 2, 3].map((index) => finalOf(federation, index))),
        `seed ${seed}: finality goes on at every node`,
      ).toBeGreaterThan(healed);
      expect(federation.conflicts, `seed ${seed}`).toEqual([]);
      // A node that crashed between a certificate's two effects may know less than its client once.
      const refused = federation.nodes.reduce((sum, { client }) => sum + client.refusedBuilds, 0);
      expect(refused, `seed ${seed}: builds below the head`).toBeLessThanOrEqual(2);
    }
  });
});
