import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExternalEngine } from '../../../node-core/adapters/engine-api/external-engine.ts';
import { DEFAULT_RPC_BOUNDS } from '../../../node-core/config/rpc-bounds.ts';
import type { EthAsker } from '../../../node-core/ports/eth-api.ts';
import { addressOf, signed, testEvm } from '../../support/evm-chain.ts';

describe('wallets on an execution client of its own process', () => {
  let server: Server;
  let engine: ExternalEngine;
  /** Answers a request, or keeps it waiting. */
  let onRequest: (request: { id: number; method: string }, response: ServerResponse) => void;

  beforeEach(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += String(chunk)));
      request.on('end', () => {
        onRequest(JSON.parse(text) as { id: number; method: string }, response);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const genesis = await (await testEvm()).genesis();
    engine = new ExternalEngine({
      engineUrl: url,
      rpcUrl: url,
      jwtSecret: new Uint8Array(32),
      timeoutMs: 20_000,
      genesis,
    });
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const answerWith =
    (content: object) =>
    ({ id }: { id: number }, response: ServerResponse): void => {
      response.end(JSON.stringify({ jsonrpc: '2.0', id, ...content }));
    };

  it("have the node's bounds, which change while it runs", async () => {
    expect(engine.bounds()).toEqual(DEFAULT_RPC_BOUNDS);
    expect(await engine.reconfigure('{"rpc":{"maxLogRange":7}}')).toEqual({ applied: true });
    expect(engine.bounds()).toEqual({ ...DEFAULT_RPC_BOUNDS, maxLogRange: 7 });
  });

  it.each([
    ['{"rpc":{"maxLogRange":0}}', /^rpc\.maxLogRange: /],
    ['{"rpc":{"maxLogsRange":1}}', /^rpc: .*maxLogsRange/],
    ['{"minTipWei":"1","pool":{}}', /^minTipWei, pool: settings of the execution client/],
    ['{', /not JSON/],
  ])('refuse new bounds that are none, with the reason: %s', async (settings, reason) => {
    const refused = { applied: false, reasons: [expect.stringMatching(reason) as string] };
    expect(await engine.reconfigure(settings)).toEqual(refused);
    expect(engine.bounds()).toEqual(DEFAULT_RPC_BOUNDS);
  });

  it("get the client's answers and errors as they are", async () => {
    onRequest = answerWith({ result: '0x2a' });
    expect(await engine.request('eth_gasPrice', [])).toBe('0x2a');
    onRequest = answerWith({ error: { code: 3, message: 'execution reverted', data: '0x1234' } });
    const body = { code: 3, message: 'execution reverted', data: '0x1234' };
    await expect(engine.request('eth_call', [{}])).rejects.toMatchObject({ body });
  });

  it('are told that a call took too long, and nothing more of a client that is away', async () => {
    await engine.reconfigure('{"rpc":{"callTimeoutMs":1}}');
    onRequest = () => undefined;
    await expect(engine.request('eth_call', [{}])).rejects.toMatchObject({
      body: { code: -32000, message: 'execution aborted: its time is over' },
    });
    onRequest = (_, response) => response.destroy();
    await engine.reconfigure('{"rpc":{"callTimeoutMs":5000}}');
    await expect(engine.request('eth_call', [{}])).rejects.toMatchObject({
      body: { code: -32000, message: "the execution client can't be asked" },
    });
  });

  it('leave the client in peace when they are gone', async () => {
    const asked = new Promise<ServerResponse>((resolve) => {
      onRequest = (_, response) => {
        resolve(response);
      };
    });
    const gone = new AbortController();
    const asker: EthAsker = { client: {}, signal: gone.signal };
    const answer = engine.request('eth_call', [{}], asker).catch(() => 'dropped');
    const closed = once(await asked, 'close');
    gone.abort();
    expect(await answer).toBe('dropped');
    await closed;
  });

  it('hear of each transaction that the client takes', async () => {
    const heard: string[] = [];
    engine.onPendingTransaction((hash) => heard.push(hash));
    const hash = `0x${'ab'.repeat(32)}`;
    const raw = await signed(0, { to: addressOf(1), nonce: 0 });
    onRequest = answerWith({ result: hash });
    await engine.submitTransaction(raw);
    onRequest = answerWith({ error: { code: -32000, message: 'already known' } });
    await engine.submitTransaction(raw);
    expect(heard).toEqual([hash]);
  });
});
