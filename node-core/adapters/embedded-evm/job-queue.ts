import { ServiceError } from '../../primitives/errors.ts';

/** Runs jobs one after the other in the order they came. */
export class JobQueue {
  readonly #limit: number;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws ServiceError `ENGINE_BUSY` when as many jobs wait as may. */
  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#limit) {
      throw new ServiceError('ENGINE_BUSY', 'too many jobs wait for the execution engine', { waiting: this.#waiting });
    }
    this.#waiting++;
    const done = this.#last.then(job).finally(() => this.#waiting--);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
