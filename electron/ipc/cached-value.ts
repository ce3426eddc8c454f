/** A value that takes a while to get: the last one known, asked for anew when it is old. */
export class CachedValue<T> {
  readonly #load: () => Promise<T>;
  readonly #maxAgeMs: number;
  #value: T | undefined;
  #loadedAtMs = Number.NEGATIVE_INFINITY;
  #loading = false;

  constructor(maxAgeMs: number, load: () => Promise<T>) {
    this.#maxAgeMs = maxAgeMs;
    this.#load = load;
  }

  /** Undefined until it was got once; a failed attempt keeps the last value. */
  get(nowMs: number): T | undefined {
    if (!this.#loading && nowMs - this.#loadedAtMs >= this.#maxAgeMs) {
      this.#loading = true;
      this.#load()
        .then(
          (value) => (this.#value = value),
          () => undefined,
        )
        .finally(() => {
          this.#loading = false;
          this.#loadedAtMs = nowMs;
        });
    }
    return this.#value;
  }

  /** The next `get` asks anew. */
  expire(): void {
    this.#loadedAtMs = Number.NEGATIVE_INFINITY;
  }
}
