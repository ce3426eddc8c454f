import { keccak256 } from 'ethers';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import type { ExecutionPayload } from '../../../node-core/domain/consensus/types.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import { EvmChain, addressOf, signed, testEvm } from '../../support/evm-chain.ts';

/** Loops until its gas is used up: `JUMPDEST PUSH0 JUMP`. */
const ENDLESS: Hex = '0x5b5f56';
/** Counts 3000 down to 0: some tens of looks at the clock. */
const LONG: Hex = '0x610bb85b6001900380600357';

describe('building a block in time', () => {
  let now = 0;
  let evm: EmbeddedEvm;
  let chain: EvmChain;
  const nonces = new Map<number, number>();

  /** Each look at the clock is a tenth of a millisecond later, so that what takes long is told by its steps alone. */
  const clock = (): number => (now += 0.1);

  beforeEach(async () => {
    now = 0;
    nonces.clear();
    evm = await testEvm({ clock });
    chain = await EvmChain.on(evm);
    await chain.block({ withdrawals: [0, 1, 2, 3].map((index) => chain.mint(addressOf(index), 1_000_000_000n)) });
  });

  const nonceOf = (index: number): number => {
    const nonce = nonces.get(index) ?? 0;
    nonces.set(index, nonce + 1);
    return nonce;
  };
  const transfer = (index: number): Promise<Hex> =>
    chain.send(index, { to: addressOf(9), value: 1n, gasLimit: 21_000n, nonce: nonceOf(index) });
  const create = (index: number, data: Hex, gasLimit: bigint, tip = 3_000_000n, nonce = nonceOf(index)): Promise<Hex> =>
    chain.send(index, { data, gasLimit, nonce, maxPriorityFeePerGas: tip, maxFeePerGas: 1000n * tip });
  const BUDGET = { timeBudgetMs: 100 };
  const hashesOf = ({ transactions }: ExecutionPayload): readonly Hex[] =>
    transactions.map((raw) => keccak256(raw) as Hex);
  const known = async (hash: Hex): Promise<boolean> => (await evm.request('eth_getTransactionByHash', [hash])) !== null;

  it('goes on with the others when a transaction runs out of time, block after block', async () => {
    for (let block = 0; block < 6; block++) {
      await create(1, ENDLESS, 8_000_000n, 3_000_000n * BigInt(2 ** block), 0);
      const honest = await transfer(0);
      expect(hashesOf(await chain.block(BUDGET))).toEqual([honest]);
    }
  });

  it('leaves time for the others when many accounts send such transactions', async () => {
    for (const index of [1, 2, 3]) await create(index, ENDLESS, 8_000_000n);
    for (let block = 0; block < 4; block++) {
      const honest = [await transfer(0), await transfer(0)];
      expect(hashesOf(await chain.block(BUDGET))).toEqual(honest);
    }
  });

  it('tries a transaction that ran out of time first and longer in the next block, and then its account’s next one', async () => {
    // Half of the time is not enough for it, three quarters are.
    const long = await create(1, LONG, 2_000_000n);
    const after = await transfer(1);
    const other = await transfer(0);
    const budget = { timeBudgetMs: 22 };
    expect(hashesOf(await chain.block(budget))).toEqual([other]);
    expect(await known(long)).toBe(true);
    const next = await transfer(0);
    const [first, ...rest] = hashesOf(await chain.block(budget));
    expect(first).toBe(long);
    expect(new Set(rest)).toEqual(new Set([after, next]));
  });

  it('gives up a transaction alone, with a reason, that never ends in time', async () => {
    const reason = 'it did not end in the time that a block has for one transaction, 2 times';
    const told: unknown[] = [];
    evm.onGivenUp((...givenUp) => told.push(givenUp));
    const endless = await create(1, ENDLESS, 8_000_000n);
    const after = await transfer(1);
    for (let block = 0; block < 2; block++) expect((await chain.block(BUDGET)).transactions).toEqual([]);
    expect([await known(endless), await known(after)]).toEqual([false, true]);
    const fees = { maxPriorityFeePerGas: 3_000_000n, maxFeePerGas: 3_000_000_000n };
    const again = await signed(1, { data: ENDLESS, gasLimit: 8_000_000n, nonce: 0, ...fees });
    await expect(evm.submitTransaction(again)).rejects.toMatchObject({
      message: `the transaction was given up: ${reason}`,
    });
    expect(told).toEqual([[endless, reason]]);
    // Another in its place lets the account go on.
    await chain.send(1, { to: addressOf(9), value: 1n, gasLimit: 21_000n, nonce: 0 });
    expect((await chain.block(BUDGET)).transactions).toHaveLength(2);
  });

  it('refuses more gas than a transaction gets, in words that say how much that is', async () => {
    const raw = signed(1, { data: ENDLESS, gasLimit: 8_000_001n, nonce: 0 });
    await expect(raw.then((each) => evm.submitTransaction(each))).rejects.toMatchObject({
      message: 'gas limit too high: gas 8000001, this node gives a transaction at most 8000000',
    });
    expect(await evm.reconfigure('{"pool":{"maxTransactionGas":9000000}}')).toEqual({ applied: true });
    await evm.submitTransaction(await raw);
  });
});
