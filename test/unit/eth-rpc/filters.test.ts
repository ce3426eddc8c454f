import { beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../../../node-core/adapters/eth-rpc/client.ts';
import { Filters } from '../../../node-core/adapters/eth-rpc/filters.ts';
import { HeadFeed } from '../../../node-core/adapters/eth-rpc/head-feed.ts';
import { WalletApi } from '../../../node-core/adapters/eth-rpc/wallet-api.ts';
import { DEFAULT_EXECUTION_CONFIG } from '../../../node-core/adapters/embedded-evm/execution-config.ts';
import type { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import type { EthApiError } from '../../../node-core/ports/eth-api.ts';
import { EvmChain, rootAt, testEvm } from '../../support/evm-chain.ts';
import { PROBE, ProbeContract } from '../../support/probe.ts';

const NOTED = PROBE.getEvent('Noted')?.topicHash;

describe('a filter', () => {
  let evm: EmbeddedEvm;
  let chain: EvmChain;
  let probe: ProbeContract;
  let filters: Filters;
  let now = 0;

  beforeEach(async () => {
    const rpc = { ...DEFAULT_EXECUTION_CONFIG.rpc, maxFilters: 3, filterIdleMs: 1000, maxLogs: 12 };
    evm = await testEvm({ config: { ...DEFAULT_EXECUTION_CONFIG, rpc } });
    chain = await EvmChain.on(evm);
    probe = await ProbeContract.deploy(chain, evm);
    now = 0;
    const wallet = new WalletApi(evm);
    filters = new Filters({ client: evm, wallet, feed: new HeadFeed(evm), clock: () => now });
  });

  const ask = async <T = unknown>(method: string, ...params: unknown[]): Promise<T> => {
    const answer = filters.methods[method];
    if (answer === undefined) throw new Error(`filters have no ${method}`);
    return (await answer(params, new Client().asker)) as T;
  };
  const refusal = async (method: string, ...params: unknown[]): Promise<unknown> => {
    const error: unknown = await ask(method, ...params).catch((reason: unknown) => reason);
    return (error as EthApiError).body;
  };
  const notes = async (count: number): Promise<string> => {
    for (let i = 0; i < count; i++) await probe.send('note', [i, `note ${i}`]);
    return (await chain.block()).blockHash;
  };
  const notFound = { code: -32000, message: 'filter not found' };

  it('tells what is new since it was asked', async () => {
    const byLog = await ask<string>('eth_newFilter', { address: probe.address, topics: [NOTED] });
    const byBlock = await ask<string>('eth_newBlockFilter');
    const byTransaction = await ask<string>('eth_newPendingTransactionFilter');
    const blockHash = await notes(2);
    expect(await ask('eth_getFilterChanges', byLog)).toMatchObject([{ blockHash }, { blockHash }]);
    expect(await ask('eth_getFilterChanges', byLog)).toEqual([]);
    expect(await ask('eth_getFilterLogs', byLog)).toHaveLength(2);
    expect(await ask('eth_getFilterChanges', byBlock)).toEqual([blockHash]);
    const { transactions } = (await evm.request('eth_getBlockByHash', [blockHash, false])) as {
      transactions: string[];
    };
    expect(await ask('eth_getFilterChanges', byTransaction)).toEqual(transactions);
    expect(await ask('eth_getFilterChanges', byTransaction)).toEqual([]);
  });

  it('is one of a few, until its owner ends it or forgets it', async () => {
    const byLog = await ask<string>('eth_newFilter', {});
    const byBlock = await ask<string>('eth_newBlockFilter');
    await ask('eth_newBlockFilter');
    expect(await refusal('eth_newBlockFilter')).toMatchObject({ code: -32005 });
    expect(await ask('eth_uninstallFilter', byLog)).toBe(true);
    expect(await ask('eth_uninstallFilter', byLog)).toBe(false);
    expect(await refusal('eth_getFilterChanges', byLog)).toEqual(notFound);
    expect(await refusal('eth_getFilterLogs', byBlock)).toEqual(notFound);
    now += 1001;
    expect(await refusal('eth_getFilterChanges', byBlock)).toEqual(notFound);
  });

  it('has an id that nobody guesses', async () => {
    const ids = [await ask<string>('eth_newBlockFilter'), await ask<string>('eth_newBlockFilter')];
    for (const id of ids) expect(id).toMatch(/^0x[0-9a-f]{32}$/);
    expect(new Set(ids.map((id) => id.slice(0, 10))).size).toBe(2);
    for (const guess of ['0x1', '0x2']) expect(await refusal('eth_getFilterChanges', guess)).toEqual(notFound);
    for (const wrong of [undefined, 'nope', 1]) {
      expect(await refusal('eth_getFilterChanges', wrong)).toMatchObject({ code: -32602 });
    }
  });

  it('refuses addresses and topics that are none', async () => {
    expect(await refusal('eth_newFilter', { address: 'here' })).toMatchObject({ code: -32602 });
    expect(await refusal('eth_newFilter', { topics: 'all' })).toMatchObject({ code: -32602 });
    expect(await refusal('eth_newFilter')).toMatchObject({ code: -32602 });
  });

  it('does not tell more logs at once than a query does, and goes on after them', async () => {
    const filter = await ask<string>('eth_newFilter', {});
    await notes(7);
    await notes(7);
    expect(await refusal('eth_getFilterChanges', filter)).toMatchObject({ code: -32005 });
    await notes(1);
    expect(await ask('eth_getFilterChanges', filter)).toHaveLength(1);
  });

  it('takes logs back whose block left the chain', async () => {
    const filter = await ask<string>('eth_newFilter', {});
    const base = chain.head;
    const request = chain.request();
    const empty = await evm.build({ ...request, prevRandao: rootAt(9) });
    await probe.send('note', [1, 'gone']);
    const full = await evm.build(request);
    for (const payload of [empty, full]) await evm.execute(payload, request.parentBeaconBlockRoot);
    const final = { safe: base.blockHash, finalized: base.blockHash };
    await evm.setForkchoice({ head: full.blockHash, ...final });
    expect(await ask('eth_getFilterChanges', filter)).toMatchObject([{ removed: false, blockHash: full.blockHash }]);
    await evm.setForkchoice({ head: empty.blockHash, ...final });
    expect(await ask('eth_getFilterChanges', filter)).toMatchObject([{ removed: true, blockHash: full.blockHash }]);
  });
});
