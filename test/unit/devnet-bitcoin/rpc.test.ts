import { describe, expect, it } from 'vitest';
import { bytesToBareHex } from '../../../node-core/primitives/hex.ts';
import {
  CREDENTIALS,
  MINER,
  MINER_KEY,
  START_MS,
  type Utxo,
  federation,
  outputOf,
  signedByKey,
  startFundedServer,
  startTestServer,
} from './support.ts';

const GENESIS = '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206';
const FEDERATION = federation([1, 2, 3], 2);

/** A payment of the first coin to the federation, with an OP_RETURN. */
function deposit(coin: Utxo): Uint8Array {
  const data = Uint8Array.of(0x6a, 20, ...new Uint8Array(20).fill(0x11));
  return signedByKey(
    {
      inputs: [coin],
      outputs: [
        { script: FEDERATION.script, amountSats: 150_000_000n },
        { script: data, amountSats: 0n },
        { script: MINER.script, amountSats: coin.amountSats - 150_000_500n },
      ],
    },
    MINER_KEY,
  );
}

describe('answers about the chain', () => {
  it('of a new server are those of an empty regtest', async () => {
    await using server = await startTestServer();
    expect(await server.rpc('getblockchaininfo')).toEqual({
      chain: 'regtest',
      blocks: 0,
      headers: 0,
      bestblockhash: GENESIS,
      difficulty: 4.656542373906925e-10,
      time: 1296688602,
      mediantime: 1296688602,
      verificationprogress: 1,
      initialblockdownload: true,
      chainwork: '0000000000000000000000000000000000000000000000000000000000000002',
      size_on_disk: 285,
      pruned: false,
      warnings: [],
    });
    expect(await server.rpc('getblock', GENESIS)).toEqual({
      hash: GENESIS,
      confirmations: 1,
      height: 0,
      version: 1,
      versionHex: '00000001',
      merkleroot: '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b',
      time: 1296688602,
      mediantime: 1296688602,
      nonce: 2,
      bits: '207fffff',
      difficulty: 4.656542373906925e-10,
      chainwork: '0000000000000000000000000000000000000000000000000000000000000002',
      nTx: 1,
      strippedsize: 285,
      size: 285,
      weight: 1140,
      tx: ['4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b'],
    });
  });

  it('follow a transaction from the mempool into a block', async () => {
    await using server = await startFundedServer();
    const bytes = deposit(server.coins[0] as Utxo);
    const { txid } = outputOf(bytes, 0);
    await server.rpc('sendrawtransaction', bytesToBareHex(bytes));
    const out = (includeMempool: boolean) => server.rpc('gettxout', txid, 0, includeMempool);
    expect(await out(true)).toMatchObject({ confirmations: 0, value: 1.5, coinbase: false });
    expect(await out(false)).toBeNull();
    expect(await server.rpc('getrawtransaction', txid)).toBe(bytesToBareHex(bytes));
    const waiting = await server.rpc<Record<string, unknown>>('getrawtransaction', txid, true);
    expect(waiting).toMatchObject({ txid, version: 2, locktime: 0, hex: bytesToBareHex(bytes) });
    expect(Object.keys(waiting)).not.toContain('blockhash');

    const [blockhash] = server.server.mine(2, MINER.address);
    const time = START_MS / 1000;
    const mined = await server.rpc<{ vout: unknown[] }>('getrawtransaction', txid, true, blockhash);
    expect(mined).toMatchObject({ in_active_chain: true, blockhash, confirmations: 2 });
    expect(mined.vout[0]).toEqual({
      value: 1.5,
      n: 0,
      scriptPubKey: {
        asm: `1 ${bytesToBareHex(FEDERATION.script.subarray(2))}`,
        desc: expect.stringMatching(/^rawtr\([0-9a-f]{64}\)#[0-9a-z]{8}$/),
        hex: bytesToBareHex(FEDERATION.script),
        address: FEDERATION.address,
        type: 'witness_v1_taproot',
      },
    });
    expect(mined.vout[1]).toMatchObject({
      value: 0,
      scriptPubKey: { asm: `OP_RETURN ${'11'.repeat(20)}`, type: 'nulldata' },
    });
    expect(await out(true)).toMatchObject({ confirmations: 2, bestblock: server.server.chain.tip.hash });
    const block = await server.rpc<{ tx: { txid: string; fee?: number }[]; time: number }>('getblock', blockhash, 2);
    expect(block.tx[1]).toMatchObject({ txid, fee: 0.000005 });
    expect(block.tx[0]?.fee).toBeUndefined();
    expect(block.time).toBeGreaterThanOrEqual(time);
    const whole = await server.rpc<{ tx: { vin: unknown[] }[] }>('getblock', blockhash, 3);
    expect(whole.tx[1]?.vin[0]).toMatchObject({ prevout: { generated: true, height: 1, value: 50 } });
    expect(await server.rpc('getblock', blockhash, 0)).toContain(bytesToBareHex(bytes));
  });

  it('write amounts with eight decimals, as numbers', async () => {
    await using server = await startFundedServer();
    await server.rpc('sendrawtransaction', bytesToBareHex(deposit(server.coins[0] as Utxo)));
    const { text } = await server.post(JSON.stringify({ id: 1, method: 'getmempoolinfo' }));
    expect(text).toContain('"total_fee":0.00000500,');
    expect(text).toContain('"minrelaytxfee":0.00001000,');
  });

  it('find the unspent outputs of addresses and scripts', async () => {
    await using server = await startFundedServer();
    await server.rpc('sendrawtransaction', bytesToBareHex(deposit(server.coins[0] as Utxo)));
    server.server.mine(1, MINER.address);
    const found = await server.rpc<{ unspents: unknown[] }>('scantxoutset', 'start', [
      `addr(${FEDERATION.address})`,
      { desc: `raw(${bytesToBareHex(FEDERATION.script)})` },
    ]);
    expect(found).toMatchObject({ success: true, height: 102, total_amount: 1.5 });
    expect(found.unspents).toMatchObject([{ vout: 0, amount: 1.5, height: 102, coinbase: false, confirmations: 1 }]);
    const { error } = await server.ask('scantxoutset', 'start', ['wpkh(xpub)']);
    expect(error?.code).toBe(-5);
  });

  it('tell headers apart from bytes, heights from the chain’s end, and unknown hashes', async () => {
    await using server = await startFundedServer();
    const header = await server.rpc('getblockheader', GENESIS, false);
    expect(header).toMatch(/^01000000(00){32}[0-9a-f]{88}$/);
    const errorOf = async (method: string, ...params: readonly unknown[]) =>
      (await server.ask(method, ...params)).error;
    expect(await errorOf('getblockhash', 102)).toEqual({ code: -8, message: 'Block height out of range' });
    expect(await errorOf('getblockhash', -1)).toEqual({ code: -8, message: 'Block height out of range' });
    expect(await errorOf('getblock', '11'.repeat(32))).toEqual({ code: -5, message: 'Block not found' });
    expect(await errorOf('getblock', '11')).toEqual({
      code: -8,
      message: "blockhash must be of length 64 (not 2, for '11')",
    });
    expect(await errorOf('getrawtransaction', '11'.repeat(32))).toEqual({
      code: -5,
      message: 'No such mempool or blockchain transaction. Use gettransaction for wallet transactions.',
    });
    expect(await errorOf('getmempoolentry', '11'.repeat(32))).toEqual({
      code: -5,
      message: 'Transaction not in mempool',
    });
    expect((await errorOf('gettxout', '11'.repeat(32), -1))?.message).toBe('JSON integer out of range');
    expect((await errorOf('gettxspendingprevout', [{ txid: '11'.repeat(32), vout: 2 ** 32 }]))?.code).toBe(-8);
    expect(await errorOf('sendrawtransaction', '00')).toEqual({
      code: -22,
      message: 'TX decode failed. Make sure the tx has at least one input.',
    });
    expect(await errorOf('generatetoaddress', 1, 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4')).toEqual({
      code: -5,
      message: 'Error: Invalid address',
    });
  });
});

describe('answers about the node', () => {
  it('know regtest addresses of every kind and no other', async () => {
    await using server = await startTestServer();
    const validate = (address: string) => server.rpc('validateaddress', address);
    expect(await validate(FEDERATION.address)).toEqual({
      isvalid: true,
      address: FEDERATION.address,
      scriptPubKey: bytesToBareHex(FEDERATION.script),
      isscript: true,
      iswitness: true,
      witness_version: 1,
      witness_program: bytesToBareHex(FEDERATION.script.subarray(2)),
    });
    expect(await validate('mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn')).toMatchObject({ isvalid: true, iswitness: false });
    expect(await validate('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4')).toMatchObject({ isvalid: false });
    expect(await validate('')).toMatchObject({ isvalid: false });
  });

  it('estimate no fee before they saw any, then the median of what was paid', async () => {
    await using server = await startFundedServer();
    expect(await server.rpc('estimatesmartfee', 6)).toEqual({
      errors: ['Insufficient data or no feerate found'],
      blocks: 6,
    });
    await server.rpc('sendrawtransaction', bytesToBareHex(deposit(server.coins[0] as Utxo)));
    server.server.mine(1, MINER.address);
    const { feerate } = await server.rpc<{ feerate: number }>('estimatesmartfee', 6);
    expect(feerate).toBeGreaterThan(0.00002);
    expect(feerate).toBeLessThan(0.00003);
  });

  it('include version, uptime by the clock, ping and help', async () => {
    await using server = await startTestServer();
    expect(await server.rpc('getnetworkinfo')).toMatchObject({ version: 280000, relayfee: 0.00001, connections: 0 });
    server.clock.advance(5_000);
    expect(await server.rpc('uptime')).toBe(5);
    expect(await server.rpc('ping')).toBeNull();
    expect(await server.rpc('help')).toContain('getblock blockhash verbosity');
    expect(await server.rpc('help', 'nothing')).toBe('help: unknown command: nothing');
    expect(await server.rpc('getindexinfo')).toEqual({ txindex: { synced: true, best_block_height: 0 } });
  });

  it('name who spends an output in the mempool', async () => {
    await using server = await startFundedServer();
    const [coin] = server.coins as [Utxo];
    const query = { txid: coin.txid, vout: coin.vout };
    expect(await server.rpc('gettxspendingprevout', [query])).toEqual([query]);
    const bytes = deposit(coin);
    await server.rpc('sendrawtransaction', bytesToBareHex(bytes));
    expect(await server.rpc('gettxspendingprevout', [query])).toEqual([
      { ...query, spendingtxid: outputOf(bytes, 0).txid },
    ]);
  });

  it('decode a transaction without taking it', async () => {
    await using server = await startFundedServer();
    const decoded = await server.rpc<Record<string, unknown>>(
      'decoderawtransaction',
      bytesToBareHex(deposit(server.coins[0] as Utxo)),
    );
    expect(Object.keys(decoded)).toEqual([
      'txid',
      'hash',
      'version',
      'size',
      'vsize',
      'weight',
      'locktime',
      'vin',
      'vout',
    ]);
    expect(await server.rpc('getrawmempool')).toEqual([]);
  });
});

describe('JSON-RPC over HTTP', () => {
  it('has Core’s statuses and error objects', async () => {
    await using server = await startTestServer();
    expect(await server.ask('nothing')).toEqual({
      status: 404,
      result: null,
      error: { code: -32601, message: 'Method not found' },
      id: 1,
    });
    expect(await server.ask('getblockhash', 'one')).toMatchObject({ status: 500, error: { code: -3 } });
    expect(await server.ask('getblockhash')).toMatchObject({
      status: 500,
      error: { code: -1, message: 'getblockhash height' },
    });
    expect(await server.ask('getblockcount', 1)).toMatchObject({ status: 500, error: { code: -1 } });
    const parse = await server.post('{');
    expect([parse.status, JSON.parse(parse.text)]).toMatchObject([500, { error: { code: -32700 } }]);
    const invalid = await server.post('{"id":1}');
    expect([invalid.status, JSON.parse(invalid.text)]).toMatchObject([400, { error: { code: -32600 } }]);
  });

  it('takes named arguments', async () => {
    await using server = await startTestServer();
    const named = async (params: unknown) =>
      JSON.parse((await server.post(JSON.stringify({ id: 'x', method: 'getblockhash', params }))).text) as unknown;
    expect(await named({ height: 0 })).toEqual({ result: GENESIS, error: null, id: 'x' });
    expect(await named({ depth: 0 })).toMatchObject({ error: { code: -8, message: 'Unknown named parameter depth' } });
  });

  it('answers version 2.0 in its form', async () => {
    await using server = await startTestServer();
    const call = { jsonrpc: '2.0', method: 'getblockcount' };
    const answered = await server.post(JSON.stringify({ ...call, id: 7 }));
    expect([answered.status, JSON.parse(answered.text)]).toEqual([200, { jsonrpc: '2.0', result: 0, id: 7 }]);
    const failed = await server.post(JSON.stringify({ ...call, method: 'nothing', id: 7 }));
    expect([failed.status, JSON.parse(failed.text)]).toMatchObject([
      200,
      { jsonrpc: '2.0', error: { code: -32601 }, id: 7 },
    ]);
    expect((await server.post(JSON.stringify(call))).status).toBe(204);
  });

  it('takes batches of up to 100', async () => {
    await using server = await startTestServer();
    const batch = (size: number) =>
      JSON.stringify(Array.from({ length: size }, (_, id) => ({ id, method: 'getblockcount' })));
    const full = await server.post(batch(100));
    expect(full.status).toBe(200);
    expect((JSON.parse(full.text) as { id: number }[]).map(({ id }) => id)).toEqual([...Array(100).keys()]);
    expect((await server.post(batch(101))).status).toBe(400);
    expect(JSON.parse((await server.post('[1]')).text)).toMatchObject([{ error: { code: -32600 } }]);
  });

  it('refuses other methods, paths, credentials and bodies beyond 4 MiB', async () => {
    await using server = await startTestServer();
    const { url } = server.server;
    expect((await fetch(url)).status).toBe(405);
    const right = { Authorization: `Basic ${btoa(`${CREDENTIALS.rpcUser}:${CREDENTIALS.rpcPassword}`)}` };
    expect((await fetch(`${url}wallet/x`, { method: 'POST', headers: right, body: '{}' })).status).toBe(404);
    const wrong = await fetch(url, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa('devnet:x')}` },
      body: '{}',
    });
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="jsonrpc"']);
    expect((await server.post('{}', {})).status).toBe(401);
    expect((await server.post(' '.repeat(4 * 1024 * 1024 + 1))).status).toBe(413);
    expect(new URL(url).hostname).toBe('127.0.0.1');
  });
});
