import type { Names } from './names.ts';

/** The generation of each path, also of paths whose actors are gone: a number is never given twice (INV-26). */
export class Generations {
  readonly #names: Names;
  /** By the path's id: the latest generation, and the message seq at which it began. */
  readonly #latest: number[] = [];
  readonly #beganAt: number[] = [];

  constructor(names: Names) {
    this.#names = names;
  }

  /** The next one of a path, from 1. `seq` is the latest message id. */
  next(pathId: number, seq: number): number {
    const known = this.#names.holdsPath(pathId, this.#beganAt[pathId] ?? -1);
    const generation = known ? (this.#latest[pathId] ?? 0) + 1 : 1;
    this.#latest[pathId] = generation;
    this.#beganAt[pathId] = seq;
    return generation;
  }
}
