import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../../node-core/adapters/eth-rpc/client.ts';
import { WalletApi } from '../../node-core/adapters/eth-rpc/wallet-api.ts';
import type { EmbeddedEvm } from '../../node-core/adapters/embedded-evm/embedded-evm.ts';
import type { ExternalEngine } from '../../node-core/adapters/engine-api/external-engine.ts';
import { EthApiError, type EthApiPort } from '../../node-core/ports/eth-api.ts';
import { TEST_NETWORK, EvmChain, addressOf, testEvm } from '../support/evm-chain.ts';
import { Geth } from '../support/geth.ts';
import { PROBE, ProbeContract } from '../support/probe.ts';

type Json = Readonly<Record<string, unknown>>;
type Answer = { readonly result: unknown } | { readonly errorCode: number };

const word = (value: number): string => `0x${value.toString(16).padStart(64, '0')}`;
const NOBODY = `0x${'42'.repeat(20)}`;
const MISSING = word(77);
/** Tags and numbers that both sides take; `pending` is a block that geth makes up. */
const BLOCKS = ['latest', 'safe', 'finalized', 'earliest', '0x0', '0x1', '0x3', '0x4', '0x99'];
/** An estimate may be this much above the least gas that succeeds. Source: geth, `estimateGasErrorRatio`. */
const TOLERANCE = 1.015;

describe('the wallet methods on the embedded EVM and on geth, with the same chain', () => {
  let geth: Geth;
  let theirs: ExternalEngine;
  let ours: EmbeddedEvm;
  let chain: EvmChain;
  let probe: string;
  const transactions: string[] = [];

  const call = (name: string, args: readonly unknown[] = []): Json => ({
    from: addressOf(0),
    to: probe,
    data: PROBE.encodeFunctionData(name, args),
  });

  beforeAll(async () => {
    geth = await Geth.start(TEST_NETWORK);
    ours = await testEvm();
    theirs = geth.engine(await ours.genesis());
    await theirs.genesis();
    chain = await EvmChain.on(ours);
    probe = (await ProbeContract.deploy(chain, ours)).address;
    const legacy = { gasPrice: 20_000_000n, maxFeePerGas: null, maxPriorityFeePerGas: null };
    const accessList = [{ address: probe, storageKeys: [word(0)] }];
    const blocks: readonly (readonly object[])[] = [
      [
        { to: NOBODY, value: 5n, type: 0, ...legacy },
        { ...call('note', [1, 'one']), type: 1, ...legacy, accessList },
        { ...call('note', [2, 'two']), maxPriorityFeePerGas: 7_000_000n },
      ],
      [call('failWithText'), { data: '0x602a5f5260205ff3' }, call('fill', [0, 12])],
      [],
    ];
    let nonce = 1;
    for (const requests of blocks) {
      for (const request of requests)
        transactions.push(await chain.send(0, { gasLimit: 1_000_000n, ...request, nonce: nonce++ }));
      await chain.block({ withdrawals: [chain.mint(addressOf(1), 5n)] });
    }
    for (const { payload, parentBeaconBlockRoot } of chain.blocks) {
      expect(await theirs.execute(payload, parentBeaconBlockRoot)).toMatchObject({ status: 'VALID' });
      await theirs.setForkchoice({ head: payload.blockHash, safe: payload.parentHash, finalized: payload.parentHash });
    }
  });
  afterAll(() => geth.stop());

  const ask = async (api: EthApiPort, method: string, params: readonly unknown[]): Promise<Answer> => {
    try {
      return { result: await new WalletApi(api).request(method, params, new Client().asker) };
    } catch (error) {
      if (!(error instanceof EthApiError)) throw error;
      return { errorCode: error.body.code };
    }
  };
  const expectSame = async (method: string, ...params: readonly unknown[]): Promise<void> => {
    const [their, our] = await Promise.all([ask(theirs, method, params), ask(ours, method, params)]);
    expect(inOrder(withoutOldFields(our)), `${method} ${JSON.stringify(params)}`).toEqual(inOrder(their));
  };

  it('tell the same of blocks and transactions', async () => {
    for (const at of BLOCKS) {
      for (const full of [true, false]) await expectSame('eth_getBlockByNumber', at, full);
      await expectSame('eth_getBlockTransactionCountByNumber', at);
      await expectSame('eth_getUncleCountByBlockNumber', at);
      await expectSame('eth_getUncleByBlockNumberAndIndex', at, '0x0');
      await expectSame('eth_getBlockReceipts', at);
      for (const index of ['0x0', '0x2', '0x9']) {
        await expectSame('eth_getTransactionByBlockNumberAndIndex', at, index);
        await expectSame('eth_getRawTransactionByBlockNumberAndIndex', at, index);
      }
    }
    for (const hash of [...chain.blocks.map(({ payload }) => payload.blockHash), MISSING]) {
      for (const full of [true, false]) await expectSame('eth_getBlockByHash', hash, full);
      await expectSame('eth_getBlockTransactionCountByHash', hash);
      await expectSame('eth_getUncleCountByBlockHash', hash);
      await expectSame('eth_getBlockReceipts', hash);
      await expectSame('eth_getTransactionByBlockHashAndIndex', hash, '0x0');
      await expectSame('eth_getRawTransactionByBlockHashAndIndex', hash, '0x0');
    }
    for (const hash of [...transactions, MISSING, '0x12', null]) {
      await expectSame('eth_getTransactionByHash', hash);
      await expectSame('eth_getTransactionReceipt', hash);
      await expectSame('eth_getRawTransactionByHash', hash);
    }
  });

  it('tell the same of the state of each block, and prove it alike', async () => {
    const { blockHash } = chain.head;
    const choices = [
      { blockNumber: '0x3' },
      { blockHash, requireCanonical: true },
      { blockHash: MISSING },
      'soon',
      '0x03',
    ];
    for (const at of [...BLOCKS, ...choices, blockHash]) {
      await expectSame('eth_getBalance', addressOf(0), at);
      await expectSame('eth_getTransactionCount', addressOf(0), at);
      await expectSame('eth_getCode', probe, at);
      await expectSame('eth_getStorageAt', probe, '0x0', at);
      await expectSame('eth_call', call('count'), at);
      // Of accounts that are not there geth says that their hashes are zero; EIP-1186 has those of nothing.
      if (at !== 'earliest' && at !== '0x0' && at !== '0x1') {
        await expectSame('eth_getProof', probe, ['0x0', word(1), '0x01', '0x5', word(77)], at);
        await expectSame('eth_getProof', addressOf(0), [], at);
      }
    }
  });

  it('find the same logs', async () => {
    const { blockHash } = chain.head;
    const third = chain.blocks[2]?.payload.blockHash;
    const ranges = [
      {},
      { fromBlock: '0x0' },
      { fromBlock: '0x0', toBlock: '0x99' },
      { fromBlock: '0x50', toBlock: '0x99' },
    ];
    const tags = [
      { fromBlock: 'earliest', toBlock: 'finalized' },
      { fromBlock: 'safe' },
      { fromBlock: '0x1', toBlock: 'pending' },
    ];
    const wrong = [{ fromBlock: '0x3', toBlock: '0x1' }, { blockHash, fromBlock: '0x1' }, { blockHash: MISSING }];
    const addresses = [probe, [NOBODY], [], null, '0x12'].map((address) => ({ fromBlock: '0x0', address }));
    const topics = [
      [],
      [null],
      [[], null, word(1)],
      [null, null, null, null],
      [[null, word(1)]],
      new Array(5).fill(null),
      'x',
    ];
    const byTopics = topics.map((each) => ({ fromBlock: '0x0', topics: each }));
    for (const query of [...ranges, ...tags, ...wrong, { blockHash }, { blockHash: third }, ...addresses, ...byTopics])
      await expectSame('eth_getLogs', query);
  });

  it('try calls out to the same end, and list the same of what they use', async () => {
    const rich = { from: addressOf(0), to: NOBODY };
    const price = '0x3b9aca00';
    const calls: readonly Json[] = [
      ...['count', 'failWithText', 'failWithError'].map((name) => call(name)),
      call('failWithPanic', [0]),
      call('note', [9, 'x']),
      call('spin', [100]),
      call('create', [word(3)]),
      call('record', [`0x${'0'.repeat(39)}2`, '0x00']),
      { ...call('note', [9, 'x']), accessList: [{ address: probe, storageKeys: [word(0)] }] },
      { ...call('spin', [10_000]), gas: '0xffff' },
      { ...rich, value: '0x1' },
      { from: NOBODY, to: addressOf(1), value: '0x100' },
      { ...rich, gasPrice: '0x1' },
      { ...rich, gasPrice: price },
      { ...rich, maxFeePerGas: price, maxPriorityFeePerGas: '0x1', gas: '0x5208' },
      { ...rich, maxFeePerGas: '0x1', maxPriorityFeePerGas: '0x2', gas: '0x5208' },
      { ...rich, gas: '0x5207' },
      { ...rich, chainId: '0x1' },
      { ...rich, nonce: '0x99', type: '0x2' },
      { from: addressOf(0), data: '0x602a5f5260205ff3' },
      { from: addressOf(0), data: '0x5b600056', gas: '0x186a0' },
      { from: addressOf(0), data: `0x${'00'.repeat(50_000)}` },
      { ...rich, value: '0x00' },
      { ...rich, value: 1 },
      { ...rich, data: '0x1' },
      { ...rich, to: '0x12' },
    ];
    for (const each of calls) {
      await expectSame('eth_call', each, 'latest');
      await expectSameEstimate(each);
      // Geth needs a price here that the sender can pay; and names the words of a revert in neither.
      const priced = 'gasPrice' in each || 'maxFeePerGas' in each ? {} : { gasPrice: price };
      await expectSame('eth_createAccessList', { gas: '0x200000', ...priced, ...each }, 'latest');
    }
  });

  const expectSameEstimate = async (...params: readonly unknown[]): Promise<void> => {
    const [their, our] = await Promise.all([
      ask(theirs, 'eth_estimateGas', params),
      ask(ours, 'eth_estimateGas', params),
    ]);
    if ('errorCode' in their || 'errorCode' in our) expect(our, JSON.stringify(params)).toEqual(their);
    else {
      const ratio = Number(our.result) / Number(their.result);
      expect(Math.max(ratio, 1 / ratio), JSON.stringify(params)).toBeLessThanOrEqual(TOLERANCE);
    }
  };

  it('pretend the same of blocks and accounts', async () => {
    const shows = (opcode: string): Json => ({ [NOBODY]: { code: `${opcode}5f5260205ff3` } });
    const blocks: readonly (readonly [opcode: string, override?: unknown])[] = [
      ['0x43', { number: '0x7b' }],
      ['0x42', { time: '0x77777777' }],
      ['0x45', { gasLimit: '0x1234567' }],
      ['0x41', { feeRecipient: addressOf(7) }],
      ['0x44', { prevRandao: word(5) }],
      ['0x48', { baseFeePerGas: '0x7' }],
      ['0x600240', { number: '0x3' }],
      ['0x600140'],
      ['0x600440'],
      ['0x600540'],
      ['0x43', {}],
      ['0x43', null],
      ['0x43', 'x'],
      ['0x43', { number: 7 }],
    ];
    for (const [opcode, override] of blocks) {
      await expectSame('eth_call', { to: NOBODY }, 'latest', shows(opcode), override);
      await expectSameEstimate({ to: NOBODY }, 'latest', shows(opcode), override);
    }
    const readsSlot = '0x5f545f5260205ff3';
    const accounts: readonly unknown[] = [
      { code: '0x475f5260205ff3', balance: '0x7' },
      { nonce: '0x7' },
      { code: readsSlot, state: { [word(0)]: word(9) } },
      { code: readsSlot, stateDiff: { [word(0)]: word(9) } },
      { code: '0x1' },
      { nonce: 7 },
      null,
      [],
    ];
    for (const override of accounts) await expectSame('eth_call', { to: NOBODY }, 'latest', { [NOBODY]: override });
    for (const name of ['state', 'stateDiff'])
      for (const slot of [0, 5])
        await expectSame('eth_call', call('count'), 'latest', { [probe]: { [name]: { [word(slot)]: word(41) } } });
    const creation = { from: addressOf(9), data: '0x305f5260205ff3' };
    await expectSame('eth_call', creation, 'latest', { [addressOf(9)]: { nonce: '0x5' } });
    for (const overrides of ['x', [], { '0x12': {} }]) await expectSame('eth_call', call('count'), 'latest', overrides);
  });

  it('tell the same of the chain and its fees', async () => {
    for (const method of [
      'eth_chainId',
      'net_version',
      'eth_blockNumber',
      'eth_maxPriorityFeePerGas',
      'eth_blobBaseFee',
    ])
      await expectSame(method);
    const percentiles = [[], [10, 50, 90], [0, 100], [25.5], null];
    for (const at of ['latest', 'finalized', '0x1', 'earliest', '0x99'])
      for (const count of ['0x1', '0x2', '0x9', '0x999'])
        for (const each of percentiles) await expectSame('eth_feeHistory', count, at, each);
    for (const bytes of ['0x68656c6c6f', '0x', 'hello', undefined]) await expectSame('web3_sha3', bytes);
  });
});

/** Geth names the slots of an access list in an order that differs from call to call. */
function inOrder(answer: Answer): Answer {
  if (!('result' in answer) || typeof answer.result !== 'object' || answer.result === null) return answer;
  if (!('accessList' in answer.result)) return answer;
  const list = answer.result.accessList as readonly {
    readonly address: string;
    readonly storageKeys: readonly string[];
  }[];
  const accessList = list
    .map(({ address, storageKeys }) => ({ address, storageKeys: [...storageKeys].sort() }))
    .sort((a, b) => (a.address < b.address ? -1 : 1));
  return { result: { ...answer.result, accessList } };
}

/** `totalDifficulty` is of before the merge: geth has left it out. */
function withoutOldFields(answer: Answer): Answer {
  if (!('result' in answer) || typeof answer.result !== 'object' || answer.result === null) return answer;
  if (!('totalDifficulty' in answer.result)) return answer;
  const { totalDifficulty: _, ...result } = answer.result;
  return { result };
}
