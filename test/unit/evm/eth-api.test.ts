import { getCreateAddress, keccak256 } from 'ethers';
import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_EXECUTION_CONFIG } from '../../../node-core/adapters/embedded-evm/execution-config.ts';
import type { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import type { ExecutionPayload } from '../../../node-core/domain/consensus/types.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import { EvmChain, addressOf, rootAt, testEvm } from '../../support/evm-chain.ts';
import { PROBE, ProbeContract } from '../../support/probe.ts';

type Json = Readonly<Record<string, unknown>>;
const NOTED = PROBE.getEvent('Noted')?.topicHash as Hex;
const topicOf = (address: string): string => `0x${address.slice(2).padStart(64, '0')}`;
const word = (value: number): string => `0x${value.toString(16).padStart(64, '0')}`;

describe('the wallet methods', () => {
  let evm: EmbeddedEvm;
  let chain: EvmChain;
  let probe: ProbeContract;

  beforeEach(async () => {
    const rpc = { ...DEFAULT_EXECUTION_CONFIG.rpc, maxLogs: 12 };
    evm = await testEvm({ config: { ...DEFAULT_EXECUTION_CONFIG, rpc }, clock: () => 0 });
    chain = await EvmChain.on(evm);
    probe = await ProbeContract.deploy(chain, evm);
  });

  const ask = async <T = unknown>(method: string, ...params: unknown[]): Promise<T> =>
    (await evm.request(method, params)) as T;
  const refusal = async (method: string, ...params: unknown[]): Promise<{ code: number; message: string }> => {
    const error = (await evm.request(method, params).catch((reason: unknown) => reason)) as { body?: never };
    expect(error.body).toBeDefined();
    return error.body as unknown as { code: number; message: string };
  };
  const notes = async (count: number): Promise<ExecutionPayload> => {
    for (let i = 0; i < count; i++) await probe.send('note', [i, `note ${i}`]);
    return chain.block();
  };

  it('know the client and the chain', async () => {
    expect(await ask('web3_clientVersion')).toMatch(/^Alys\//);
    expect(await ask('web3_sha3', '0x')).toBe('0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');
    expect(await ask('net_version')).toBe('121212');
    expect(await ask('eth_chainId')).toBe('0x1d97c');
    expect(await ask('eth_blockNumber')).toBe('0x2');
  });

  it('find blocks by number, hash and tag', async () => {
    const head = await notes(1);
    const latest = await ask<Json>('eth_getBlockByNumber', 'latest', false);
    expect(latest).toMatchObject({
      hash: head.blockHash,
      number: '0x3',
      parentHash: head.parentHash,
      gasUsed: `0x${head.gasUsed.toString(16)}`,
    });
    for (const [tag, number] of [
      ['safe', '0x2'],
      ['finalized', '0x2'],
      ['earliest', '0x0'],
      ['pending', '0x3'],
    ]) {
      expect(await ask('eth_getBlockByNumber', tag, false)).toMatchObject({ number });
    }
    expect(await ask('eth_getBlockByHash', head.blockHash, false)).toEqual(latest);
    expect(await ask('eth_getBlockByNumber', '0x4', false)).toBeNull();
    expect(await ask('eth_getBlockByHash', word(1), false)).toBeNull();
    expect(await ask('eth_getBlockTransactionCountByNumber', '0x3')).toBe('0x1');
    expect(await ask('eth_getBlockTransactionCountByHash', head.blockHash)).toBe('0x1');
  });

  it('find a transaction in its block and by itself, alike', async () => {
    const hash = await probe.send('note', [1, 'x']);
    expect(await ask('eth_getTransactionByHash', hash)).toMatchObject({ hash, blockHash: null, blockNumber: null });
    expect(await ask('eth_getTransactionReceipt', hash)).toBeNull();
    const pending = await ask('eth_getRawTransactionByHash', hash);
    const { blockHash, baseFeePerGas } = await chain.block();
    const transaction = await ask<Json>('eth_getTransactionByHash', hash);
    expect(transaction).toMatchObject({
      hash,
      blockHash,
      blockNumber: '0x3',
      transactionIndex: '0x0',
      from: addressOf(0),
      type: '0x2',
      chainId: '0x1d97c',
    });
    expect(BigInt(transaction['gasPrice'] as string)).toBe(baseFeePerGas + 2_000_000n);
    expect(await ask('eth_getTransactionByBlockHashAndIndex', blockHash, '0x0')).toEqual(transaction);
    expect(await ask('eth_getTransactionByBlockNumberAndIndex', '0x3', '0x0')).toEqual(transaction);
    expect(await ask('eth_getTransactionByBlockNumberAndIndex', '0x3', '0x1')).toBeNull();
    const raw = await ask<string>('eth_getRawTransactionByHash', hash);
    expect(keccak256(raw)).toBe(hash);
    expect(pending).toBe(raw);
    expect(await ask('eth_getRawTransactionByBlockHashAndIndex', blockHash, '0x0')).toBe(raw);
    expect(await ask('eth_getRawTransactionByBlockNumberAndIndex', '0x3', '0x0')).toBe(raw);
    expect(await ask('eth_getRawTransactionByBlockNumberAndIndex', '0x3', '0x1')).toBe('0x');
    expect(await ask('eth_getRawTransactionByHash', word(1))).toBe('0x');
    const block = await ask<{ transactions: Json[] }>('eth_getBlockByNumber', '0x3', true);
    expect(block.transactions).toEqual([transaction]);
  });

  it('know no uncles', async () => {
    const { blockHash } = chain.head;
    expect(await ask('eth_getUncleCountByBlockNumber', 'latest')).toBe('0x0');
    expect(await ask('eth_getUncleCountByBlockHash', blockHash)).toBe('0x0');
    expect(await ask('eth_getUncleCountByBlockNumber', '0x99')).toBeNull();
    expect(await ask('eth_getUncleByBlockHashAndIndex', blockHash, '0x0')).toBeNull();
    expect(await ask('eth_getUncleByBlockNumberAndIndex', 'latest', '0x0')).toBeNull();
  });

  it('say what a call would use, so that it may name it beforehand', async () => {
    interface Answer {
      accessList: { address: string; storageKeys: string[] }[];
      gasUsed: string;
      error?: string;
    }
    const call = { from: addressOf(0), to: probe.address, data: PROBE.encodeFunctionData('note', [5, 'five']) };
    const { accessList, gasUsed } = await ask<Answer>('eth_createAccessList', call, 'latest');
    const [own] = accessList;
    expect(accessList).toHaveLength(1);
    expect(own?.address).toBe(probe.address);
    expect(own?.storageKeys).toContain(word(0));
    const hash = await chain.send(0, {
      ...call,
      gasLimit: BigInt(gasUsed),
      accessList,
      nonce: 1,
    });
    await chain.block();
    expect(await ask('eth_getTransactionReceipt', hash)).toMatchObject({ status: '0x1', gasUsed });

    // What a transaction may use anyway, and what it creates, is not named.
    expect(await ask('eth_createAccessList', { from: addressOf(0), to: addressOf(1), value: '0x1' })).toEqual({
      accessList: [],
      gasUsed: '0x5208',
    });
    const creating = { from: addressOf(0), data: '0x5f5f5ff0505f5ffd' };
    expect(await ask('eth_createAccessList', creating)).toMatchObject({ accessList: [], error: 'execution reverted' });
    const other = { from: addressOf(0), to: probe.address, data: PROBE.encodeFunctionData('failWithText') };
    expect(await ask<Answer>('eth_createAccessList', other)).toMatchObject({ error: 'execution reverted' });
  });

  it('tell of receipts what wallets want to know', async () => {
    const hash = await probe.send('note', [1, 'x']);
    const { blockHash, gasUsed } = await chain.block();
    const receipt = await ask<Json>('eth_getTransactionReceipt', hash);
    expect(receipt).toMatchObject({
      blockHash,
      status: '0x1',
      from: addressOf(0),
      to: probe.address,
      contractAddress: null,
      type: '0x2',
      gasUsed: `0x${gasUsed.toString(16)}`,
      cumulativeGasUsed: `0x${gasUsed.toString(16)}`,
      logs: [
        {
          address: probe.address,
          topics: [NOTED, topicOf(addressOf(0)), word(1)],
          logIndex: '0x0',
          removed: false,
          transactionHash: hash,
        },
      ],
    });
    expect(await ask('eth_getBlockReceipts', 'latest')).toEqual([receipt]);
  });

  it('read the state of any block', async () => {
    const before = await ask('eth_getBalance', addressOf(0), 'latest');
    await notes(2);
    expect(await ask('eth_getBalance', addressOf(0), '0x2')).toBe(before);
    expect(await ask('eth_getBalance', addressOf(0), 'latest')).not.toBe(before);
    expect(await ask('eth_getBalance', addressOf(0), { blockHash: chain.head.parentHash })).toBe(before);
    expect(await ask('eth_getTransactionCount', addressOf(0), '0x1')).toBe('0x0');
    expect(await ask('eth_getTransactionCount', addressOf(0), 'latest')).toBe('0x3');
    expect(await ask('eth_getStorageAt', probe.address, '0x0', 'latest')).toBe(word(2));
    expect(await ask('eth_getStorageAt', probe.address, '0x0', '0x2')).toBe(word(0));
    expect(await ask('eth_getCode', addressOf(0), 'latest')).toBe('0x');
    expect(await ask('eth_getCode', addressOf(77), 'latest')).toBe('0x');
  });

  it('call with the sender, the value and the block that are given', async () => {
    expect(await probe.read('count')).toEqual([0n]);
    await notes(3);
    expect(await probe.read('count', [], '0x2')).toEqual([0n]);
    expect(await probe.read('count')).toEqual([3n]);
    const poor = await refusal('eth_call', { from: addressOf(9), to: addressOf(1), value: '0x1' }, 'latest');
    expect(poor).toMatchObject({ code: -32000, message: expect.stringMatching(/^insufficient funds/) as string });
    // A contract may be the sender of a call, though never of a transaction.
    const data = PROBE.encodeFunctionData('count');
    expect(await ask('eth_call', { from: probe.address, to: probe.address, data }, 'latest')).toBe(word(3));
    const out = await refusal(
      'eth_call',
      { to: probe.address, data: PROBE.encodeFunctionData('spin', [10_000]), gas: '0xffff' },
      'latest',
    );
    expect(out).toEqual({ code: -32000, message: 'out of gas' });
  });

  it('call as if accounts were other than they are', async () => {
    const data = PROBE.encodeFunctionData('count');
    const count = (override: Json): Promise<unknown> =>
      ask('eth_call', { to: probe.address, data }, 'latest', { [probe.address]: override });
    expect(await count({ stateDiff: { [word(0)]: word(41) } })).toBe(word(41));
    expect(await count({ state: { [word(0)]: word(42) } })).toBe(word(42));
    expect(await count({ code: '0x602a5f5260205ff3' })).toBe(word(42));
    const value = '0xde0b6b3a7640000';
    expect(
      await ask('eth_call', { from: addressOf(9), to: addressOf(1), value }, 'latest', {
        [addressOf(9)]: { balance: value },
      }),
    ).toBe('0x');
    expect(await probe.read('count')).toEqual([0n]);
  });

  it('call as if an account had another nonce, balance and code, and forget it', async () => {
    const overrides = { [addressOf(9)]: { nonce: '0x5' } };
    // The address of what it creates comes from the nonce that is pretended.
    const returned = await ask('eth_call', { from: addressOf(9), data: '0x305f5260205ff3' }, 'latest', overrides);
    expect(returned).toBe(topicOf(getCreateAddress({ from: addressOf(9), nonce: 5 }).toLowerCase()));
    const selfBalance = { [addressOf(9)]: { code: '0x475f5260205ff3', balance: '0x7' } };
    expect(await ask('eth_call', { to: addressOf(9) }, 'latest', selfBalance)).toBe(word(7));
    expect(await ask('eth_call', { to: addressOf(9) }, 'latest')).toBe('0x');
  });

  it.each([
    ['number', '0x43', { number: '0x7b' }, word(0x7b)],
    ['time', '0x42', { time: '0x77777777' }, word(0x77777777)],
    ['gasLimit', '0x45', { gasLimit: '0x1234567' }, word(0x1234567)],
    ['feeRecipient', '0x41', { feeRecipient: addressOf(7) }, topicOf(addressOf(7))],
    ['prevRandao', '0x44', { prevRandao: word(5) }, word(5)],
    // Who pays nothing has no base fee either.
    ['baseFeePerGas', '0x48', { baseFeePerGas: '0x7' }, word(0)],
    ['the hash of a block before', '0x600240', { number: '0x3' }, 'hash of block 2'],
    ['the hash of a block that there is not', '0x607040', { number: '0x7b' }, word(0)],
  ])('call as if the block had another %s', async (_, opcode, blockOverride, result) => {
    const code = { [addressOf(9)]: { code: `${opcode}5f5260205ff3` } };
    const expected = result === 'hash of block 2' ? chain.head.blockHash : result;
    expect(await ask('eth_call', { to: addressOf(9) }, 'latest', code, blockOverride)).toBe(expected);
    expect(
      BigInt(await ask<string>('eth_estimateGas', { to: addressOf(9) }, 'latest', code, blockOverride)),
    ).toBeGreaterThan(21_000n);
  });

  it('pay the base fee that is pretended', async () => {
    const code = { [addressOf(9)]: { code: '0x485f5260205ff3' } };
    const call = { from: addressOf(0), to: addressOf(9), gasPrice: '0x3b9aca00', gas: '0x186a0' };
    expect(await ask('eth_call', call, 'latest', code, { baseFeePerGas: '0x7' })).toBe(word(7));
  });

  it.each([
    [{ beaconRoot: word(1) }, /beaconRoot is not supported/],
    [{ withdrawals: [] }, /withdrawals is not supported/],
    [{ blobBaseFee: '0x1' }, /blobBaseFee is not supported/],
    [{ Number: '0x1' }, /Number is not supported/],
    [{ number: 7 }, /number/],
    [{ time: '0xffffffffffffffffff' }, /time: at most 64 bits/],
    ['x', /block override: an object/],
    [[], /block override: an object/],
  ])('refuse to pretend of a block %j', async (blockOverride, message) => {
    const refused = { code: -32602, message: expect.stringMatching(message) as string };
    expect(await refusal('eth_call', { to: addressOf(9) }, 'latest', {}, blockOverride)).toMatchObject(refused);
    expect(await refusal('eth_estimateGas', { to: addressOf(9) }, 'latest', {}, blockOverride)).toMatchObject(refused);
  });

  it.each([
    [{ movePrecompileToAddress: addressOf(3) }, /movePrecompileToAddress is not supported/],
    [{ storage: {} }, /storage is not supported/],
    [{ nonce: `0x1${'0'.repeat(16)}` }, /nonce: at most 64 bits/],
    [{ state: {}, stateDiff: {} }, /either state or stateDiff/],
  ])('refuse to pretend of an account %j', async (override, message) => {
    const refused = { code: -32602, message: expect.stringMatching(message) as string };
    const overrides = { [addressOf(9)]: override };
    expect(await refusal('eth_call', { to: addressOf(9) }, 'latest', overrides)).toMatchObject(refused);
  });

  it.each([
    ['text', 'failWithText', [], 'execution reverted: not today'],
    ['a panic', 'failWithPanic', [0], 'execution reverted: division or modulo by zero'],
    ['an error of its own', 'failWithError', [], 'execution reverted'],
  ])('tell a revert with %s as geth does', async (_, name, args, message) => {
    const call = { to: probe.address, data: PROBE.encodeFunctionData(name, args) };
    expect(await refusal('eth_call', call, 'latest')).toMatchObject({
      code: 3,
      message,
      data: expect.stringMatching(/^0x/) as string,
    });
    expect(await refusal('eth_estimateGas', call)).toMatchObject({ code: 3, message });
  });

  it.each([
    ['a transfer', () => ({ from: addressOf(0), to: addressOf(1), value: '0x1' }), 1],
    [
      'a call',
      () => ({ from: addressOf(0), to: probe.address, data: PROBE.encodeFunctionData('note', [5, 'five']) }),
      1.02,
    ],
    [
      'clearing, which is refunded',
      () => ({ from: addressOf(0), to: probe.address, data: PROBE.encodeFunctionData('clear', [0, 10]) }),
      1.02,
    ],
    [
      'a call that keeps a 64th of its gas back',
      () => ({
        from: addressOf(0),
        to: probe.address,
        data: PROBE.encodeFunctionData('tryCall', [probe.address, PROBE.encodeFunctionData('spin', [100])]),
      }),
      1.05,
    ],
  ])('estimate gas for %s so that it succeeds, and little more', async (_, make, most) => {
    await probe.send('fill', [0, 10]);
    await chain.block();
    const call = make() as { to: Hex; data?: Hex; value?: Hex };
    const gas = BigInt(await ask<string>('eth_estimateGas', call));
    const failing = await evm
      .request('eth_call', [
        { ...call, gas: `0x${((gas * 100n) / BigInt(Math.round(most * 100)) - 1n).toString(16)}` },
        'latest',
      ])
      .then(
        () => false,
        () => true,
      );
    const nonce = Number(await ask('eth_getTransactionCount', addressOf(0), 'latest'));
    const hash = await chain.send(0, {
      to: call.to,
      data: call.data ?? '0x',
      value: BigInt(call.value ?? 0),
      gasLimit: gas,
      nonce,
    });
    await chain.block();
    expect(await ask('eth_getTransactionReceipt', hash)).toMatchObject({ status: '0x1' });
    expect(failing).toBe(true);
  });

  it('estimate within what the sender can pay', async () => {
    const call = {
      from: addressOf(9),
      to: probe.address,
      data: PROBE.encodeFunctionData('note', [1, 'a']),
      gasPrice: '0x3b9aca00',
    };
    expect(await refusal('eth_estimateGas', call)).toMatchObject({
      code: -32000,
      message: expect.stringMatching(/gas required exceeds allowance|intrinsic/) as string,
    });
  });

  it.each([
    [{ gasPrice: '0x1' }, /^max fee per gas less than block base fee/],
    [{ maxFeePerGas: '0x3b9aca00', maxPriorityFeePerGas: '0x3b9aca01' }, /^max priority fee per gas higher/],
    [{ chainId: '0x1' }, /^chainId does not match node's \(have=1, want=121212\)$/],
    [{ to: null, data: `0x${'00'.repeat(49_153)}` }, /^max initcode size exceeded/],
  ])('refuse to try out what no block takes: %j', async (more, message) => {
    const call = { from: addressOf(0), to: addressOf(1), ...more };
    const refused = { code: -32000, message: expect.stringMatching(message) as string };
    for (const method of ['eth_call', 'eth_estimateGas', 'eth_createAccessList'])
      expect(await refusal(method, call, 'latest')).toMatchObject(refused);
  });

  it('say how much gas a call lacks', async () => {
    const transfer = { from: addressOf(0), to: addressOf(1) };
    const refused = { code: -32000, message: 'intrinsic gas too low: have 20999, want 21000' };
    for (const method of ['eth_call', 'eth_createAccessList'])
      expect(await refusal(method, { ...transfer, gas: '0x5207' }, 'latest')).toEqual(refused);
    // An estimate takes that for no limit at all.
    expect(await ask('eth_estimateGas', { ...transfer, gas: '0x5207' })).toBe('0x5208');
    const spin = { to: probe.address, data: PROBE.encodeFunctionData('spin', [10_000]), gas: '0xffff' };
    expect(await refusal('eth_estimateGas', spin)).toEqual({
      code: -32000,
      message: 'gas required exceeds allowance (65535)',
    });
  });

  it('suggest a low tip while blocks have room', async () => {
    await chain.send(0, { to: addressOf(1), nonce: 1, maxPriorityFeePerGas: 90_000_000n });
    await chain.block();
    for (let i = 0; i < 3; i++) await chain.block();
    expect(await ask('eth_maxPriorityFeePerGas')).toBe('0xf4240');
  });

  it('suggest prices that get a transaction into the next block', async () => {
    const base = BigInt((await ask<{ baseFeePerGas: string }>('eth_getBlockByNumber', 'latest', false)).baseFeePerGas);
    expect(BigInt(await ask<string>('eth_gasPrice'))).toBeGreaterThan((base * 7n) / 8n);
    expect(BigInt(await ask<string>('eth_maxPriorityFeePerGas'))).toBeGreaterThanOrEqual(1_000_000n);
    await notes(3);
    const history = await ask<{
      oldestBlock: string;
      baseFeePerGas: string[];
      gasUsedRatio: number[];
      reward: string[][];
    }>('eth_feeHistory', '0x2', 'latest', [10, 90]);
    expect(history.oldestBlock).toBe('0x2');
    expect(history.baseFeePerGas).toHaveLength(3);
    expect(history.gasUsedRatio.at(-1)).toBeCloseTo(Number(chain.head.gasUsed) / 30_000_000);
    expect(history.reward.at(-1)).toEqual(['0x1e8480', '0x1e8480']);
    const next = await chain.block();
    expect(BigInt(history.baseFeePerGas.at(-1) as string)).toBe(next.baseFeePerGas);
    expect(await refusal('eth_feeHistory', '0x2', 'latest', [90, 10])).toMatchObject({ code: -32602 });
  });

  it('find logs by address, topic and range, in order', async () => {
    await notes(2);
    const second = await notes(3);
    const logs = (query: Json): Promise<Json[]> => ask('eth_getLogs', query);
    expect(await logs({ fromBlock: 'earliest', toBlock: 'latest' })).toHaveLength(5);
    expect(await logs({ fromBlock: '0x0', address: probe.address })).toHaveLength(5);
    expect(await logs({ fromBlock: '0x0', address: [addressOf(1), probe.address] })).toHaveLength(5);
    expect(await logs({ fromBlock: '0x0', address: addressOf(1) })).toEqual([]);
    expect(await logs({ fromBlock: '0x0', topics: [NOTED, null, word(1)] })).toHaveLength(2);
    expect(await logs({ fromBlock: '0x0', topics: [null, null, [word(1), word(2)]] })).toHaveLength(3);
    expect(await logs({ fromBlock: '0x0', topics: [[word(5), NOTED], topicOf(addressOf(0))] })).toHaveLength(5);
    expect(await logs({ fromBlock: '0x0', topics: [null, null, null, null] })).toEqual([]);
    const inSecond = await logs({ blockHash: second.blockHash });
    expect(inSecond.map(({ logIndex }) => logIndex)).toEqual(['0x0', '0x1', '0x2']);
    expect(await logs({})).toEqual(inSecond);
  });

  it('bound what one query for logs may return', async () => {
    for (let i = 0; i < 3; i++) await notes(5);
    expect(await refusal('eth_getLogs', { fromBlock: '0x0' })).toEqual({
      code: -32005,
      message: 'query returned more than 12 results',
    });
    for (let i = 0; i < 20; i++) await chain.block();
    expect(await ask('eth_getLogs', { fromBlock: '0x5', toBlock: '0x10' })).toHaveLength(5);
    expect(await refusal('eth_getLogs', { blockHash: chain.head.blockHash, fromBlock: '0x1' })).toMatchObject({
      code: -32602,
    });
    expect(await refusal('eth_getLogs', { topics: [null, null, null, null, null] })).toMatchObject({ code: -32602 });
  });

  it('know what a reorganisation took back', async () => {
    const base = chain.head;
    const request = chain.request();
    const empty = await evm.build({ ...request, prevRandao: rootAt(9) });
    await probe.send('note', [1, 'gone']);
    const full = await evm.build(request);
    for (const payload of [empty, full]) await evm.execute(payload, request.parentBeaconBlockRoot);
    const final = { safe: base.blockHash, finalized: base.blockHash };
    await evm.setForkchoice({ head: full.blockHash, ...final });
    await evm.setForkchoice({ head: empty.blockHash, ...final });
    expect(await ask('eth_getLogs', { fromBlock: '0x0' })).toEqual([]);
    const gone = { blockHash: full.blockHash, requireCanonical: true };
    expect(await refusal('eth_getBalance', addressOf(0), gone)).toMatchObject({ code: -32000 });
  });

  it.each([
    ['eth_getBalance', []],
    ['eth_getBalance', ['0x1']],
    ['eth_getBalance', [addressOf(0), 'soon']],
    ['eth_getBalance', [addressOf(0), {}]],
    ['eth_getBalance', [addressOf(0), { blockHash: word(1), blockNumber: '0x1' }]],
    ['eth_getBalance', [addressOf(0), '0x01']],
    ['eth_getBalance', [addressOf(0), -1]],
    ['eth_getBalance', [addressOf(0), 1.5]],
    // What JSON's `1e999` is parsed to.
    ['eth_getBalance', [addressOf(0), Infinity]],
    ['eth_getTransactionByBlockNumberAndIndex', ['latest', Infinity]],
    ['eth_getBalance', [7]],
    ['eth_getStorageAt', [addressOf(0), 'x']],
    ['eth_getBlockByHash', ['0x12', false]],
    ['eth_getBlockByNumber', ['latest', 'yes']],
    ['eth_getTransactionByHash', [null]],
    ['eth_call', []],
    ['eth_call', ['0x']],
    ['eth_call', [{ to: 5 }]],
    ['eth_call', [{ data: '0xabc' }]],
    ['eth_call', [{ gasPrice: '0x1', maxFeePerGas: '0x1' }]],
    ['eth_call', [{ gas: '1' }]],
    ['eth_call', [{}, 'latest', { x: {} }]],
    ['eth_estimateGas', [{ value: '0xzz' }]],
    ['eth_getLogs', []],
    ['eth_getLogs', [{ topics: 'all' }]],
    ['eth_getLogs', [{ address: {} }]],
    ['eth_feeHistory', ['x', 'latest']],
    ['web3_sha3', ['hello']],
  ] as [string, unknown[]][])('refuse %s with %j', async (method, params) => {
    expect(await refusal(method, ...params)).toMatchObject({ code: -32602 });
  });

  it.each(['eth_sendTransaction', 'eth_sign', 'debug_traceCall', 'admin_peers', 'toString', '__proto__', ''])(
    'do not know %s',
    async (method) => {
      expect(await refusal(method)).toMatchObject({ code: -32601 });
    },
  );
});
