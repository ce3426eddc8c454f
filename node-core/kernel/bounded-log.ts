/** The newest `capacity` values of a stream, each with its position from 0. */
export class BoundedLog<T> {
  readonly #items: T[] = [];
  readonly #capacity: number;
  #written = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The position after the newest value. */
  get written(): number {
    return this.#written;
  }

  /** The position of the oldest value still held. */
  get oldest(): number {
    return Math.max(0, this.#written - this.#capacity);
  }

  push(item: T): void {
    this.#items[this.#written % this.#capacity] = item;
    this.#written++;
  }

  /** The values from position `from` up to `to`, of those still held. */
  slice(from: number, to: number): T[] {
    const values: T[] = [];
    for (let position = Math.max(from, this.oldest); position < Math.min(to, this.#written); position++) {
      values.push(this.#items[position % this.#capacity] as T);
    }
    return values;
  }
}
