import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PayoutInput } from '../../../node-core/domain/consensus/types.ts';
import {
  type InputSignatures,
  finalizePayout,
  verifyMemberSignatures,
} from '../../../node-core/domain/federation/payout-signing.ts';
import type { MemberSignatures, SignatureRequest } from '../../../node-core/ports/governance.ts';
import { txid } from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { type Departure, burn, federationInputs, payout } from './payouts.ts';
import { read, take } from './sources.ts';
import type { BurnLog } from './wallet-rpc.ts';
import { type World, clientOf, federation, federationAddressText, startWorld } from './world.ts';

/** An address that nobody in these tests holds: the 1-of-1 vector of protocol.md. */
const STRANGER = 'bcrt1p3srvwkq5kyzlxqls43x97ch2vpcp4j278nk8jjuzcgt8k40ttr9s4vj934';

let world: World;
let client: ReturnType<typeof clientOf>;
let dataDir: string;

async function connect(): Promise<void> {
  client = clientOf(world.governance);
  await read(client.link()).next();
}
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'governance-'));
  world = await startWorld({ dataDir });
  await connect();
});
afterAll(async () => {
  client.close();
  await world.close();
  await rm(dataDir, { recursive: true });
});

async function answers(request: SignatureRequest): Promise<readonly MemberSignatures[]> {
  const reading = read(client.requestSignatures(request));
  const three = await take(reading, 3);
  reading.close();
  return three.toSorted((a, b) => a.member - b.member);
}

/** What all three members say, who must agree: `signed` or their reason. */
async function verdict(request: SignatureRequest): Promise<string> {
  const all = await answers(request);
  const words = new Set(all.map(({ signatures, reason }) => (signatures === null ? reason : 'signed')));
  expect(words.size).toBe(1);
  return [...words][0] ?? 'no reason';
}

const signed = (all: readonly MemberSignatures[]): InputSignatures[] =>
  all.flatMap(({ member, signatures }) => (signatures === null ? [] : [{ member, signatures }]));

async function rpc(method: string, ...params: unknown[]): Promise<unknown> {
  const response = await fetch(world.bitcoin.url, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('members:a password')}` },
    body: JSON.stringify({ jsonrpc: '1.0', id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result: unknown; error: unknown };
  expect(error).toBeNull();
  return result;
}

describe('members sign a payout', () => {
  it('that Bitcoin relays and mines, with any threshold of their signatures (HOLE-13)', async () => {
    for (const absent of [0, 1, 2]) {
      const inputs = await federationInputs(world, 2);
      const request = payout(world, [burn(world), burn(world)], inputs);
      const all = signed(await answers(request));
      for (const answer of all) {
        expect(verifyMemberSignatures(request.unsignedTx, inputs, () => federation, answer).ok).toBe(true);
      }
      const present = all.filter(({ member }) => member !== absent);
      const final = finalizePayout(request.unsignedTx, inputs, () => federation, present);
      if (!final.ok) throw new Error(final.refusal.reason);
      expect(await rpc('testmempoolaccept', [final.value.rawTx])).toMatchObject([
        { allowed: true, txid: request.txid, vsize: final.value.vsize },
      ]);
      expect(await rpc('sendrawtransaction', final.value.rawTx)).toBe(request.txid);
      world.mine(1);
      expect(await rpc('gettxout', request.txid, 0, false)).toMatchObject({ confirmations: 1 });
    }
  });

  it('with the same signatures each time', async () => {
    const request = payout(world, [burn(world)], await federationInputs(world, 1));
    expect(await answers(request)).toEqual(await answers(request));
  });

  it('and its fee bumps, which keep its first input', async () => {
    const [first, second] = await federationInputs(world, 2);
    if (!first || !second) throw new Error('two inputs');
    const log = burn(world);
    const original = payout(world, [log], [first], { feeRate: 3 });
    expect(await verdict(original)).toBe('signed');
    const { payoutId } = original;
    expect(await verdict(payout(world, [log], [first], { feeRate: 9, payoutId }))).toBe('signed');
    expect(await verdict(payout(world, [log], [first, second], { feeRate: 12, payoutId }))).toBe('signed');
  });

  it('when a node is out of order but another answers', async () => {
    world.evm.broken = true;
    const request = payout(world, [burn(world)], await federationInputs(world, 1));
    expect(await verdict(request)).toBe('eth_getBlockByHash: out of order');
    world.evm.broken = false;
    expect(await verdict(request)).toBe('signed');
  });
});

describe('members pay no burn twice (INV-4)', () => {
  let inputs: readonly PayoutInput[];
  let log: BurnLog;
  let original: SignatureRequest;
  beforeEach(async () => {
    inputs = await federationInputs(world, 2);
    log = burn(world);
    original = payout(world, [log], inputs.slice(0, 1));
    expect(await verdict(original)).toBe('signed');
  });

  it('by another payout', async () => {
    const second = payout(world, [log], inputs.slice(1));
    expect(await verdict(second)).toBe(`a burn is paid by payout ${original.payoutId} already`);
    const joined = payout(world, [log, burn(world)], inputs.slice(1));
    expect(await verdict(joined)).toBe(`a burn is paid by payout ${original.payoutId} already`);
  });

  it('by a bump that does not conflict with the first version', async () => {
    const bump = payout(world, [log], inputs.slice(1), { feeRate: 9, payoutId: original.payoutId });
    expect(await verdict(bump)).toBe('the payout was signed with another first input');
  });

  it('by a bump of other burns', async () => {
    const bump = payout(world, [burn(world)], inputs.slice(0, 1), { feeRate: 9, payoutId: original.payoutId });
    expect(await verdict(bump)).toBe('the payout was signed for other burns');
  });

  it('after a restart either', async () => {
    await world.restartGovernance();
    await connect();
    expect(await verdict(payout(world, [log], inputs.slice(1)))).toBe(
      `a burn is paid by payout ${original.payoutId} already`,
    );
    expect(await verdict(original)).toBe('signed');
  });
});

describe('members refuse a payout', () => {
  let inputs: readonly PayoutInput[];
  beforeAll(async () => {
    inputs = await federationInputs(world, 2);
  });
  const refusal = (departure: Departure, overrides: Partial<BurnLog> = {}) =>
    verdict(payout(world, [burn(world, overrides)], inputs, departure));

  it('of a burn that is not there (INV-5)', async () => {
    const log = burn(world);
    world.evm.burns.pop();
    expect(await verdict(payout(world, [log], inputs))).toBe('there is no burn at that log index');
  });

  it('of a burn that is not final (INV-5)', async () => {
    expect(await refusal({}, { blockNumber: 101 })).toBe("the burn's block is not final");
  });

  it("of another contract's log, a failed transaction or a contract creation (INV-5, HOLE-1)", async () => {
    expect(await refusal({}, { address: `0x${'cc'.repeat(20)}` })).toBe('there is no burn at that log index');
    expect(await refusal({}, { succeeded: false })).toBe("the burn's transaction did not succeed");
    expect(await refusal({}, { contractCreation: true })).toBe('a contract creation is no burn');
  });

  it('of another amount than was burned', async () => {
    const log = burn(world);
    world.evm.burns[world.evm.burns.length - 1] = { ...log, amountWei: log.amountWei - 10_000_000_000n };
    expect(await verdict(payout(world, [log], inputs))).toBe('the burn is of another amount');
  });

  it('to another address than the burn names, or to no address of this network (INV-6)', async () => {
    expect(await refusal({ destination: STRANGER })).toBe('the burn names another address');
    expect(await refusal({ destination: federationAddressText })).toBe('it pays the federation');
    const honest = payout(world, [burn(world)], inputs);
    const shares = honest.shares.map((share) => ({
      ...share,
      destination: 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq',
    }));
    expect(await verdict({ ...honest, shares })).toBe('share 0 names no address of this network');
  });

  it('that pays less than the burn, or anything else (HOLE-5)', async () => {
    const burns = [burn(world), burn(world)];
    const uneven = payout(world, burns, inputs, { underpaidSats: 1000n });
    expect(await verdict(uneven)).toBe('share 0 bears another part of the fee');
    const { shares } = payout(world, burns, inputs);
    expect(await verdict({ ...uneven, shares })).toBe('share 0 bears another part of the fee');
    const generous = shares.map((share) => ({ ...share, burnSats: sats(share.burnSats + 1n) }));
    expect(await verdict({ ...payout(world, burns, inputs), shares: generous })).toBe(
      'share 0 is not its burn less its fee',
    );
    expect(await refusal({ extraOutput: { address: STRANGER, amountSats: 5000n } })).toBe(
      'there are more outputs than burns and change',
    );
    expect(await refusal({ changeAddress: STRANGER })).toBe('the change does not go to the federation');
  });

  it('outside the bounds of fee rate and amount', async () => {
    expect(await refusal({ feeRate: 1 })).toBe('the fee rate is below the minimum');
    expect(await refusal({ feeRate: 101 })).toBe('the fee rate is above the maximum');
    expect(await refusal({}, { amountWei: 999_999n * 10_000_000_000n })).toBe('the burn is outside the limits');
  });

  it('of another shape', async () => {
    expect(await refusal({ version: 1 })).toBe('not version 2 with locktime 0');
    expect(await refusal({ sequence: 0xffff_fffe })).toBe('it signals no replacement');
  });

  it('whose descriptions disagree', async () => {
    const honest = payout(world, [burn(world)], inputs);
    const other = payout(world, [burn(world)], inputs, { feeRate: 8 });
    const mismatch = 'the transaction, its txid and its PSBT do not agree';
    expect(await verdict({ ...honest, psbt: other.psbt })).toBe(mismatch);
    expect(await verdict({ ...honest, txid: txid('ee'.repeat(32)) })).toBe(mismatch);
    expect(await verdict({ ...honest, unsignedTx: other.unsignedTx })).toBe(mismatch);
    expect(await verdict({ ...honest, inputs: honest.inputs.toReversed() })).toBe(
      'the inputs are not those that the request names',
    );
  });

  it('from an output that is spent, of another amount or not the federation’s', async () => {
    const [first] = inputs;
    if (!first) throw new Error('an input');
    const richer = [{ ...first, amountSats: sats(first.amountSats + 1n) }];
    expect(await verdict(payout(world, [burn(world)], richer))).toMatch(/is of 5000000 sat$/);
    const missing = [{ ...first, outpoint: `${'ab'.repeat(32)}:0` as PayoutInput['outpoint'] }];
    expect(await verdict(payout(world, [burn(world)], missing))).toMatch(/is no unspent output of the chain$/);
    const paid = await world.user.pay({ outputs: [{ address: world.user.address, amountSats: first.amountSats }] });
    world.mine(1);
    const foreign = [{ ...first, outpoint: `${paid.txid}:0` as PayoutInput['outpoint'] }];
    expect(await verdict(payout(world, [burn(world)], foreign))).toMatch(/is not the federation's$/);
  });

  it('and bind themselves to nothing by refusing', async () => {
    const log = burn(world);
    expect(await verdict(payout(world, [log], inputs, { feeRate: 1 }))).toBe('the fee rate is below the minimum');
    expect(await verdict(payout(world, [log], inputs))).toBe('signed');
  });
});
