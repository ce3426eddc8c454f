import type { EthApiPort } from '../../ports/eth-api.ts';
import type { Hex } from '../../primitives/hex.ts';

/** Heads remembered to find where a new one leaves the old chain. */
const REMEMBERED = 128;
/** What a block has beyond its header. */
const BODY_FIELDS = ['transactions', 'uncles', 'size', 'totalDifficulty', 'withdrawals'];

export interface HeadBlock {
  readonly hash: Hex;
  readonly parentHash: Hex;
  readonly header: Readonly<Record<string, unknown>>;
}

/** Blocks that left the chain, last first, and blocks that joined it, first first. */
export interface ChainChange {
  readonly removed: readonly HeadBlock[];
  readonly added: readonly HeadBlock[];
}

/** Turns new heads into the blocks that left and joined the chain, in order, while somebody listens. */
export class HeadFeed {
  readonly #api: EthApiPort;
  readonly #listeners = new Set<(change: ChainChange) => void>();
  /** The newest blocks of the chain, oldest first. */
  #chain: HeadBlock[] = [];
  #stop: (() => void) | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(api: EthApiPort) {
    this.#api = api;
  }

  /** Returns the function that ends it. Resolves once everything from now on will be told. */
  async listen(listener: (change: ChainChange) => void): Promise<() => void> {
    if (this.#stop === null) {
      this.#stop = this.#api.onHead((hash) => {
        // A block that can't be read is told with the next head, whose ancestors are looked for.
        this.#work = this.#work.then(() => this.#follow(hash)).catch(() => undefined);
      });
      const head = await this.#read('eth_getBlockByNumber', 'latest');
      this.#chain = head === null ? [] : [head];
    }
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = null;
    };
  }

  /** Resolves when all heads up to now are told. */
  settled(): Promise<void> {
    return this.#work;
  }

  async #read(method: string, id: string): Promise<HeadBlock | null> {
    const block = (await this.#api.request(method, [id, false])) as Readonly<Record<string, unknown>> | null;
    if (block === null) return null;
    const header = Object.fromEntries(Object.entries(block).filter(([name]) => !BODY_FIELDS.includes(name)));
    return { hash: block['hash'] as Hex, parentHash: block['parentHash'] as Hex, header };
  }

  async #follow(head: Hex): Promise<void> {
    const added: HeadBlock[] = [];
    let hash = head;
    while (!this.#chain.some((block) => block.hash === hash) && added.length < REMEMBERED) {
      const block = await this.#read('eth_getBlockByHash', hash);
      if (block === null) break;
      added.unshift(block);
      hash = block.parentHash;
    }
    const fork = this.#chain.findIndex((block) => block.hash === hash);
    const removed = fork === -1 ? [] : this.#chain.slice(fork + 1).reverse();
    this.#chain = [...this.#chain.slice(0, fork + 1), ...added].slice(-REMEMBERED);
    if (removed.length + added.length === 0) return;
    for (const listener of this.#listeners) listener({ removed, added });
  }
}
