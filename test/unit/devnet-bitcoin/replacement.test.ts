import { describe, expect, it } from 'vitest';
import { bytesToBareHex } from '../../../node-core/primitives/hex.ts';
import {
  type Draft,
  MINER,
  MINER_KEY,
  type TestServer,
  type Utxo,
  outputOf,
  signedByKey,
  startFundedServer,
} from './support.ts';

const spend = (inputs: readonly Utxo[], fee: bigint, fields: Partial<Draft> = {}, outputs = 1): Uint8Array => {
  const total = inputs.reduce((sum, input) => sum + input.amountSats, 0n) - fee;
  const share = total / BigInt(outputs);
  const amounts = Array.from({ length: outputs }, (_, i) => (i === 0 ? total - share * BigInt(outputs - 1) : share));
  return signedByKey(
    { inputs, outputs: amounts.map((amountSats) => ({ script: MINER.script, amountSats })), ...fields },
    MINER_KEY,
  );
};
const send = (server: TestServer, bytes: Uint8Array) => server.ask('sendrawtransaction', bytesToBareHex(bytes));
const mempool = (server: TestServer) => server.rpc<string[]>('getrawmempool');
const idOf = (bytes: Uint8Array) => outputOf(bytes, 0).txid;

describe('replacement', () => {
  it('needs a higher rate, at least the fees it drives out, and its own relay fee on top', async () => {
    await using server = await startFundedServer();
    const first = spend(server.coins, 1_000n);
    await send(server, first);
    const same = await send(server, spend(server.coins, 1_000n, { lockTime: 1 }));
    expect(same.error?.code).toBe(-26);
    expect(same.error?.message).toMatch(/^insufficient fee, rejecting replacement [0-9a-f]{64}; new feerate/);
    const little = await send(server, spend(server.coins, 1_050n));
    expect(little.error?.message).toMatch(/^insufficient fee, .*not enough additional fees to relay; 0\.00000050 </);
    const enough = spend(server.coins, 1_110n);
    expect((await send(server, enough)).error).toBeNull();
    expect(await mempool(server)).toEqual([idOf(enough)]);
  });

  it('counts the fees of all that goes with what it replaces', async () => {
    await using server = await startFundedServer();
    const parent = spend(server.coins, 500n);
    const child = spend([outputOf(parent, 0)], 20_000n);
    await send(server, parent);
    await send(server, child);
    const cheap = await send(server, spend(server.coins, 5_000n));
    expect(cheap.error?.message).toMatch(/less fees than conflicting txs; 0\.00005000 < 0\.00020500$/);
    const dear = spend(server.coins, 21_000n);
    expect((await send(server, dear)).error).toBeNull();
    expect(await mempool(server)).toEqual([idOf(dear)]);
  });

  it('is refused for transactions that don’t signal it, unless the server replaces all', async () => {
    for (const fullRbf of [false, true]) {
      await using server = await startFundedServer(1, { fullRbf });
      await send(server, spend(server.coins, 1_000n, { sequence: 0xffff_fffe }));
      const { error } = await send(server, spend(server.coins, 50_000n));
      expect(error).toEqual(fullRbf ? null : { code: -26, message: 'txn-mempool-conflict' });
    }
  });

  it('brings in no new unconfirmed input, and spends nothing that it replaces', async () => {
    await using server = await startFundedServer(2);
    const [coin, otherCoin] = server.coins as [Utxo, Utxo];
    const first = spend([coin], 1_000n);
    const other = spend([otherCoin], 1_000n, {}, 2);
    await send(server, first);
    await send(server, other);
    const adding = await send(server, spend([coin, outputOf(other, 0)], 50_000n));
    expect(adding.error?.message).toMatch(/^replacement-adds-unconfirmed, .* idx 1$/);
    const eating = await send(server, spend([coin, outputOf(first, 0)], 50_000n));
    expect(eating.error?.message).toMatch(/^bad-txns-spends-conflicting-tx, /);
    expect(await mempool(server)).toEqual([idOf(first), idOf(other)]);
  });

  it('shows in the mempool entry who may be replaced', async () => {
    await using server = await startFundedServer();
    const parent = spend(server.coins, 1_000n);
    const child = spend([outputOf(parent, 0)], 2_000n, { sequence: 0xffff_ffff });
    await send(server, parent);
    await send(server, child);
    expect(await server.rpc('getmempoolentry', idOf(child))).toMatchObject({
      ancestorcount: 2,
      descendantcount: 1,
      depends: [idOf(parent)],
      spentby: [],
      fees: { base: 0.00002, ancestor: 0.00003, descendant: 0.00002 },
      'bip125-replaceable': true,
    });
    expect(await server.rpc('getmempoolentry', idOf(parent))).toMatchObject({ spentby: [idOf(child)] });
  });
});
