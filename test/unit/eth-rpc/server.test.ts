import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { SyncProgress } from '../../../node-core/adapters/eth-rpc/node-status.ts';
import { type EthRpcServer, startEthRpcServer } from '../../../node-core/adapters/eth-rpc/server.ts';
import { LIMITS } from '../../../node-core/adapters/eth-rpc/limits.ts';
import { DEFAULT_RPC_BOUNDS } from '../../../node-core/config/rpc-bounds.ts';
import { EthApiError, type EthApiPort } from '../../../node-core/ports/eth-api.ts';
import { ServiceError } from '../../../node-core/primitives/errors.ts';
import { upgradeAndVanish } from '../../support/gone-clients.ts';
import { QUIET_NODE } from '../../support/quiet-node.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** An execution client that echoes balances, reverts codes, breaks at prices and says too much of fees. */
const api: EthApiPort = {
  request: async (method, params) => {
    if (method === 'eth_getBalance') return params;
    if (method === 'eth_getCode') throw new EthApiError({ code: 3, message: 'execution reverted', data: '0x1234' });
    if (method === 'eth_gasPrice') throw new Error('a secret of the inside');
    if (method === 'eth_feeHistory') return 'x'.repeat(LIMITS.responseCharacters + 1);
    throw new Error(`nobody asks the client for ${method}`);
  },
  onHead: () => () => undefined,
  onPendingTransaction: () => () => undefined,
  bounds: () => DEFAULT_RPC_BOUNDS,
};

describe('the wallet server', () => {
  let server: EthRpcServer;
  let progress: SyncProgress | null = null;

  beforeEach(async () => {
    server = await startEthRpcServer({
      host: '127.0.0.1',
      port: 0,
      api,
      node: { peerCount: () => 2, syncing: () => progress },
      allowedOrigins: ['https://wallet.example'],
      allowedHosts: ['node.example'],
      submit: async (raw, hash) => {
        if (raw === '0x00') {
          throw new ServiceError('TRANSACTION_REFUSED', 'nonce too low', {
            rpcCode: -32000,
            rpcMessage: 'nonce too low',
          });
        }
        return hash;
      },
    });
  });
  afterEach(() => server.close());

  const post = (body: string, headers: Record<string, string> = {}, method = 'POST'): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const request = httpRequest(
        { host: '127.0.0.1', port: server.port, method, headers: { 'content-type': 'application/json', ...headers } },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => (text += chunk));
          response.on('end', () => {
            resolve({ status: response.statusCode ?? 0, text, headers: response.headers });
          });
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  const rpc = (method: string, params: unknown = [], id: unknown = 1): string =>
    JSON.stringify({ jsonrpc: '2.0', id, method, params });
  const ask = async (body: string): Promise<unknown> => JSON.parse((await post(body)).text) as unknown;

  it('answers a request, with its id', async () => {
    expect(await ask(rpc('eth_getBalance', [1, 'a']))).toEqual({ jsonrpc: '2.0', id: 1, result: [1, 'a'] });
    expect(await ask(rpc('eth_getBalance', [], 'text'))).toMatchObject({ id: 'text' });
  });

  it.each([
    ['another protocol', '{"id":7,"method":"eth_getBalance"}', -32600],
    ['a method that is no text', '{"jsonrpc":"2.0","id":7,"method":12}', -32600],
    ['a long method', `{"jsonrpc":"2.0","id":7,"method":"eth_${'a'.repeat(200)}"}`, -32600],
    ['params by name', '{"jsonrpc":"2.0","id":7,"method":"eth_getBalance","params":{"a":1}}', -32602],
    ['params that are a text', '{"jsonrpc":"2.0","id":7,"method":"eth_getBalance","params":"a"}', -32602],
  ])('refuses %s, with the id of the request', async (_, body, code) => {
    expect(await ask(body)).toMatchObject({ id: 7, error: { code } });
  });

  it('answers for the node: its peers and its progress', async () => {
    expect(await ask(rpc('net_peerCount'))).toMatchObject({ result: '0x2' });
    expect(await ask(rpc('net_listening'))).toMatchObject({ result: true });
    expect(await ask(rpc('eth_syncing'))).toMatchObject({ result: false });
    progress = { currentBlock: 5, highestBlock: 40 };
    const began = { startingBlock: '0x5', currentBlock: '0x5', highestBlock: '0x28' };
    expect(await ask(rpc('eth_syncing'))).toMatchObject({ result: began });
    progress = { currentBlock: 30, highestBlock: 41 };
    const goesOn = { startingBlock: '0x5', currentBlock: '0x1e', highestBlock: '0x29' };
    expect(await ask(rpc('eth_syncing'))).toMatchObject({ result: goesOn });
    progress = null;
    expect(await ask(rpc('eth_syncing'))).toMatchObject({ result: false });
  });

  it('has subscriptions for WebSockets alone', async () => {
    expect(await ask(rpc('eth_subscribe', ['newHeads']))).toMatchObject({
      error: { code: -32601, message: expect.stringMatching(/WebSocket/) as string },
    });
  });

  it('answers a batch in order, without an answer for notifications', async () => {
    const batch = `[${rpc('eth_getBalance', [1])},{"jsonrpc":"2.0","method":"eth_getBalance"},${rpc('eth_getCode', [], 2)},7]`;
    expect(await ask(batch)).toEqual([
      { jsonrpc: '2.0', id: 1, result: [1] },
      { jsonrpc: '2.0', id: 2, error: { code: 3, message: 'execution reverted', data: '0x1234' } },
      { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'invalid request' } },
    ]);
    expect((await post('{"jsonrpc":"2.0","method":"eth_getBalance"}')).status).toBe(204);
  });

  it('tells nothing of an error that it did not foresee', async () => {
    expect(await ask(rpc('eth_gasPrice'))).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: { code: -32603, message: 'internal error' },
    });
  });

  it('submits a raw transaction with its hash, and tells a refusal with its code', async () => {
    expect(await ask(rpc('eth_sendRawTransaction', ['0x78']))).toMatchObject({
      result: '0x7521d1cadbcfa91eec65aa16715b94ffc1c9654ba57ea2ef1a2127bca1127a83',
    });
    expect(await ask(rpc('eth_sendRawTransaction', ['0x00']))).toMatchObject({
      error: { code: -32000, message: 'nonce too low' },
    });
    for (const wrong of [[], ['0x'], ['0xabc'], [7], ['hello']]) {
      expect(await ask(rpc('eth_sendRawTransaction', wrong))).toMatchObject({ error: { code: -32602 } });
    }
  });

  it.each([
    'admin_peers',
    'personal_sign',
    'debug_traceTransaction',
    'txpool_content',
    'engine_newPayloadV3',
    '__proto__',
    'eth_getBalance x',
    'constructor',
  ])('does not know %s', async (method) => {
    expect(await ask(rpc(method))).toMatchObject({ error: { code: -32601 } });
  });

  it.each([
    ['no JSON', '{', -32700],
    ['nothing', '', -32700],
    ['an empty batch', '[]', -32600],
    ['another protocol', '{"method":"eth_getBalance"}', -32600],
    ['an object as id', '{"jsonrpc":"2.0","id":{},"method":"eth_getBalance"}', -32600],
    ['a long method', `{"jsonrpc":"2.0","id":{},"method":"eth_${'a'.repeat(200)}"}`, -32600],
    [
      'a deep body',
      `{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":${'['.repeat(40)}${']'.repeat(40)}}`,
      -32600,
    ],
    [
      'a large batch',
      `[${new Array(LIMITS.batch + 1).fill('{"jsonrpc":"2.0","id":1,"method":"eth_getBalance"}').join(',')}]`,
      -32600,
    ],
  ])('refuses %s', async (_, body, code) => {
    expect(await ask(body)).toMatchObject({ id: null, error: { code } });
  });

  it('does not take brackets in a text for depth', async () => {
    expect(await ask(rpc('eth_getBalance', ['[[{{"'.repeat(40)]))).toMatchObject({ result: ['[[{{"'.repeat(40)] });
  });

  it('does not send an answer above its bound', async () => {
    expect(await ask(rpc('eth_feeHistory'))).toMatchObject({ id: 1, error: { code: -32003 } });
    expect(await ask(`[${rpc('eth_getBalance', ['a'])},${rpc('eth_feeHistory')}]`)).toMatchObject([
      { id: 1 },
      { error: { code: -32003 } },
    ]);
  });

  it('refuses a body above 1 MiB, whether or not its length is told', async () => {
    expect((await post(rpc('eth_getBalance', ['x'.repeat(LIMITS.bodyBytes)]))).status).toBe(413);
    const status = await new Promise<number>((resolve, reject) => {
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port: server.port,
          method: 'POST',
          headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
        },
        (response) => {
          resolve(response.statusCode ?? 0);
          response.resume();
        },
      );
      // The server ends the connection as soon as it has seen enough.
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve(413);
        else reject(error);
      });
      request.end('x'.repeat(LIMITS.bodyBytes + 1));
    });
    expect(status).toBe(413);
  });

  it.each([
    ['text/plain', { 'content-type': 'text/plain' }, 'POST', 415],
    ['a GET', {}, 'GET', 405],
    ['a foreign Host', { host: 'attacker.example' }, 'POST', 403],
    ['a Host that only begins like ours', { host: '127.0.0.1.attacker.example' }, 'POST', 403],
    ['a foreign Origin', { origin: 'https://attacker.example' }, 'POST', 403],
    ['an opaque Origin', { origin: 'null' }, 'POST', 403],
    ['an Origin that only looks like loopback', { origin: 'https://localhost.attacker.example' }, 'POST', 403],
  ] as const)('refuses %s', async (_, headers, method, status) => {
    expect((await post(rpc('eth_getBalance'), headers, method)).status).toBe(status);
  });

  it.each(['http://localhost:3000', 'http://127.0.0.1:8080', 'https://wallet.example', 'chrome-extension://abcdef'])(
    'lets %s in, and tells the browser so',
    async (origin) => {
      const answer = await post(rpc('eth_getBalance'), { origin });
      expect(answer.status).toBe(200);
      expect(answer.headers['access-control-allow-origin']).toBe(origin);
      const preflight = await post('', { origin, 'access-control-request-method': 'POST' }, 'OPTIONS');
      expect(preflight.status).toBe(204);
      expect(preflight.headers['access-control-allow-headers']).toBe('content-type');
    },
  );

  it('is reached by the names that are allowed', async () => {
    for (const host of ['node.example', `node.example:${server.port}`, `localhost:${server.port}`, '127.0.0.1'])
      expect((await post(rpc('eth_getBalance'), { host })).status).toBe(200);
    for (const host of ['other.example', 'node.example.attacker.example', 'sub.node.example'])
      expect((await post(rpc('eth_getBalance'), { host })).status).toBe(403);
  });

  it('refuses a WebSocket of a foreign page, and binary messages', async () => {
    const foreign = new WebSocket(`ws://127.0.0.1:${server.port}`, { origin: 'https://attacker.example' });
    const refusal = await new Promise<string>((resolve) => {
      foreign.on('error', (error) => {
        resolve(error.message);
      });
    });
    expect(refusal).toContain('403');
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}`);
    const code = await new Promise<number>((resolve) => {
      socket.on('open', () => {
        socket.send(Buffer.from('{}'), { binary: true });
      });
      socket.on('close', resolve);
    });
    expect(code).toBe(1003);
  });

  it('outlives clients that are gone before their upgrade is refused', async () => {
    await upgradeAndVanish(server.port, { host: 'evil.example' });
    expect(await post('{"jsonrpc":"2.0","id":1,"method":"eth_getBalance"}')).toMatchObject({ status: 200 });
  });

  it('cuts off a WebSocket message above 1 MiB', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}`);
    const code = await new Promise<number>((resolve) => {
      socket.on('open', () => {
        socket.send('x'.repeat(LIMITS.bodyBytes + 1));
      });
      socket.on('close', resolve);
      socket.on('error', () => undefined);
    });
    expect(code).toBe(1009);
  });

  it('says which port is busy', async () => {
    const second = startEthRpcServer({
      host: '127.0.0.1',
      port: server.port,
      api,
      node: QUIET_NODE,
      submit: async (_, hash) => hash,
    });
    await expect(second).rejects.toMatchObject({ code: 'PORT_BUSY', detail: { port: server.port } });
  });

  it('ends all connections when it closes', async () => {
    const idle = connect(server.port, '127.0.0.1');
    await new Promise<void>((resolve) => {
      idle.on('connect', resolve);
    });
    const ended = new Promise<void>((resolve) => {
      idle.on('close', () => {
        resolve();
      });
      idle.on('error', () => undefined);
    });
    await server.close();
    await ended;
    server = await startEthRpcServer({
      host: '127.0.0.1',
      port: 0,
      api,
      node: QUIET_NODE,
      submit: async (_, hash) => hash,
    });
  });
});
