import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transaction } from 'ethers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExternalEngine } from '../../../node-core/adapters/engine-api/external-engine.ts';
import type { ExecutionPayload } from '../../../node-core/domain/consensus/types.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import { evmBlockHash, type EvmBlockHash } from '../../../node-core/primitives/ids.ts';
import { addressOf, rootAt, signed, testEvm } from '../../support/evm-chain.ts';

/** The test network's gas limit asks 45 gas a byte of light ones, and heavy ones may have 221,928 bytes together. */
const zeros = (bytes: number): string => `0x${'00'.repeat(bytes)}`;
const heavy = (account: number, request: Parameters<typeof signed>[1] = {}): Promise<Hex> =>
  signed(account, { nonce: 0, to: addressOf(99), data: zeros(100_000), gasLimit: 500_000n, ...request });
/** Of an account each. Long ones take their time to be signed and read. */
const HEAVY = await Promise.all([0, 1, 2, 3].map((account) => heavy(account)));
const [first, second, third, fourth] = HEAVY as [Hex, Hex, Hex, Hex];

interface Parsed {
  readonly raw: string;
  readonly hash: string;
  readonly from: string;
  readonly nonce: number;
  readonly content: object;
}
const parsed = new Map<string, Parsed>();
function parse(raw: string): Parsed {
  const known = parsed.get(raw);
  if (known !== undefined) return known;
  const { hash, from, nonce, to, data, accessList } = Transaction.from(raw);
  if (hash === null || from === null) throw new Error('it is not signed');
  const result = { raw, hash, from: from.toLowerCase(), nonce, content: { hash, to, input: data, accessList } };
  parsed.set(raw, result);
  return result;
}

/** What of a geth transactions meet: a pool that takes everything, and blocks that take what they are told to. */
class FakeGeth {
  readonly pool = new Map<string, Parsed>();
  readonly nonces = new Map<string, number>();
  readonly asked: string[] = [];
  baseFee = 7n;
  /** Methods that fail, with the error. */
  readonly failing = new Map<string, object>();
  /** Takes transactions and breaks the connection. */
  isDeaf = false;
  #blocks: { readonly hash: string; readonly parentHash: string }[];

  constructor(genesisHash: string) {
    this.#blocks = [{ hash: genesisHash, parentHash: rootAt(0xfff) }];
  }

  get head(): { readonly hash: string; readonly parentHash: string } {
    const head = this.#blocks.at(-1);
    if (head === undefined) throw new Error('there is no head');
    return head;
  }

  /** A block on `parent` with all of the pool that is next for its account and among `raws`. */
  mine(raws: readonly Hex[] = [], parent = this.head.hash): EvmBlockHash {
    for (const raw of raws) {
      const { hash, from, nonce } = parse(raw);
      if (!this.pool.delete(hash)) throw new Error('it is not in the pool');
      this.nonces.set(from, nonce + 1);
    }
    const hash = rootAt(0x1000 + this.#blocks.length);
    this.#blocks.push({ hash, parentHash: parent });
    return evmBlockHash(hash);
  }

  answer(method: string, [first]: readonly unknown[]): object {
    this.asked.push(method);
    const failure = this.failing.get(method);
    if (failure !== undefined) return { error: failure };
    switch (method) {
      case 'engine_forkchoiceUpdatedV3':
        return {
          result: { payloadStatus: { status: 'VALID', latestValidHash: null, validationError: null }, payloadId: null },
        };
      case 'eth_getBlockByNumber':
        return { result: { ...this.head, number: '0x1', baseFeePerGas: `0x${this.baseFee.toString(16)}` } };
      case 'eth_getTransactionCount':
        return { result: `0x${(this.nonces.get(String(first)) ?? 0).toString(16)}` };
      case 'eth_getTransactionByHash':
        return { result: this.pool.has(String(first)) ? { blockHash: null } : null };
      case 'eth_getRawTransactionByHash':
        return { result: this.pool.get(String(first))?.raw ?? '0x' };
      case 'txpool_content':
        return { result: { pending: this.#content(), queued: {} } };
      case 'eth_sendRawTransaction':
        return this.#take(String(first));
      default:
        return { error: { code: -32601, message: `${method} is not here` } };
    }
  }

  #take(raw: string): object {
    const transaction = parse(raw);
    const { hash, from, nonce } = transaction;
    if (this.pool.has(hash)) return { error: { code: -32000, message: 'already known' } };
    for (const [known, other] of this.pool) if (other.from === from && other.nonce === nonce) this.pool.delete(known);
    this.pool.set(hash, transaction);
    return { result: hash };
  }

  #content(): object {
    const accounts: Record<string, Record<string, object>> = {};
    for (const { from, nonce, content } of this.pool.values()) (accounts[from] ??= {})[nonce] = content;
    return accounts;
  }
}

let server: Server;
let genesis: ExecutionPayload;
let geth: FakeGeth;
let engine: ExternalEngine;
const newEngine = (): ExternalEngine => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new ExternalEngine({ engineUrl: url, rpcUrl: url, jwtSecret: new Uint8Array(32), timeoutMs: 20_000, genesis });
};

beforeEach(async () => {
  genesis = await (await testEvm()).genesis();
  geth = new FakeGeth(genesis.blockHash);
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += String(chunk)));
    request.on('end', () => {
      const { id, method, params } = JSON.parse(text) as { id: number; method: string; params: readonly unknown[] };
      const answer = geth.answer(method, params);
      if (geth.isDeaf && method === 'eth_sendRawTransaction') response.destroy();
      else response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  engine = newEngine();
  await choose();
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const choose = (head: EvmBlockHash = genesis.blockHash, of = engine): Promise<void> =>
  of.setForkchoice({ head, safe: genesis.blockHash, finalized: genesis.blockHash });
const countOf = (method: string): number => geth.asked.filter((asked) => asked === method).length;
const refusal = (message: RegExp): object => ({
  code: 'TRANSACTION_REFUSED',
  detail: { rpcCode: -32000, rpcMessage: expect.stringMatching(message) as string },
});
const FULL = refusal(/^txpool is full: .*send it again after the next block$/);
const fill = async (): Promise<void> => {
  for (const raw of [first, second]) await engine.submitTransaction(raw);
};

describe('transactions of many bytes and little gas on a client of its own process', () => {
  it('are refused, and not handed over, when those that wait there fill their share of a block', async () => {
    await fill();
    await expect(engine.submitTransaction(third)).rejects.toMatchObject(FULL);
    expect(geth.pool.size).toBe(2);
  });

  it('don’t hinder those that are light', async () => {
    await fill();
    await engine.submitTransaction(await signed(3, { nonce: 0, to: addressOf(99) }));
    await engine.submitTransaction(await signed(4, { nonce: 7, to: addressOf(99), data: zeros(200) }));
    expect(geth.pool.size).toBe(4);
  });

  it('are never too many when they come at once', async () => {
    await fill();
    const accounts = await Promise.all([2, 3, 4, 5].map((account) => heavy(account, { data: zeros(10_000) })));
    const raws = Array.from({ length: 10 }, () => accounts).flat();
    const outcomes = await Promise.allSettled(raws.map((raw) => engine.submitTransaction(raw)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(FULL);
    const fitting = accounts.slice(0, 2);
    expect([...geth.pool.keys()]).toEqual([first, second, ...fitting].map((raw) => parse(raw).hash));
    // Known ones are known; of 40 at once no more than 32 are looked at.
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(
      raws.map((raw, index) => index < 32 && fitting.includes(raw)),
    );
    expect(countOf('eth_sendRawTransaction')).toBe(2 + 16);
  });

  it('are taken again when one of them is in a block', async () => {
    await fill();
    await expect(engine.submitTransaction(third)).rejects.toMatchObject(FULL);
    await choose(geth.mine([first]));
    await engine.submitTransaction(third);
    await expect(engine.submitTransaction(fourth)).rejects.toMatchObject(FULL);
    // All of the pool was read once.
    expect(countOf('txpool_content')).toBe(1);
  });

  it('are taken again when the client has forgotten one of them, with the next block', async () => {
    await fill();
    geth.pool.delete(parse(first).hash);
    await choose(geth.mine());
    await engine.submitTransaction(third);
  });

  it('take the place of what they replace', async () => {
    await fill();
    const dearer = { maxFeePerGas: 3_000_000_000n, maxPriorityFeePerGas: 3_000_000n };
    await engine.submitTransaction(await heavy(1, { ...dearer, data: zeros(110_000) }));
    expect(geth.pool.size).toBe(2);
    await expect(engine.submitTransaction(await heavy(1, { ...dearer, data: zeros(129_000) }))).rejects.toMatchObject(
      FULL,
    );
  });

  it('leave no place behind that the client refused, and keep theirs when they come again', async () => {
    geth.failing.set('eth_sendRawTransaction', { code: -32000, message: 'insufficient funds for gas * price + value' });
    for (const raw of [first, second, third])
      await expect(engine.submitTransaction(raw)).rejects.toMatchObject(refusal(/^insufficient funds/));
    geth.failing.clear();
    await fill();
    expect(await engine.submitTransaction(first)).toMatchObject({ alreadyKnown: true });
    await expect(engine.submitTransaction(third)).rejects.toMatchObject(FULL);
  });

  it('are counted when the answer was lost, from the next block on', async () => {
    await engine.submitTransaction(first);
    geth.isDeaf = true;
    await expect(engine.submitTransaction(second)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    geth.isDeaf = false;
    await expect(engine.submitTransaction(third)).rejects.toMatchObject(FULL);
    await choose(geth.mine());
    await expect(engine.submitTransaction(third)).rejects.toMatchObject(FULL);
    expect(geth.pool.size).toBe(2);
  });

  it('are counted after a restart of the node', async () => {
    await fill();
    await engine.submitTransaction(await signed(3, { nonce: 0, to: addressOf(99), data: zeros(300) }));
    const restarted = newEngine();
    await choose(genesis.blockHash, restarted);
    await expect(restarted.submitTransaction(third)).rejects.toMatchObject(FULL);
    await choose(geth.mine([first]), restarted);
    await restarted.submitTransaction(third);
  });

  it('are counted when another branch gives them back', async () => {
    await fill();
    await choose(geth.mine([first, second]));
    const parent = geth.head.hash;
    await engine.submitTransaction(third);
    // The block is an orphan: the client has its transactions again.
    geth.nonces.clear();
    for (const raw of [first, second]) geth.answer('eth_sendRawTransaction', [raw]);
    await choose(geth.mine([third], genesis.blockHash));
    expect(geth.head.parentHash).not.toBe(parent);
    await expect(engine.submitTransaction(fourth)).rejects.toMatchObject(FULL);
  });

  it('are refused while the pool can’t be read, which is tried once for each block', async () => {
    geth.failing.set('txpool_content', { code: -32601, message: 'the method txpool_content does not exist' });
    await expect(engine.submitTransaction(first)).rejects.toThrow(/txpool_content does not exist/);
    await expect(engine.submitTransaction(first)).rejects.toMatchObject(FULL);
    expect(countOf('txpool_content')).toBe(1);
    geth.failing.clear();
    await choose(geth.mine());
    await engine.submitTransaction(first);
  });

  it.each([
    ['one that is not its account’s next', { nonce: 1 }, /^nonce too high: next nonce 0, tx nonce 1; .*in a block$/],
    [
      'one that no block has the gas for',
      { gasLimit: 22_600_000n },
      /^gas limit too high: gas 22600000, at most 22500000/,
    ],
    ['one that gives proposers too little', { maxPriorityFeePerGas: 999_999n }, /^transaction gas price below minimum/],
    [
      'one that gives proposers too little, of the old kind',
      { type: 0, maxFeePerGas: null, maxPriorityFeePerGas: null, gasPrice: 999_999n },
      /^transaction gas price below minimum/,
    ],
    ['one that the base fee may soon be above', { maxFeePerGas: 150_000_000n }, /^max fee per gas less than needed/],
  ])('never have a place for nothing: %s is refused', async (_, request, message) => {
    geth.baseFee = 100_000_000n;
    await choose(geth.mine());
    await expect(engine.submitTransaction(await heavy(0, request))).rejects.toMatchObject(refusal(message));
    await fill();
  });

  it('are told that their nonce is used up', async () => {
    await fill();
    await choose(geth.mine([first]));
    await expect(engine.submitTransaction(first)).rejects.toMatchObject(
      refusal(/^nonce too low: next nonce 1, tx nonce 0$/),
    );
  });

  it('wait for the client’s first head', async () => {
    await expect(newEngine().submitTransaction(first)).rejects.toMatchObject(refusal(/no head yet/));
  });
});
