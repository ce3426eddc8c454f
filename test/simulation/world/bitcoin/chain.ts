import { reversedHex, sha256d, utf8 } from './hash.ts';
import type { Tx, TxOutput } from './transaction.ts';

export interface Block {
  readonly hash: string;
  readonly previousHash: string | null;
  readonly height: number;
  readonly timeS: number;
  readonly txs: readonly Tx[];
}

export interface Coin extends TxOutput {
  readonly outpoint: string;
  readonly height: number;
  /** Whether its transaction spends a coin of the federation's: then it is change. */
  readonly change: boolean;
  readonly tx: Tx;
}

export interface ChainChange {
  readonly undone: readonly Block[];
  readonly added: readonly Block[];
}

/** The best chain with an index of what it created and spent, and every block that ever was. */
export class BitcoinChain {
  readonly blocks = new Map<string, Block>();
  readonly best: Block[] = [];
  /** Outputs of the best chain, spent ones too. */
  readonly coins = new Map<string, Coin>();
  readonly spends = new Map<string, { readonly tx: Tx; readonly height: number }>();
  readonly confirmed = new Map<string, number>();
  /** Every transaction that was ever in a block, by txid. */
  readonly ever = new Map<string, Tx>();
  readonly #isFederation: (script: string) => boolean;
  #salt = 0;

  constructor(isFederation: (script: string) => boolean, timeS: number) {
    this.#isFederation = isFederation;
    this.extend([], timeS);
  }

  get tip(): Block {
    return this.best.at(-1) as Block;
  }

  /** 1 for the tip's transactions, 0 for what the best chain lacks. */
  confirmations(txid: string): number {
    const height = this.confirmed.get(txid);
    return height === undefined ? 0 : this.tip.height - height + 1;
  }

  /** Confirmations of a transaction in the chain that ends in `tip`. */
  confirmationsAt(txid: string, tip: Block): number {
    for (let block: Block | undefined = tip; block !== undefined; block = this.parentOf(block))
      if (block.txs.some((tx) => tx.txid === txid)) return tip.height - block.height + 1;
    return 0;
  }

  parentOf({ previousHash }: Block): Block | undefined {
    return previousHash === null ? undefined : this.blocks.get(previousHash);
  }

  extend(txs: readonly Tx[], timeS: number): Block {
    const previous = this.best.at(-1);
    const previousHash = previous?.hash ?? null;
    const height = (previous?.height ?? -1) + 1;
    const content = [previousHash, height, timeS, ++this.#salt, ...txs.map(({ txid }) => txid)].join();
    const block: Block = { hash: reversedHex(sha256d(utf8(content))), previousHash, height, timeS, txs };
    this.blocks.set(block.hash, block);
    this.best.push(block);
    for (const tx of txs) this.#connect(tx, height);
    return block;
  }

  /** Takes the newest `depth` blocks off the best chain; the caller extends it beyond their height. */
  undo(depth: number): Block[] {
    const undone: Block[] = [];
    for (let i = 0; i < depth && this.best.length > 1; i++) {
      const block = this.best.pop() as Block;
      undone.push(block);
      for (const tx of block.txs.toReversed()) this.#disconnect(tx);
    }
    return undone;
  }

  /** Whether a coin can be spent by the next block. A user's inputs come from nowhere and are spent once. */
  isSpent(outpoint: string): boolean {
    return this.spends.has(outpoint);
  }

  #connect(tx: Tx, height: number): void {
    this.confirmed.set(tx.txid, height);
    this.ever.set(tx.txid, tx);
    const change = tx.inputs.some(({ outpoint }) => {
      const coin = this.coins.get(outpoint);
      return coin !== undefined && this.#isFederation(coin.script);
    });
    for (const { outpoint } of tx.inputs) this.spends.set(outpoint, { tx, height });
    for (const [vout, output] of tx.outputs.entries()) {
      const outpoint = `${tx.txid}:${vout}`;
      this.coins.set(outpoint, { ...output, outpoint, height, change, tx });
    }
  }

  #disconnect(tx: Tx): void {
    this.confirmed.delete(tx.txid);
    for (const { outpoint } of tx.inputs) this.spends.delete(outpoint);
    for (const vout of tx.outputs.keys()) this.coins.delete(`${tx.txid}:${vout}`);
  }
}
