import { beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import type { ExecutionPayload } from '../../../node-core/domain/consensus/types.ts';
import { EvmChain, FEE_RECIPIENT, TEST_NETWORK, addressOf, rootAt, testEvm } from '../../support/evm-chain.ts';
import { MORTAL, ProbeContract } from '../../support/probe.ts';

const WEI_PER_SAT = 10_000_000_000n;

interface ReceiptJson {
  readonly status: string;
  readonly gasUsed: string;
  readonly logs: readonly unknown[];
}

describe('the embedded EVM', () => {
  let evm: EmbeddedEvm;
  let chain: EvmChain;

  beforeEach(async () => {
    evm = await testEvm();
    chain = await EvmChain.on(evm);
  });

  const balance = async (address: string): Promise<bigint> =>
    BigInt((await evm.request('eth_getBalance', [address, 'latest'])) as string);
  const receipts = async (payload: ExecutionPayload): Promise<readonly ReceiptJson[]> =>
    (await evm.request('eth_getBlockReceipts', [payload.blockHash])) as ReceiptJson[];

  it('has the same block 0 in every build', async () => {
    const genesis = await evm.genesis();
    expect(genesis.blockNumber).toBe(0);
    expect(genesis.timestampS).toBe(TEST_NETWORK.genesisTimeMs / 1000);
    expect(genesis.stateRoot).toBe('0xcb99a7e54aa6ad29a034c5095cc5600887ebc5d3e2eb2f96710b4a6a2c28f2e3');
    expect(genesis.blockHash).toBe('0x7ae71777ae418c8da42cf7d6c6e61381bea7b44ff0f5e62bd4312f44f3e55791');
  });

  it('has another block 0 for another network', async () => {
    const other = await testEvm({
      network: { ...TEST_NETWORK, bridge: { ...TEST_NETWORK.bridge, minPegOutSats: '2' } },
    });
    expect((await other.genesis()).blockHash).not.toBe((await evm.genesis()).blockHash);
  });

  it('mints withdrawals after the transactions, each also when an address repeats (HOLE-4)', async () => {
    const to = addressOf(0);
    await chain.block({ withdrawals: [chain.mint(to, 5n), chain.mint(addressOf(1), 7n), chain.mint(to, 11n)] });
    expect(await balance(to)).toBe(16n * WEI_PER_SAT);
    expect(await balance(addressOf(1))).toBe(7n * WEI_PER_SAT);
  });

  it('moves value, pays the tip to the fee recipient and burns the base fee', async () => {
    await chain.block({ withdrawals: [chain.mint(addressOf(0), 1_000_000n)] });
    await chain.send(0, { to: addressOf(1), value: 777n, nonce: 0 });
    const request = chain.request();
    const payload = await evm.build(request);
    const status = await chain.import(payload, request.parentBeaconBlockRoot);
    const tip = 21_000n * 2_000_000n;
    const burned = 21_000n * payload.baseFeePerGas;
    expect(status).toMatchObject({ status: 'VALID', burnedFeesWei: burned });
    expect(await balance(addressOf(1))).toBe(777n);
    expect(await balance(FEE_RECIPIENT)).toBe(tip);
    expect(await balance(addressOf(0))).toBe(1_000_000n * WEI_PER_SAT - 777n - tip - burned);
  });

  it('lowers the base fee while blocks are empty and raises it when they are more than half full', async () => {
    await chain.block({ withdrawals: [chain.mint(addressOf(0), 10_000_000_000n)] });
    const idle = await chain.block();
    expect((await chain.block()).baseFeePerGas).toBe(idle.baseFeePerGas - idle.baseFeePerGas / 8n);
    const probe = await ProbeContract.deploy(chain, evm);
    for (let i = 0; i < 8; i++) await probe.send('fill', [i * 90, 90], { gasLimit: 2_200_000n });
    const full = await chain.block();
    expect(full.gasUsed > full.gasLimit / 2n).toBe(true);
    expect((await chain.block()).baseFeePerGas > full.baseFeePerGas).toBe(true);
  });

  it('undoes what a reverted transaction did, keeps its fee and its receipt', async () => {
    const probe = await ProbeContract.deploy(chain, evm);
    await probe.send('emitThenFail', [1]);
    const payload = await chain.block();
    const [receipt] = await receipts(payload);
    expect(receipt).toMatchObject({ status: '0x0', logs: [] });
    expect(BigInt(receipt?.gasUsed ?? 0)).toBe(payload.gasUsed);
    expect(await probe.read('count')).toEqual([0n]);
    expect(await evm.logs(payload.blockHash, payload.blockNumber)).toEqual([]);
  });

  it('counts log indexes over the whole block', async () => {
    const probe = await ProbeContract.deploy(chain, evm);
    await probe.send('note', [1, 'a']);
    await probe.send('emitThenFail', [1]);
    await probe.send('note', [2, 'b']);
    const payload = await chain.block();
    const logs = await evm.logs(payload.blockHash, payload.blockNumber);
    expect(logs.map(({ logIndex, transactionIndex }) => [logIndex, transactionIndex])).toEqual([
      [0, 0],
      [1, 2],
    ]);
  });

  it('shows contracts their block: ancestors, randomness, and the parent Alys root by EIP-4788', async () => {
    const probe = await ProbeContract.deploy(chain, evm);
    const parent = chain.head;
    const payload = await chain.block();
    const [ancestorHash, randao, coinbase, baseFee, chainId, parentRoot] = await probe.read('surroundings', [
      parent.blockNumber,
    ]);
    expect(ancestorHash).toBe(parent.blockHash);
    expect(randao).toBe(BigInt(payload.prevRandao));
    expect(String(coinbase).toLowerCase()).toBe(FEE_RECIPIENT);
    expect(baseFee).toBe(0n);
    expect(chainId).toBe(121212n);
    expect(parentRoot).toBe(rootAt(payload.blockNumber - 1));
  });

  it('ends a contract only in the transaction of its birth (EIP-6780)', async () => {
    const probe = await ProbeContract.deploy(chain, evm);
    const salt = rootAt(1);
    await probe.send('createAndEnd', [salt, addressOf(5)], { value: 9n });
    await chain.block();
    expect(await balance(addressOf(5))).toBe(9n);
    // The same address is free again.
    const [mortal] = await probe.read('create', [salt]);
    await probe.send('create', [salt], { value: 4n });
    await chain.block();
    expect(await evm.request('eth_getCode', [mortal, 'latest'])).not.toBe('0x');
    await chain.send(0, {
      to: mortal as string,
      data: MORTAL.encodeFunctionData('end', [addressOf(6)]),
      nonce: 3,
    });
    await chain.block();
    expect(await evm.request('eth_getCode', [mortal, 'latest'])).not.toBe('0x');
    expect([await balance(mortal as string), await balance(addressOf(6))]).toEqual([0n, 4n]);
  });

  it('forgets transient storage between transactions (EIP-1153)', async () => {
    const probe = await ProbeContract.deploy(chain, evm);
    await probe.send('transient_', [5]);
    await chain.block();
    expect(await probe.read('transient_', [6])).toEqual([0n, 6n]);
    expect(await probe.read('count')).toEqual([5n]);
  });

  it('leaves transactions out that do not fit the block or cannot pay, and keeps the order of nonces', async () => {
    await chain.block({
      withdrawals: [chain.mint(addressOf(0), 100_000_000n), chain.mint(addressOf(1), 100_000_000n)],
    });
    await chain.send(0, { to: addressOf(9), value: 1n, nonce: 0, maxPriorityFeePerGas: 1_000_000n });
    await chain.send(0, { to: addressOf(9), value: 1n, nonce: 1, maxPriorityFeePerGas: 90_000_000n });
    await chain.send(1, { to: addressOf(9), value: 1n, nonce: 0, maxPriorityFeePerGas: 50_000_000n });
    const payload = await chain.block();
    const block = (await evm.request('eth_getBlockByHash', [payload.blockHash, true])) as {
      transactions: { from: string; nonce: string }[];
    };
    expect(block.transactions.map(({ from, nonce }) => [from, nonce])).toEqual([
      [addressOf(1), '0x0'],
      [addressOf(0), '0x0'],
      [addressOf(0), '0x1'],
    ]);
  });

  it('builds on any executed block, and follows the head to another branch', async () => {
    await chain.block({ withdrawals: [chain.mint(addressOf(0), 1_000_000n)] });
    const fork = chain.head;
    await chain.send(0, { to: addressOf(1), value: 5n, nonce: 0 });
    const request = chain.request();
    const left = await evm.build(request);
    const right = await evm.build({ ...request, withdrawals: [chain.mint(addressOf(2), 3n)], prevRandao: rootAt(77) });
    for (const payload of [left, right]) {
      expect(await evm.execute(payload, request.parentBeaconBlockRoot)).toMatchObject({ status: 'VALID' });
    }
    const choose = (head: ExecutionPayload): Promise<void> =>
      evm.setForkchoice({ head: head.blockHash, safe: fork.blockHash, finalized: fork.blockHash });
    await choose(left);
    expect([await balance(addressOf(1)), await balance(addressOf(2))]).toEqual([5n, 0n]);
    await choose(right);
    expect([await balance(addressOf(1)), await balance(addressOf(2))]).toEqual([5n, 3n * WEI_PER_SAT]);
  });

  it('answers SYNCING for a block whose parent it does not know, and refuses to build on one', async () => {
    const request = chain.request();
    const payload = await evm.build(request);
    const other = await testEvm();
    const child = { ...payload, parentHash: payload.blockHash };
    expect(await other.execute(child, request.parentBeaconBlockRoot)).toEqual({ status: 'SYNCING' });
    await expect(other.build({ ...request, parentHash: payload.blockHash })).rejects.toMatchObject({
      code: 'UNKNOWN_PARENT',
    });
  });

  it('gives the same answer when it executes a block again, and the same block on another engine (INV-18)', async () => {
    const request = chain.request({ withdrawals: [chain.mint(addressOf(0), 1n)] });
    const payload = await evm.build(request);
    const first = await evm.execute(payload, request.parentBeaconBlockRoot);
    expect(await evm.execute(payload, request.parentBeaconBlockRoot)).toEqual(first);
    const other = await testEvm();
    const elsewhere = await other.execute(payload, request.parentBeaconBlockRoot);
    expect(elsewhere).toEqual(first);
  });

  it('refuses a finality that would take back finalized blocks', async () => {
    const one = await chain.block();
    const two = await chain.block();
    await evm.setForkchoice({ head: two.blockHash, safe: two.blockHash, finalized: two.blockHash });
    const back = { head: one.blockHash, safe: one.blockHash, finalized: one.blockHash };
    await expect(evm.setForkchoice(back)).rejects.toMatchObject({ code: 'FINALITY_REVERTED' });
  });
});
