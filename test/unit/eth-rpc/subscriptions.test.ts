import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import { LIMITS } from '../../../node-core/adapters/eth-rpc/limits.ts';
import { type EthRpcServer, startEthRpcServer } from '../../../node-core/adapters/eth-rpc/server.ts';
import type { ExecutionPayload } from '../../../node-core/domain/consensus/types.ts';
import { EvmChain, rootAt, testEvm } from '../../support/evm-chain.ts';
import { ProbeContract } from '../../support/probe.ts';

type Json = Readonly<Record<string, unknown>>;

/** A wallet's WebSocket: requests with their answers, and what it was told, in order. */
class Wallet {
  readonly #socket: WebSocket;
  readonly #told: Json[] = [];
  readonly #answers = new Map<number, (answer: Json) => void>();
  #wake: () => void = () => undefined;
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as Json;
      if (typeof message['id'] === 'number') this.#answers.get(message['id'])?.(message);
      else this.#told.push(message['params'] as Json);
      this.#wake();
    });
  }

  static async connect(port: number): Promise<Wallet> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    await once(socket, 'open');
    return new Wallet(socket);
  }

  ask(method: string, ...params: unknown[]): Promise<Json> {
    const id = ++this.#lastId;
    const answer = new Promise<Json>((resolve) => this.#answers.set(id, resolve));
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return answer;
  }

  async subscribe(...params: unknown[]): Promise<string> {
    return (await this.ask('eth_subscribe', ...params))['result'] as string;
  }

  /** What a subscription was told, as soon as it is `count` things. */
  async told(subscription: string, count: number): Promise<readonly Json[]> {
    for (;;) {
      const results = this.#told
        .filter((each) => each['subscription'] === subscription)
        .map((each) => each['result'] as Json);
      if (results.length >= count) return results;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}

describe('a subscription', () => {
  let evm: EmbeddedEvm;
  let chain: EvmChain;
  let probe: ProbeContract;
  let server: EthRpcServer;
  let wallet: Wallet;

  beforeEach(async () => {
    evm = await testEvm();
    chain = await EvmChain.on(evm);
    probe = await ProbeContract.deploy(chain, evm);
    server = await startEthRpcServer({ host: '127.0.0.1', port: 0, api: evm, submit: async (_, hash) => hash });
    wallet = await Wallet.connect(server.port);
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
    const next = await Wallet.connect(server.port);
    expect(await next.subscribe('newHeads')).toMatch(/^0x/);
  });
});
