import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExternalEngine } from '../../../node-core/adapters/engine-api/external-engine.ts';
import { DEFAULT_RPC_BOUNDS } from '../../../node-core/config/rpc-bounds.ts';
import type { EthAsker } from '../../../node-core/ports/eth-api.ts';
import type { ExecutionPayload } from '../../../node-core/domain/consensus/types.ts';
import { evmBlockHash } from '../../../node-core/primitives/ids.ts';
import { addressOf, signed, testEvm } from '../../support/evm-chain.ts';

interface RpcRequest {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

let server: Server;
let genesis: ExecutionPayload;
let engine: ExternalEngine;
/** Answers a request, or keeps it waiting. */
let onRequest: (request: RpcRequest, response: ServerResponse) => void;

beforeEach(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += String(chunk)));
    request.on('end', () => {
      onRequest(JSON.parse(text) as RpcRequest, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  genesis = await (await testEvm()).genesis();
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

describe('wallets on an execution client of its own process', () => {
  it("have the node's bounds, which change while it runs", async () => {
    expect(engine.bounds()).toEqual(DEFAULT_RPC_BOUNDS);
    expect(await engine.reconfigure('{"rpc":{"maxLogRange":7}}')).toEqual({ applied: true });
    expect(engine.bounds()).toEqual({ ...DEFAULT_RPC_BOUNDS, maxLogRange: 7 });
    // Nothing else is the node's to change.
    expect(JSON.parse(await engine.settings())).toEqual({ rpc: engine.bounds() });
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

describe('an execution client that lost the states of its newest blocks and keeps the blocks', () => {
  const HEAD = evmBlockHash(`0x${'99'.repeat(32)}`);
  const METHOD_NOT_FOUND = { code: -32601, message: 'the method debug_setHead does not exist/is not available' };
  const VALID = { payloadStatus: { status: 'VALID', latestValidHash: null, validationError: null }, payloadId: null };
  const SYNCING = { ...VALID, payloadStatus: { ...VALID.payloadStatus, status: 'SYNCING' } };
  let asked: (readonly [method: string, of: unknown])[];
  let answerToSetHead: object;

  /** Geth back at block 0 with blocks up to 9, as long as they are not taken from it. */
  beforeEach(() => {
    asked = [];
    answerToSetHead = { result: null };
    let hasBlocks = true;
    const block = (hash: string, number: string): object => ({
      result: { hash, number, parentHash: genesis.blockHash, baseFeePerGas: '0x7' },
    });
    onRequest = (request, response) => {
      const { method, params } = request;
      const [first] = params as [{ headBlockHash?: string }];
      asked.push([method, first.headBlockHash ?? first]);
      if (method === 'debug_setHead' && 'result' in answerToSetHead) hasBlocks = false;
      const answer =
        {
          eth_getBlockByNumber: block(genesis.blockHash, '0x0'),
          eth_getBlockByHash: hasBlocks ? block(HEAD, '0x9') : { result: null },
          engine_forkchoiceUpdatedV3: {
            result: first.headBlockHash === genesis.blockHash || hasBlocks ? VALID : SYNCING,
          },
          debug_setHead: answerToSetHead,
        }[method] ?? {};
      answerWith(answer)(request, response);
    };
  });
  const choose = (): Promise<void> =>
    engine.setForkchoice({ head: HEAD, safe: genesis.blockHash, finalized: genesis.blockHash });

  it('is rid of the blocks and at its own head again, so that it is led along them', async () => {
    const heads: string[] = [];
    engine.onHead((hash) => heads.push(hash));
    await expect(choose()).rejects.toMatchObject({ code: 'UNKNOWN_BLOCK' });
    expect(asked.slice(-2)).toEqual([
      ['debug_setHead', '0x0'],
      ['engine_forkchoiceUpdatedV3', genesis.blockHash],
    ]);
    await expect(choose()).rejects.toMatchObject({ code: 'UNKNOWN_BLOCK' });
    expect(asked.filter(([method]) => method === 'debug_setHead')).toHaveLength(1);
    expect(heads).toEqual([]);
  });

  it.each([
    [
      METHOD_NOT_FOUND,
      /above 0 .*: start geth with debug among its --http\.api, or begin anew with an empty data folder$/,
    ],
    [{ code: -32000, message: 'no way back' }, /above 0 .*"no way back"; begin anew with an empty data folder$/],
  ])('says what its operator must do when it can’t be: %o', async (error, sentence) => {
    answerToSetHead = { error };
    await expect(choose()).rejects.toMatchObject({
      code: 'ENGINE_STUCK',
      message: expect.stringMatching(sentence) as string,
    });
  });
});
