/** The newest things that happened, by their places from 0 on: whoever remembers a place can ask what came since. */
export class Journal<T> {
  readonly #limit: number;
  #items: T[] = [];
  #end = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The place of what comes next. */
  get end(): number {
    return this.#end;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#end++;
    if (this.#items.length >= 2 * this.#limit) this.#items = this.#items.slice(-this.#limit);
  }

  /** In order; what is older than the limit is left out. */
  since(place: number): readonly T[] {
    const wanted = Math.min(this.#end - place, this.#items.length, this.#limit);
    return wanted === 0 ? [] : this.#items.slice(-wanted);
  }
}
