import { describe, expect, it } from 'vitest';
import { bytesToBareHex } from '../../../node-core/primitives/hex.ts';
import {
  MINER,
  MINER_KEY,
  type TestServer,
  type Utxo,
  signedByKey,
  startFundedServer,
  startTestServer,
} from './support.ts';

const payment = (coin: Utxo) =>
  bytesToBareHex(
    signedByKey(
      { inputs: [coin], outputs: [{ script: MINER.script, amountSats: coin.amountSats - 1_000n }] },
      MINER_KEY,
    ),
  );

const tipAt = ({ server }: TestServer, height: number): Promise<void> =>
  new Promise((resolve) => {
    const stop = server.node.listen(() => {
      if (server.chain.tip.height < height) return;
      stop();
      resolve();
    });
  });

describe('automatic mining', () => {
  it('mines a transaction and then its confirmations, and rests', async () => {
    await using server = await startFundedServer();
    server.server.mineAutomatically({ address: MINER.address, delayMs: 1, confirmingBlocks: 3, intervalMs: 1 });
    const reached = tipAt(server, 105);
    const txid = await server.rpc('sendrawtransaction', payment(server.coins[0] as Utxo));
    await reached;
    expect(await server.rpc('getrawtransaction', txid, 1)).toMatchObject({ confirmations: 4 });
    expect(await server.rpc('getrawmempool')).toEqual([]);
  });

  it('begins with what waits already', async () => {
    await using server = await startFundedServer();
    await server.rpc('sendrawtransaction', payment(server.coins[0] as Utxo));
    const reached = tipAt(server, 102);
    server.server.mineAutomatically({ address: MINER.address, delayMs: 1, confirmingBlocks: 0, intervalMs: 1 });
    await reached;
    expect(await server.rpc('getrawmempool')).toEqual([]);
  });

  it('waits for a clock that went back, and goes on', async () => {
    await using server = await startFundedServer();
    server.clock.advance(-3 * 3_600_000);
    server.server.mineAutomatically({ address: MINER.address, delayMs: 1, confirmingBlocks: 0, intervalMs: 1 });
    const reached = tipAt(server, 102);
    await server.rpc('sendrawtransaction', payment(server.coins[0] as Utxo));
    await expect(server.rpc('generatetoaddress', 1, MINER.address)).rejects.toThrow('time-too-new');
    server.clock.advance(3 * 3_600_000);
    await reached;
    expect(await server.rpc('getrawmempool')).toEqual([]);
  });

  it('ends when it is stopped', async () => {
    await using server = await startFundedServer();
    server.server.mineAutomatically({ address: MINER.address, delayMs: 0, confirmingBlocks: 5, intervalMs: 0 });
    server.server.stopMining();
    await server.rpc('sendrawtransaction', payment(server.coins[0] as Utxo));
    expect(await server.rpc('getblockcount')).toBe(101);
  });

  it('needs a regtest address', async () => {
    await using server = await startTestServer();
    expect(() => server.server.mine(1, 'nowhere')).toThrow('no regtest address');
  });
});
