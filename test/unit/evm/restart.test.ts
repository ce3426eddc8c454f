import { describe, expect, it } from 'vitest';
import type { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import { MemoryState } from '../../../node-core/adapters/embedded-evm/state/memory-state.ts';
import type { ExecutionPayload } from '../../../node-core/domain/consensus/types.ts';
import type { StagedState } from '../../../node-core/ports/execution.ts';
import type { EvmBlockHash } from '../../../node-core/primitives/ids.ts';
import { EvmChain, addressOf, testEvm } from '../../support/evm-chain.ts';
import { ProbeContract } from '../../support/probe.ts';

const balance = (evm: EmbeddedEvm, address: string): Promise<unknown> =>
  evm.request('eth_getBalance', [address, 'latest']);

describe('a restarted EVM', () => {
  it('goes on from the stored state, and knows its blocks by hash, number and transaction', async () => {
    const state = new MemoryState();
    const evm = await testEvm({ state });
    const chain = await EvmChain.on(evm, state);
    const probe = await ProbeContract.deploy(chain, evm);
    const hashes: string[] = [];
    for (let i = 0; i < 12; i++) {
      hashes.push(await probe.send('note', [i, `entry ${i}`]));
      await chain.block();
    }
    const head = chain.head;

    const again = await testEvm({ state });
    expect(await again.request('eth_blockNumber', [])).toBe('0x0');
    const final = (await evm.request('eth_getBlockByNumber', ['finalized', false])) as { hash: EvmBlockHash };
    await again.setForkchoice({ head: head.blockHash, safe: final.hash, finalized: final.hash });
    expect(await again.request('eth_blockNumber', [])).toBe(`0x${head.blockNumber.toString(16)}`);
    expect(await balance(again, addressOf(0))).toBe(await balance(evm, addressOf(0)));
    for (let number = 0; number <= head.blockNumber; number++) {
      const at = [`0x${number.toString(16)}`, true];
      expect(await again.request('eth_getBlockByNumber', at)).toEqual(await evm.request('eth_getBlockByNumber', at));
    }
    for (const hash of hashes) {
      const receipt = await again.request('eth_getTransactionReceipt', [hash]);
      expect(receipt).toMatchObject({ status: '0x1', transactionHash: hash });
      expect(receipt).toEqual(await evm.request('eth_getTransactionReceipt', [hash]));
    }
    const everything = [{ fromBlock: 'earliest', topics: [] }];
    expect(await again.request('eth_getLogs', everything)).toHaveLength(12);
    expect(await again.request('eth_getLogs', everything)).toEqual(await evm.request('eth_getLogs', everything));
    // And makes the same next block.
    const request = chain.request({ withdrawals: [chain.mint(addressOf(3), 3n)] });
    expect(await again.build(request)).toEqual(await evm.build(request));
  });

  it('finds the places of final blocks in the store alone after many restarts', async () => {
    const state = new MemoryState();
    let evm = await testEvm({ state });
    let chain = await EvmChain.on(evm, state);
    await chain.block({ withdrawals: [chain.mint(addressOf(0), 100_000_000n)] });
    const hashes: string[] = [];
    let last: ExecutionPayload = chain.head;
    for (let restart = 0; restart < 4; restart++) {
      for (let i = 0; i < 3; i++) {
        hashes.push(await chain.send(0, { to: addressOf(1), value: 1n, nonce: hashes.length }));
        await chain.block();
      }
      last = chain.head;
      evm = await testEvm({ state });
      await evm.setForkchoice({ head: last.blockHash, safe: last.parentHash, finalized: last.parentHash });
      chain = EvmChain.from(evm, state, last);
    }
    for (const hash of hashes) expect(await evm.request('eth_getTransactionReceipt', [hash])).not.toBeNull();
    expect(await balance(evm, addressOf(1))).toBe('0xc');
  });

  it('is at the last durable block after a crash, and executes the lost ones again to the same result (INV-25)', async () => {
    const state = new MemoryState();
    const evm = await testEvm({ state });
    const chain = await EvmChain.on(evm, null);
    const blocks: { payload: ExecutionPayload; staged: StagedState }[] = [];
    for (let i = 0; i < 6; i++) {
      const request = chain.request({ withdrawals: [chain.mint(addressOf(i), 1000n)] });
      const payload = await evm.build(request);
      const status = await chain.import(payload, request.parentBeaconBlockRoot);
      if (status.status !== 'VALID' || status.staged === null) throw new Error('nothing was staged');
      blocks.push({ payload, staged: status.staged });
    }
    for (const { staged } of blocks.slice(0, 3)) state.persist(staged);

    const again = await testEvm({ state });
    const durable = blocks[2]?.payload as ExecutionPayload;
    await again.setForkchoice({ head: durable.blockHash, safe: durable.blockHash, finalized: durable.blockHash });
    expect(await balance(again, addressOf(2))).not.toBe('0x0');
    const lost = blocks[4]?.payload as ExecutionPayload;
    await expect(
      again.setForkchoice({ head: lost.blockHash, safe: durable.blockHash, finalized: durable.blockHash }),
    ).rejects.toMatchObject({ code: 'UNKNOWN_BLOCK' });
    for (const { payload, staged } of blocks.slice(3)) {
      const root = `0x${(payload.blockNumber - 1).toString(16).padStart(64, '0')}`;
      const status = await again.execute(payload, root as never);
      if (status.status !== 'VALID' || status.staged === null) throw new Error('not executed again');
      expect(status.staged.receipts).toEqual(staged.receipts);
      state.persist(status.staged);
    }
    const head = blocks[5]?.payload as ExecutionPayload;
    await again.setForkchoice({ head: head.blockHash, safe: head.blockHash, finalized: head.blockHash });
    expect(await balance(again, addressOf(5))).toBe(await balance(evm, addressOf(5)));
  });

  it('says so when the store lost a part of the state, and calls no block invalid for it', async () => {
    const kept = new MemoryState();
    const evm = await testEvm({ state: kept });
    const chain = await EvmChain.on(evm, kept);
    await chain.block({ withdrawals: [chain.mint(addressOf(0), 100_000n)] });
    const parent = chain.head;
    const request = chain.request();
    const child = await evm.build(request);
    const lossy = await testEvm({ state: { get: () => undefined, receipts: (hash) => kept.receipts(hash) } });
    await expect(lossy.execute(child, request.parentBeaconBlockRoot)).rejects.toMatchObject({ code: 'STATE_MISSING' });
    expect(parent.blockNumber).toBe(1);
  });
});
