/**
 * What a simulated port returns where the end of a call depends on somebody else. It has a promise's `then`, calls back at
 * once and without a microtask, and ends once.
 */
export class Later<T> {
  #ended = false;
  #ok: ((value: T) => void) | null = null;
  #failed: ((error: unknown) => void) | null = null;

  then(ok: (value: T) => void, failed: (error: unknown) => void): void {
    this.#ok = ok;
    this.#failed = failed;
  }

  succeed(value: T): void {
    if (this.#end()) this.#ok?.(value);
  }

  fail(error: unknown): void {
    if (this.#end()) this.#failed?.(error);
  }

  #end(): boolean {
    const first = !this.#ended;
    this.#ended = true;
    return first;
  }
}
