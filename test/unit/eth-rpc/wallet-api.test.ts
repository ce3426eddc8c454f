import { beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../../../node-core/adapters/eth-rpc/client.ts';
import { WalletApi } from '../../../node-core/adapters/eth-rpc/wallet-api.ts';
import { DEFAULT_RPC_BOUNDS } from '../../../node-core/config/rpc-bounds.ts';
import type { EthApiError, EthApiPort } from '../../../node-core/ports/eth-api.ts';

const HEAD = 0x100;
const BLOCK_GAS_LIMIT = '0x1c9c380';
const CAP = '0x2faf080';
const TO = `0x${'42'.repeat(20)}`;

describe('what wallets may ask of an execution client, whichever it is', () => {
  /** What reached the client, but for what the bounds themselves look up. */
  let asked: (readonly [method: string, params: readonly unknown[]])[];
  let logs: readonly unknown[];
  let bounds: typeof DEFAULT_RPC_BOUNDS;
  let wallet: WalletApi;

  const client: EthApiPort = {
    request: async (method, params) => {
      if (method === 'eth_blockNumber') return `0x${HEAD.toString(16)}`;
      if (method === 'eth_getBlockByNumber') return { number: '0xf0', gasLimit: BLOCK_GAS_LIMIT };
      asked.push([method, params]);
      return method === 'eth_getLogs' ? logs : null;
    },
    onHead: () => () => undefined,
    onPendingTransaction: () => () => undefined,
    bounds: () => bounds,
  };

  beforeEach(() => {
    asked = [];
    logs = [];
    bounds = { ...DEFAULT_RPC_BOUNDS, maxLogRange: 20, maxLogs: 3 };
    wallet = new WalletApi(client);
  });

  const ask = (method: string, ...params: unknown[]): Promise<unknown> =>
    wallet.request(method, params, new Client().asker);
  const refusal = async (method: string, ...params: unknown[]): Promise<unknown> => {
    const error: unknown = await ask(method, ...params).catch((reason: unknown) => reason);
    return (error as EthApiError).body;
  };

  it.each([
    'eth_sendRawTransaction',
    'eth_sendRawTransactionSync',
    'eth_sendRawTransactionConditional',
    'eth_sendTransaction',
    'eth_sign',
    'eth_signTransaction',
    'eth_signTypedData_v4',
    'eth_fillTransaction',
    'eth_submitWork',
    'eth_simulateV1',
    'eth_newFilter',
    'eth_getFilterChanges',
    'debug_traceTransaction',
    'debug_setHead',
    'txpool_content',
    'admin_peers',
    'engine_newPayloadV3',
    'ETH_CALL',
    'constructor',
    '',
  ])('is not %s', async (method) => {
    expect(await refusal(method, '0x')).toMatchObject({ code: -32601 });
    expect(asked).toEqual([]);
  });

  it('is a call with no more gas than the bound', async () => {
    await ask('eth_call', { to: TO }, 'latest');
    await ask('eth_call', { to: TO, gas: '0x5208' }, '0x1');
    await ask('eth_call', { to: TO, gas: '0xffffffffff' }, 'latest', { [TO]: { balance: '0x1' } });
    await ask('eth_createAccessList', { to: TO, gas: '0xffffffffff' });
    expect(asked).toEqual([
      ['eth_call', [{ to: TO, gas: CAP }, 'latest']],
      ['eth_call', [{ to: TO, gas: '0x5208' }, '0x1']],
      ['eth_call', [{ to: TO, gas: CAP }, 'latest', { [TO]: { balance: '0x1' } }]],
      ['eth_createAccessList', [{ to: TO, gas: CAP }]],
    ]);
  });

  it('is an estimate with no more gas than a block has, and than the bound', async () => {
    await ask('eth_estimateGas', { to: TO });
    bounds = { ...bounds, callGasLimit: 100_000 };
    await ask('eth_estimateGas', { to: TO });
    await ask('eth_estimateGas', { to: TO, gas: '0xffffff' });
    expect(asked.map(([, params]) => params)).toEqual([
      [{ to: TO, gas: BLOCK_GAS_LIMIT }],
      [{ to: TO, gas: '0x186a0' }],
      [{ to: TO, gas: '0x186a0' }],
    ]);
  });

  it('has no names of which the bounds do not know', async () => {
    await ask('eth_call', { to: TO, GAS: '0xffffffffff', Gas: '0xffffffffff' });
    await ask('eth_getLogs', { FromBlock: '0x0', fromblock: '0x0', address: TO });
    expect(asked).toEqual([
      ['eth_call', [{ to: TO, gas: CAP }]],
      ['eth_getLogs', [{ address: TO }]],
    ]);
  });

  it.each([
    ['eth_call', []],
    ['eth_call', ['0x']],
    ['eth_estimateGas', [{ gas: 21_000 }]],
    ['eth_estimateGas', [{ gas: '0x' }]],
    ['eth_getLogs', []],
    ['eth_getLogs', ['all']],
    ['eth_getLogs', [{ fromBlock: '0X0' }]],
    ['eth_getLogs', [{ fromBlock: 1 }]],
    ['eth_getLogs', [{ fromBlock: '0x00' }]],
    ['eth_getLogs', [{ toBlock: 'soon' }]],
    ['eth_getLogs', [{ toBlock: `0x${'f'.repeat(20)}` }]],
  ] as [string, unknown[]][])('is not %s of %j', async (method, params) => {
    expect(await refusal(method, ...params)).toMatchObject({ code: -32602 });
    expect(asked).toEqual([]);
  });

  it.each([
    [{ fromBlock: '0x0' }],
    [{ fromBlock: 'earliest', toBlock: 'latest' }],
    [{ fromBlock: '0xec' }],
    [{ fromBlock: '0x10', toBlock: '0x24' }],
    [{ fromBlock: 'finalized', toBlock: '0x104' }, false],
    [{ fromBlock: 'earliest', toBlock: 'finalized' }],
    [{ fromBlock: '0xed', toBlock: '0xffffff' }, false],
    [{ fromBlock: '0xed', toBlock: 'pending' }, false],
    [{ fromBlock: '0x10', toBlock: '0x23' }, false],
    [{}, false],
    [{ blockHash: `0x${'01'.repeat(32)}` }, false],
  ])('are logs of as many blocks as the bound says: %j', async (query, isTooLong = true) => {
    if (isTooLong) {
      const refused = { code: -32005, message: 'query spans more than 20 blocks' };
      expect(await refusal('eth_getLogs', query)).toEqual(refused);
    } else expect(await ask('eth_getLogs', query)).toEqual([]);
  });

  it('are no more logs than the bound, but for those of one block', async () => {
    logs = [1, 2, 3];
    expect(await ask('eth_getLogs', {})).toEqual(logs);
    logs = [1, 2, 3, 4];
    expect(await refusal('eth_getLogs', {})).toEqual({ code: -32005, message: 'query returned more than 3 results' });
    expect(await ask('eth_getLogs', { blockHash: `0x${'01'.repeat(32)}` })).toEqual(logs);
  });

  it('are no logs of blocks to come, in words that each client knows', async () => {
    logs = [1];
    expect(await ask('eth_getLogs', { fromBlock: '0x101', toBlock: '0x200' })).toEqual([]);
    expect(asked).toEqual([]);
    await ask('eth_getLogs', { fromBlock: '0x100', toBlock: '0x200' });
    await ask('eth_getLogs', { fromBlock: 'pending', toBlock: 'pending' });
    expect(asked).toEqual([
      ['eth_getLogs', [{ fromBlock: '0x100', toBlock: 'latest' }]],
      ['eth_getLogs', [{ fromBlock: 'latest', toBlock: 'latest' }]],
    ]);
  });

  it('are no logs from a later block to an earlier', async () => {
    const refused = { code: -32000, message: 'invalid block range params' };
    expect(await refusal('eth_getLogs', { fromBlock: '0x10', toBlock: '0x1' })).toEqual(refused);
  });
});
