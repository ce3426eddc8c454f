import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { bitcoinBlockHash, bitcoinHeight } from '../../../node-core/primitives/ids.ts';
import { type FakeAnswer, fakeNode, result, rpcError } from './fake-server.ts';

/** Bitcoin's own genesis block on regtest. */
const GENESIS_HASH = bitcoinBlockHash('0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206');
const GENESIS =
  '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff7f20020000000101000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000';
const COINBASE = GENESIS.slice(162);
const COINBASE_ID = '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b';
const TIP = `{"chain":"regtest","blocks":7,"bestblockhash":"${GENESIS_HASH}","difficulty":4.6e-10,"warnings":""}`;

describe('the Bitcoin RPC', () => {
  it('asks with user and password, and reads the tip', async () => {
    const { bitcoin, calls } = await fakeNode(result(TIP));
    expect(await bitcoin.getTip()).toEqual({ chain: 'regtest', hash: GENESIS_HASH, height: 7 });
    expect(calls[0]).toMatchObject({ method: 'getblockchaininfo', params: [] });
    expect(calls[0]?.request.headers.authorization).toBe(`Basic ${btoa('alice:secret')}`);
  });

  it.each([
    ['main', 'main'],
    ['testnet4', 'test'],
    ['signet', 'signet'],
  ])('says on which network the node is: %s', async (chain, expected) => {
    const { bitcoin } = await fakeNode(result(TIP.replace('regtest', chain)));
    expect((await bitcoin.getTip()).chain).toBe(expected);
  });

  it('reads a block, checked against its hash', async () => {
    const { bitcoin, calls } = await fakeNode(({ method, ...call }, response) =>
      result(method === 'getblock' ? `"${GENESIS}"` : '{"height":0}')({ method, ...call }, response),
    );
    expect(await bitcoin.getBlock(GENESIS_HASH)).toEqual({
      hash: GENESIS_HASH,
      height: 0,
      previousHash: null,
      timeS: 1296688602,
      transactions: [COINBASE],
    });
    expect(calls.map(({ method, params }) => [method, ...params])).toEqual([
      ['getblockheader', GENESIS_HASH, true],
      ['getblock', GENESIS_HASH, 0],
    ]);
  });

  it.each([
    ['another block', GENESIS.replace('dae5494d', 'dbe5494d')],
    ['a changed transaction', GENESIS.replace('5468652054', '5468652055')],
    ['a cut block', GENESIS.slice(0, -40)],
    ['no block', '00'],
  ])('refuses %s in place of the one that it asked for', async (_, hex) => {
    const { bitcoin } = await fakeNode(({ method, ...call }, response) =>
      result(method === 'getblock' ? `"${hex}"` : '{"height":0}')({ method, ...call }, response),
    );
    await expect(bitcoin.getBlock(GENESIS_HASH)).rejects.toMatchObject({
      code: 'BITCOIN_MALFORMED',
      errorClass: 'service',
    });
  });

  it.each([
    [-5, 'Block not found'],
    [-8, 'Block height out of range'],
    [-1, 'Block number out of range'],
  ])('answers BITCOIN_NOT_FOUND for code %i', async (code, message) => {
    const { bitcoin } = await fakeNode(rpcError(code, message));
    await expect(bitcoin.getBlockHash(bitcoinHeight(99))).rejects.toMatchObject({ code: 'BITCOIN_NOT_FOUND' });
    await expect(bitcoin.getBlock(GENESIS_HASH)).rejects.toMatchObject({ code: 'BITCOIN_NOT_FOUND' });
  });

  it('passes on any other error with code and message', async () => {
    const { bitcoin } = await fakeNode(rpcError(-28, 'Loading block index…'));
    await expect(bitcoin.getTip()).rejects.toMatchObject({
      code: 'BITCOIN_RPC',
      errorClass: 'service',
      detail: { rpcCode: -28, rpcMessage: 'Loading block index…' },
    });
    await expect(bitcoin.getBlockHash(bitcoinHeight(1))).rejects.toMatchObject({ code: 'BITCOIN_RPC' });
  });

  it.each([
    [-27, 'Transaction outputs already in utxo set'],
    [-27, 'transaction already in block chain'],
    [-26, 'txn-already-in-mempool'],
    [-26, 'txn-already-known'],
    [-25, 'already have transaction in mempool'],
  ])('takes "already known" for success: %i %s', async (code, message) => {
    const { bitcoin } = await fakeNode(rpcError(code, message));
    expect(await bitcoin.broadcast(COINBASE)).toEqual({ txid: COINBASE_ID, alreadyKnown: true });
  });

  it('broadcasts, and refuses an answer about another transaction', async () => {
    const { bitcoin, calls } = await fakeNode(result(`"${COINBASE_ID}"`, `"${'00'.repeat(32)}"`));
    expect(await bitcoin.broadcast(COINBASE)).toEqual({ txid: COINBASE_ID, alreadyKnown: false });
    expect(calls[0]).toMatchObject({ method: 'sendrawtransaction', params: [COINBASE] });
    await expect(bitcoin.broadcast(COINBASE)).rejects.toMatchObject({ code: 'BITCOIN_MALFORMED' });
  });

  it('fails a broadcast that is refused', async () => {
    const { bitcoin } = await fakeNode(rpcError(-26, 'insufficient fee, rejecting replacement'));
    await expect(bitcoin.broadcast(COINBASE)).rejects.toMatchObject({ code: 'BITCOIN_RPC', detail: { rpcCode: -26 } });
  });

  it.each([
    ['{"txid":"x","allowed":true,"vsize":141,"fees":{"base":0.00001410}}', { allowed: true, reason: null }],
    ['{"txid":"x","allowed":false,"reject-reason":"dust"}', { allowed: false, reason: 'dust' }],
    ['{"txid":"x","allowed":false,"reject-reason":"txn-already-in-mempool"}', { allowed: true, reason: null }],
    ['{"txid":"x","allowed":false}', { allowed: false, reason: 'the Bitcoin node gives no reason' }],
  ])('says whether a transaction would be relayed: %s', async (entry, expected) => {
    const { bitcoin, calls } = await fakeNode(result(`[${entry}]`));
    expect(await bitcoin.testMempoolAccept('00')).toEqual(expected);
    expect(calls[0]).toMatchObject({ method: 'testmempoolaccept', params: [['00'], 0.1] });
  });

  it.each<[string, number | null]>([
    ['{"feerate":0.00001000,"blocks":2}', 1],
    ['{"feerate":0.00001001,"blocks":2}', 2],
    ['{"feerate":0.00029999,"blocks":2}', 30],
    ['{"feerate":1e-05,"blocks":2}', 1],
    ['{"feerate":0.000012345678,"blocks":2}', 2],
    ['{"errors":["Insufficient data or no feerate found"],"blocks":2}', null],
    ['{"feerate":0,"blocks":2}', null],
    ['{"feerate":-1,"blocks":2}', null],
  ])('rounds a fee estimate up to whole sat/vB: %s', async (estimate, expected) => {
    const { bitcoin } = await fakeNode(result(estimate));
    expect(await bitcoin.estimateFeeRate(2)).toBe(expected);
  });

  it('has no estimate from a node that has no such method', async () => {
    const { bitcoin } = await fakeNode(rpcError(-32601, 'Method not found'));
    expect(await bitcoin.estimateFeeRate(2)).toBeNull();
  });
});

describe('a Bitcoin node that fails', () => {
  const html: FakeAnswer = (_, response) => void response.writeHead(500).end('<html>Internal Server Error</html>');
  const unauthorized: FakeAnswer = (_, response) => void response.writeHead(401).end();
  const truncated: FakeAnswer = (_, response) => void response.end(TIP.slice(0, 30));
  const cut: FakeAnswer = (_, response) => {
    response.writeHead(200, { 'content-length': 1000 }).write('{"result":');
    response.socket?.destroySoon();
  };
  const silent: FakeAnswer = () => undefined;
  const drip: FakeAnswer = (_, response) => {
    const timer = setInterval(() => response.write(' '), 10);
    response.on('close', () => clearInterval(timer));
  };
  const giant: FakeAnswer = (_, response) => {
    const chunk = ' '.repeat(1024 * 1024);
    const more = (): void => void (response.destroyed || response.write(chunk, more));
    more();
  };
  const swapped: FakeAnswer = ({ id }, response) => void response.end(`{"result":${TIP},"error":null,"id":${id + 1}}`);

  it.each<[string, FakeAnswer, string, 'network' | 'service']>([
    ['HTTP 500 without JSON', html, 'BITCOIN_RPC', 'service'],
    ['a wrong password', unauthorized, 'BITCOIN_UNAUTHORIZED', 'service'],
    ['truncated JSON', truncated, 'BITCOIN_MALFORMED', 'service'],
    ['an answer without the fields', result('{"chain":"regtest"}'), 'BITCOIN_MALFORMED', 'service'],
    ['an unknown network', result(TIP.replace('regtest', 'liquid')), 'BITCOIN_MALFORMED', 'service'],
    ['a height that is no number', result(TIP.replace('7', '7.5')), 'BITCOIN_MALFORMED', 'service'],
    ["another request's answer", swapped, 'BITCOIN_MALFORMED', 'service'],
    ['a body without end', giant, 'BITCOIN_MALFORMED', 'service'],
    ['a connection cut in the answer', cut, 'BITCOIN_UNREACHABLE', 'network'],
  ])('%s', async (_, answer, code, errorClass) => {
    const { bitcoin } = await fakeNode(answer);
    await expect(bitcoin.getTip()).rejects.toMatchObject({ code, errorClass });
  });

  it.each<[string, FakeAnswer]>([
    ['that never answers', silent],
    ['that answers a byte at a time', drip],
  ])('a node %s meets the time-out', async (_, answer) => {
    const { bitcoin } = await fakeNode(answer, { requestTimeoutMs: 150 });
    await expect(bitcoin.getTip()).rejects.toMatchObject({ code: 'BITCOIN_TIMEOUT', errorClass: 'network' });
  });

  it('is unreachable when nothing listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const { bitcoin } = await fakeNode(silent, { url: `http://127.0.0.1:${port}` });
    await expect(bitcoin.getTip()).rejects.toMatchObject({ code: 'BITCOIN_UNREACHABLE', errorClass: 'network' });
  });

  it('asks once more on a new connection when a kept one turns out closed', async () => {
    let answered = 0;
    const { bitcoin, calls } = await fakeNode(({ id, ...call }, response) => {
      if (++answered === 2) return void response.socket?.destroy();
      result(TIP)({ id, ...call }, response);
    });
    await bitcoin.getTip();
    await expect(bitcoin.getTip()).resolves.toMatchObject({ height: 7 });
    expect(calls).toHaveLength(3);
  });

  it('never shows user or password in an error (INV-29)', async () => {
    for (const answer of [html, unauthorized, truncated]) {
      const { bitcoin } = await fakeNode(answer);
      const error = await bitcoin.getTip().catch((caught: Error) => caught);
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toMatch(/alice|secret|Basic/);
    }
  });
});
