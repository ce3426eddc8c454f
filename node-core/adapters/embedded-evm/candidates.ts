import { type Transaction, effectiveTip } from './transactions.ts';

interface Line {
  readonly transactions: readonly Transaction[];
  at: number;
  tip: bigint;
}

/**
 * Hands out an account's transactions in nonce order and among accounts the one that pays the proposer most, as a heap
 * of the accounts' next ones.
 */
export class Candidates {
  readonly #heap: Line[] = [];
  readonly #baseFeeWei: bigint;

  constructor(accounts: Iterable<readonly Transaction[]>, baseFeeWei: bigint) {
    this.#baseFeeWei = baseFeeWei;
    for (const transactions of accounts) {
      const first = transactions[0];
      if (first === undefined) continue;
      const tip = effectiveTip(first, baseFeeWei);
      if (tip >= 0n) this.#push({ transactions, at: 0, tip });
    }
  }

  /** The best transaction left. */
  peek(): Transaction | undefined {
    const line = this.#heap[0];
    return line?.transactions[line.at];
  }

  /** The best one is in the block: its account's next one takes its place. */
  accepted(): void {
    const line = this.#heap[0] as Line;
    const next = line.transactions[++line.at];
    const tip = next === undefined ? -1n : effectiveTip(next, this.#baseFeeWei);
    if (tip < 0n) {
      this.passed();
      return;
    }
    line.tip = tip;
    this.#sink(0);
  }

  /** The best one can't be in this block, and so none of its account's later ones. */
  passed(): void {
    const last = this.#heap.pop() as Line;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #push(line: Line): void {
    let at = this.#heap.push(line) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.#heap[parent] as Line).tip >= line.tip) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    let at = from;
    for (;;) {
      let best = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        const line = this.#heap[child];
        if (line !== undefined && line.tip > (this.#heap[best] as Line).tip) best = child;
      }
      if (best === at) return;
      this.#swap(at, best);
      at = best;
    }
  }

  #swap(a: number, b: number): void {
    const line = this.#heap[a] as Line;
    this.#heap[a] = this.#heap[b] as Line;
    this.#heap[b] = line;
  }
}
