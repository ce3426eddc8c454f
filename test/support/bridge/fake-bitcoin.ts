import { Transaction } from 'bitcoinjs-lib';
import { SimulatedAnswer } from '../../../node-core/kernel/pump/simulation.ts';
import type { BitcoinBlock, BitcoinPort, BitcoinTip } from '../../../node-core/ports/bitcoin.ts';
import { NetworkError, ServiceError } from '../../../node-core/primitives/errors.ts';
import { bytesToBareHex, hexToBytes } from '../../../node-core/primitives/hex.ts';
import { bitcoinBlockHash, bitcoinHeight, txid } from '../../../node-core/primitives/ids.ts';

/** What a simulated port returns where the real one returns a promise: the pump reads it, nothing waits on it. */
export const after = <T>(outcome: { readonly value: T } | { readonly error: unknown }, delayMs = 1): Promise<T> =>
  new SimulatedAnswer(delayMs, () => outcome) as unknown as Promise<T>;

const hashOf = (height: number, branch: number): string =>
  `${branch.toString(16).padStart(8, '0')}${height.toString(16).padStart(56, '0')}`;

/** A transaction with one input of nobody's, or with the given ones. */
export function transaction(
  outputs: readonly { readonly script: string; readonly value: bigint }[],
  inputs: readonly { readonly txid: string; readonly vout: number }[] = [],
  salt = 0,
): string {
  const made = new Transaction();
  made.version = 2;
  if (inputs.length === 0) made.addInput(hexToBytes(salt.toString(16).padStart(64, '7')), 0);
  for (const { txid: id, vout } of inputs) made.addInput(hexToBytes(id).reverse(), vout);
  for (const { script, value } of outputs) made.addOutput(hexToBytes(script), value);
  return made.toHex();
}

export const txidOf = (raw: string): string => Transaction.fromHex(raw).getId();

const inputsOf = (raw: string): string[] =>
  Transaction.fromHex(raw).ins.map(({ hash, index }) => `${bytesToBareHex(hash.toReversed())}:${index}`);

/** An OP_RETURN with 20 raw bytes. */
export const opReturn = (address: string): string => `6a14${address.replace('0x', '')}`;

/** Bitcoin as the port shows it: a chain that a test mines and reorganizes, and a mempool. Checks conflicts and no scripts. */
export class FakeBitcoin {
  blocks: BitcoinBlock[] = [];
  readonly mempool = new Map<string, string>();
  /** Every transaction that was ever handed in, in order. */
  readonly broadcasts: string[] = [];
  /** What every call throws, when set. */
  failure: Error | null = null;
  /** What `broadcast` throws after it has taken the transaction. */
  broadcastFailure: Error | null = null;
  feeRate: number | null = 2;
  #branch = 1;

  constructor(height = 10) {
    for (let i = 0; i <= height; i++) this.mine([]);
  }

  get height(): number {
    return this.blocks.length - 1;
  }

  /** A block with these transactions, or with what of the mempool can be mined together, newest first. */
  mine(transactions: readonly string[] | 'mempool' = []): void {
    const taken = transactions === 'mempool' ? this.#takeMempool() : transactions;
    const height = this.blocks.length;
    const previous = this.blocks.at(-1);
    this.blocks.push({
      hash: bitcoinBlockHash(hashOf(height, this.#branch)),
      height: bitcoinHeight(height),
      previousHash: previous?.hash ?? null,
      timeS: 1_700_000_000 + height,
      transactions: taken,
    });
  }

  #takeMempool(): string[] {
    const spent = new Set(this.blocks.flatMap((block) => block.transactions).flatMap(inputsOf));
    const taken: string[] = [];
    for (const raw of [...this.mempool.values()].reverse()) {
      const inputs = inputsOf(raw);
      if (inputs.some((input) => spent.has(input))) continue;
      for (const input of inputs) spent.add(input);
      taken.unshift(raw);
    }
    this.mempool.clear();
    return taken;
  }

  mineEmpty(count: number): void {
    for (let i = 0; i < count; i++) this.mine([]);
  }

  /** Replaces the newest `depth` blocks by `depth + 1` of another branch, the first of which holds `transactions`. */
  reorganize(depth: number, transactions: readonly string[] = []): void {
    this.blocks = this.blocks.slice(0, this.blocks.length - depth);
    this.#branch++;
    this.mine(transactions);
    this.mineEmpty(depth);
  }

  /** As `reorganize`, but nothing is lost: what was undone waits to be mined again. */
  reorganizeKeeping(depth: number): void {
    const undone = this.blocks.slice(-depth).flatMap(({ transactions }) => transactions);
    this.reorganize(depth);
    for (const raw of undone) this.mempool.set(txidOf(raw), raw);
  }

  /** Every transaction in a block. */
  get mined(): string[] {
    return this.blocks.flatMap(({ transactions }) => transactions);
  }

  readonly port = {
    getTip: () =>
      this.#answer((): BitcoinTip => {
        const tip = this.blocks.at(-1);
        if (tip === undefined) throw new Error('no tip');
        return { chain: 'regtest', hash: tip.hash, height: tip.height };
      }),
    getBlockHash: (height) => this.#answer(() => this.#block((block) => block.height === height).hash),
    getBlock: (hash) => this.#answer(() => this.#block((block) => block.hash === hash)),
    testMempoolAccept: () => this.#answer(() => ({ allowed: true, reason: null })),
    broadcast: (raw) =>
      this.#answer(() => {
        const id = txidOf(raw);
        this.broadcasts.push(id);
        const alreadyKnown = this.mempool.has(id);
        this.mempool.set(id, raw);
        if (this.broadcastFailure !== null) throw this.broadcastFailure;
        return { txid: txid(id), alreadyKnown };
      }),
    estimateFeeRate: () => this.#answer(() => this.feeRate),
  } satisfies BitcoinPort;

  #block(matches: (block: BitcoinBlock) => boolean): BitcoinBlock {
    const found = this.blocks.find(matches);
    if (found === undefined) throw new ServiceError('BITCOIN_NOT_FOUND', 'no such block');
    return found;
  }

  #answer<T>(make: () => T): Promise<T> {
    try {
      if (this.failure !== null) throw this.failure;
      return after({ value: make() });
    } catch (error) {
      return after({ error });
    }
  }
}

export const unreachable = new NetworkError('BITCOIN_UNREACHABLE', 'connection refused');
