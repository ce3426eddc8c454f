import { assert } from '../../../primitives/assert.ts';
import { type Outpoint, type Txid, outpoint } from '../../../primitives/ids.ts';
import { isUnspendable } from '../script/standard.ts';
import type { Tx, TxOutput } from '../transaction.ts';

/** An unspent output and where it comes from. */
export interface Coin {
  readonly output: TxOutput;
  readonly height: number;
  readonly isCoinbase: boolean;
}

export type CoinLookup = (at: Outpoint) => Coin | undefined;

/** The outputs of a transaction that can be spent, as coins of a block at `height`. */
export function* coinsOf(tx: Tx, height: number): Generator<readonly [Outpoint, Coin]> {
  for (const [vout, output] of tx.outputs.entries()) {
    if (isUnspendable(output.script)) continue;
    yield [outpoint(tx.txid, vout), { output, height, isCoinbase: tx.isCoinbase }];
  }
}

/** Every unspent output of the active chain. */
export class CoinSet {
  private readonly coins = new Map<Outpoint, Coin>();

  get size(): number {
    return this.coins.size;
  }

  readonly get: CoinLookup = (at) => this.coins.get(at);

  entries(): IterableIterator<[Outpoint, Coin]> {
    return this.coins.entries();
  }

  /** Whether any output of the transaction is unspent. */
  hasOutputOf(id: Txid, outputs: number): boolean {
    for (let vout = 0; vout < outputs; vout++) if (this.coins.has(outpoint(id, vout))) return true;
    return false;
  }

  /** Takes what the transaction spends, adds what it makes. @returns the coins it spent, in the order of its inputs. */
  apply(tx: Tx, height: number): readonly Coin[] {
    const spent: Coin[] = [];
    if (!tx.isCoinbase) {
      for (const input of tx.inputs) {
        const coin = this.coins.get(input.outpoint);
        assert(coin !== undefined, 'a transaction is applied only after its inputs were found');
        this.coins.delete(input.outpoint);
        spent.push(coin);
      }
    }
    for (const [at, coin] of coinsOf(tx, height)) this.coins.set(at, coin);
    return spent;
  }

  /** Undoes `apply`, of the latest transactions first. */
  revert(tx: Tx, height: number, spent: readonly Coin[]): void {
    for (const [at] of coinsOf(tx, height)) this.coins.delete(at);
    for (const [index, coin] of spent.entries()) {
      const input = tx.inputs[index];
      assert(input !== undefined, 'there is a spent coin for each input');
      this.coins.set(input.outpoint, coin);
    }
  }
}
