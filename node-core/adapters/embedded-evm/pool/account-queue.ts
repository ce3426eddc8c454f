import type { Transaction } from '../transactions.ts';

/** One account's waiting transactions, by nonce. */
export class AccountQueue {
  /** The account's nonce at the head. */
  #nonce: bigint;
  readonly #byNonce = new Map<bigint, Transaction>();

  constructor(nonce: bigint) {
    this.#nonce = nonce;
  }

  get size(): number {
    return this.#byNonce.size;
  }

  get(nonce: bigint): Transaction | undefined {
    return this.#byNonce.get(nonce);
  }

  all(): readonly Transaction[] {
    return [...this.#byNonce.values()];
  }

  put(transaction: Transaction): void {
    this.#byNonce.set(transaction.tx.nonce, transaction);
  }

  delete(nonce: bigint): void {
    this.#byNonce.delete(nonce);
  }

  /** The first nonce from the account's on that no transaction has. */
  nextNonce(): bigint {
    let nonce = this.#nonce;
    while (this.#byNonce.has(nonce)) nonce++;
    return nonce;
  }

  /** Those without a gap before them, in order. */
  pending(): readonly Transaction[] {
    const found: Transaction[] = [];
    for (let nonce = this.#nonce; ; nonce++) {
      const transaction = this.#byNonce.get(nonce);
      if (transaction === undefined) return found;
      found.push(transaction);
    }
  }

  /** The one with the highest nonce. */
  last(): Transaction | undefined {
    let last: Transaction | undefined;
    for (const transaction of this.#byNonce.values()) {
      if (last === undefined || transaction.tx.nonce > last.tx.nonce) last = transaction;
    }
    return last;
  }

  totalCost(): bigint {
    let total = 0n;
    for (const { cost } of this.#byNonce.values()) total += cost;
    return total;
  }

  /** Moves to the account as it is at a new head; returns what can't be included any more or can't be paid. */
  advance(nonce: bigint, balanceWei: bigint): readonly Transaction[] {
    this.#nonce = nonce;
    const dropped = [...this.#byNonce.values()].filter(({ tx, cost }) => tx.nonce < nonce || cost > balanceWei);
    for (const { tx } of dropped) this.#byNonce.delete(tx.nonce);
    return dropped;
  }
}
