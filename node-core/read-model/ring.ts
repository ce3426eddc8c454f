/** The newest `bound` items, in order. Adding is constant time; what falls out is counted. */
export class Ring<T> {
  readonly bound: number;
  readonly #items: T[] = [];
  #first = 0;
  #added = 0;

  constructor(bound: number) {
    this.bound = bound;
  }

  /** How many were ever added. */
  get added(): number {
    return this.#added;
  }

  get length(): number {
    return this.#items.length;
  }

  push(item: T): void {
    this.#added += 1;
    if (this.#items.length < this.bound) {
      this.#items.push(item);
      return;
    }
    this.#items[this.#first] = item;
    this.#first = (this.#first + 1) % this.bound;
  }

  clear(): void {
    this.#items.length = 0;
    this.#first = 0;
    this.#added = 0;
  }

  /** Item `index`, counted from the oldest held. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#items.length) return undefined;
    return this.#items[(this.#first + index) % this.#items.length];
  }

  /** Newest first, at most `limit` that `keep` accepts. */
  newest(limit: number, keep: (item: T) => boolean = () => true): T[] {
    const found: T[] = [];
    for (let index = this.#items.length - 1; index >= 0 && found.length < limit; index--) {
      const item = this.at(index) as T;
      if (keep(item)) found.push(item);
    }
    return found;
  }

  /** Oldest first. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let index = 0; index < this.#items.length; index++) yield this.at(index) as T;
  }
}
