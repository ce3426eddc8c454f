import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import { LIMITS } from '../../../node-core/adapters/eth-rpc/limits.ts';
import type { SyncProgress } from '../../../node-core/adapters/eth-rpc/node-status.ts';
import { type EthRpcServer, startEthRpcServer } from '../../../node-core/adapters/eth-rpc/server.ts';
import type { ExecutionPayload } from '../../../node-core/domain/consensus/types.ts';
import { EvmChain, rootAt, testEvm } from '../../support/evm-chain.ts';
import { ProbeContract } from '../../support/probe.ts';
import { QUIET_NODE } from '../../support/quiet-node.ts';
import { SocketWallet } from '../../support/socket-wallet.ts';

describe('a subscription', () => {
  let evm: EmbeddedEvm;
  let chain: EvmChain;
  let probe: ProbeContract;
  let server: EthRpcServer;
  let progress: SyncProgress | null;
  let wallet: SocketWallet;

  beforeEach(async () => {
    progress = null;
    evm = await testEvm();
    chain = await EvmChain.on(evm);
    probe = await ProbeContract.deploy(chain, evm);
    server = await startEthRpcServer({
      host: '127.0.0.1',
      port: 0,
      api: evm,
      node: { ...QUIET_NODE, syncing: () => progress },
      submit: async (_, hash) => hash,
    });
    wallet = await SocketWallet.connect(server.port);
  });
  afterEach(() => server.close());

  it('to heads tells each block, also those that came at once', async () => {
    const heads = await wallet.subscribe('newHeads');
    const first = await chain.block();
    const base = chain.head;
    const payloads: ExecutionPayload[] = [];
    const other = await testEvm();
    const copy = await EvmChain.on(other);
    for (const { payload, parentBeaconBlockRoot } of chain.blocks) await copy.import(payload, parentBeaconBlockRoot);
    for (let i = 0; i < 3; i++) payloads.push(await copy.block());
    for (const payload of payloads) await evm.execute(payload, rootAt(payload.blockNumber - 1));
    const head = payloads.at(-1) as ExecutionPayload;
    await evm.setForkchoice({ head: head.blockHash, safe: base.blockHash, finalized: base.blockHash });
    const told = await wallet.told(heads, 4);
    expect(told.map(({ hash }) => hash)).toEqual([first, ...payloads].map(({ blockHash }) => blockHash));
    expect(told[0]).toMatchObject({ number: '0x3', parentHash: first.parentHash });
    expect(told[0]).not.toHaveProperty('transactions');
  });

  it('to logs tells those that match, and takes them back when their block leaves the chain', async () => {
    const mine = await wallet.subscribe('logs', { address: probe.address });
    const none = await wallet.subscribe('logs', { address: '0x00000000000000000000000000000000000000aa' });
    const base = chain.head;
    const request = chain.request();
    const empty = await evm.build({ ...request, prevRandao: rootAt(9) });
    await probe.send('note', [1, 'first']);
    await probe.send('note', [2, 'second']);
    const full = await evm.build(request);
    for (const payload of [empty, full]) await evm.execute(payload, request.parentBeaconBlockRoot);
    const final = { safe: base.blockHash, finalized: base.blockHash };
    await evm.setForkchoice({ head: full.blockHash, ...final });
    await wallet.told(mine, 2);
    await evm.setForkchoice({ head: empty.blockHash, ...final });
    const told = await wallet.told(mine, 4);
    expect(told.map(({ logIndex, removed }) => [logIndex, removed])).toEqual([
      ['0x0', false],
      ['0x1', false],
      ['0x1', true],
      ['0x0', true],
    ]);
    expect(await wallet.told(none, 0)).toEqual([]);
  });

  it('to pending transactions tells each once, by its hash or as a whole', async () => {
    const hashes = await wallet.subscribe('newPendingTransactions');
    const whole = await wallet.subscribe('newPendingTransactions', true);
    const hash = await probe.send('note', [1, 'first']);
    await chain.block();
    const next = await probe.send('note', [2, 'second']);
    expect(await wallet.told(hashes, 2)).toEqual([hash, next]);
    expect(await wallet.told(whole, 2)).toMatchObject([
      { hash, to: probe.address, type: '0x2' },
      { hash: next, to: probe.address, blockHash: null },
    ]);
    expect(await wallet.ask('eth_subscribe', 'newPendingTransactions', 'all')).toMatchObject({
      error: { code: -32602 },
    });
  });

  it('to the sync tells when it begins and when it is over', async () => {
    const sync = await wallet.subscribe('syncing');
    progress = { currentBlock: 3, highestBlock: 9 };
    const status = { startingBlock: '0x3', currentBlock: '0x3', highestBlock: '0x9' };
    expect(await wallet.told(sync, 1)).toEqual([{ syncing: true, status }]);
    progress = null;
    expect(await wallet.told(sync, 2)).toEqual([{ syncing: true, status }, false]);
  });

  it('ends when the wallet says so', async () => {
    const heads = await wallet.subscribe('newHeads');
    const kept = await wallet.subscribe('newHeads');
    expect(await wallet.ask('eth_unsubscribe', heads)).toMatchObject({ result: true });
    expect(await wallet.ask('eth_unsubscribe', heads)).toMatchObject({ error: { code: -32000 } });
    await chain.block();
    await wallet.told(kept, 1);
    expect(await wallet.told(heads, 0)).toEqual([]);
  });

  it('of an unknown kind or with a wrong filter is refused, and too many are', async () => {
    expect(await wallet.ask('eth_subscribe', 'everything')).toMatchObject({ error: { code: -32602 } });
    expect(await wallet.ask('eth_subscribe', 'logs', { address: 'here' })).toMatchObject({ error: { code: -32602 } });
    for (let i = 0; i < LIMITS.subscriptions; i++) await wallet.subscribe('newHeads');
    expect(await wallet.ask('eth_subscribe', 'newHeads')).toMatchObject({ error: { code: -32005 } });
    await wallet.close();
    const next = await SocketWallet.connect(server.port);
    expect(await next.subscribe('newHeads')).toMatch(/^0x/);
  });
});
