import { describe, expect, it } from 'vitest';
import { bytesToBareHex } from '../../../node-core/primitives/hex.ts';
import {
  CREDENTIALS,
  MINER,
  MINER_KEY,
  type Utxo,
  outputOf,
  signedByKey,
  startFundedServer,
  startTestServer,
} from './support.ts';

const payment = (coin: Utxo) =>
  signedByKey({ inputs: [coin], outputs: [{ script: MINER.script, amountSats: coin.amountSats - 1_000n }] }, MINER_KEY);

describe('planned faults', () => {
  it('spoil as many calls of the named methods as asked for', async () => {
    await using server = await startTestServer();
    server.server.faults.plan({ kind: 'status', status: 503 }, { methods: ['getblockcount'], times: 2 });
    const status = async (method: string) => (await server.post(JSON.stringify({ id: 1, method }))).status;
    expect(await status('getbestblockhash')).toBe(200);
    expect([await status('getblockcount'), await status('getblockcount'), await status('getblockcount')]).toEqual([
      503, 503, 200,
    ]);
  });

  it('answer with half of the JSON, or cut the connection, though the call was done', async () => {
    await using server = await startTestServer();
    const mine = JSON.stringify({ id: 1, method: 'generatetoaddress', params: [1, MINER.address] });
    server.server.faults.plan({ kind: 'truncate' }, { times: 1 });
    const { text } = await server.post(mine);
    expect(() => JSON.parse(text) as unknown).toThrow();
    server.server.faults.plan({ kind: 'reset' }, { times: 1 });
    await expect(server.post(mine)).rejects.toThrow();
    expect(await server.rpc('getblockcount')).toBe(2);
  });

  it('let a call hang, undone or done', async () => {
    await using server = await startFundedServer();
    const bytes = payment(server.coins[0] as Utxo);
    const send = () =>
      fetch(server.server.url, {
        method: 'POST',
        headers: { Authorization: `Basic ${btoa(`${CREDENTIALS.rpcUser}:${CREDENTIALS.rpcPassword}`)}` },
        body: JSON.stringify({ id: 1, method: 'sendrawtransaction', params: [bytesToBareHex(bytes)] }),
        signal: AbortSignal.timeout(300),
      });
    server.server.faults.plan({ kind: 'hang' }, { times: 1 });
    await expect(send()).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await server.rpc('getrawmempool')).toEqual([]);
    server.server.faults.plan({ kind: 'hang-after' }, { times: 1 });
    await expect(send()).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await server.rpc('getrawmempool')).toEqual([outputOf(bytes, 0).txid]);
  });

  it('show a stalled tip, another network and a fee spike until they are cleared', async () => {
    await using server = await startFundedServer();
    const { faults, chain } = server.server;
    faults.stalledTip = chain.tip;
    faults.chainName = 'main';
    faults.feeRateSatsPerVbyte = 500;
    server.server.mine(2, MINER.address);
    expect(await server.rpc('getblockchaininfo')).toMatchObject({ chain: 'main', blocks: 101 });
    expect(await server.rpc('getblockcount')).toBe(101);
    expect((await server.ask('getblockhash', 102)).error?.code).toBe(-8);
    expect(await server.rpc('estimatesmartfee', 2)).toEqual({ feerate: 0.005, blocks: 2 });
    faults.clear();
    expect(await server.rpc('getblockchaininfo')).toMatchObject({ chain: 'regtest', blocks: 103 });
  });

  it('evict a transaction with what rests on it', async () => {
    await using server = await startFundedServer();
    const parent = payment(server.coins[0] as Utxo);
    const child = payment(outputOf(parent, 0));
    const parentId = await server.rpc<never>('sendrawtransaction', bytesToBareHex(parent));
    await server.rpc('sendrawtransaction', bytesToBareHex(child));
    expect(server.server.node.evict(parentId)).toBe(true);
    expect(server.server.node.evict(parentId)).toBe(false);
    expect(await server.rpc('getrawmempool')).toEqual([]);
  });
});
