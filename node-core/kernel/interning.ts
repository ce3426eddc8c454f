/** The name of an id whose name the bounded table has given up since. */
export const FORGOTTEN = '(forgotten)';

/**
 * A bounded table of names and their dense ids, from 1. When it is full, the oldest name that isn't pinned makes room;
 * what was recorded under it before then reads as `FORGOTTEN`, never as the new name.
 */
export class InternTable {
  readonly #ids = new Map<string, number>();
  readonly #names: string[] = [''];
  /** The message seq from which an id means its present name. */
  readonly #since: number[] = [0];
  readonly #capacity: number;
  readonly #pinned: (id: number) => boolean;
  #hand = 0;

  constructor(capacity: number, pinned: (id: number) => boolean = () => false) {
    this.#capacity = capacity;
    this.#pinned = pinned;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** The id of `name`, made if it has none. `seq` is the latest message id. 0 when every name of a full table is pinned. */
  intern(name: string, seq: number): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#names.length <= this.#capacity ? this.#names.length : this.#evict();
    if (id === 0) return 0;
    this.#names[id] = name;
    this.#since[id] = seq;
    this.#ids.set(name, id);
    return id;
  }

  find(name: string): number | undefined {
    return this.#ids.get(name);
  }

  /** What `id` meant when message `seq` was written. */
  nameAt(id: number, seq: number): string {
    return this.holds(id, seq) ? (this.#names[id] ?? FORGOTTEN) : FORGOTTEN;
  }

  /** Whether `id` still means what it meant at `seq`. */
  holds(id: number, seq: number): boolean {
    return (this.#since[id] ?? Infinity) <= seq;
  }

  #evict(): number {
    for (let tries = 0; tries < this.#capacity; tries++) {
      this.#hand = (this.#hand % this.#capacity) + 1;
      if (this.#pinned(this.#hand)) continue;
      this.#ids.delete(this.#names[this.#hand] ?? '');
      return this.#hand;
    }
    return 0;
  }
}
