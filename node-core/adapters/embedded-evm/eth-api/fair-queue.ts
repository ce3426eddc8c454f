import type { EthAsker } from '../../../ports/eth-api.ts';
import { ServiceError } from '../../../primitives/errors.ts';
import { OutOfTime } from '../pacer.ts';

/** In this time half of what a client used is forgotten. */
const HALF_LIFE_MS = 30_000;

/** How long the jobs of each client ran lately. */
export class UsedTime {
  readonly #clock: () => number;
  readonly #used = new WeakMap<object, { readonly ms: number; readonly atMs: number }>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  of(client: object): number {
    const used = this.#used.get(client);
    return used === undefined ? 0 : used.ms * 2 ** ((used.atMs - this.#clock()) / HALF_LIFE_MS);
  }

  /** Counts the time of a job. */
  async measure<T>(client: object, job: () => Promise<T>): Promise<T> {
    const startMs = this.#clock();
    try {
      return await job();
    } finally {
      const atMs = this.#clock();
      this.#used.set(client, { ms: this.of(client) + atMs - startMs, atMs });
    }
  }
}

interface Waiting {
  readonly client: object;
  readonly start: () => Promise<void>;
  readonly refuse: (error: Error) => void;
}

/**
 * Runs one job at a time, first those of the client that used the least time: who asks for much waits for itself. A job
 * whose asker no longer waits for it is dropped.
 */
export class FairQueue {
  readonly #limit: number;
  readonly #used: UsedTime;
  /** In the order they came. */
  readonly #waiting = new Set<Waiting>();
  #isRunning = false;

  constructor(limit: number, used: UsedTime) {
    this.#limit = limit;
    this.#used = used;
  }

  /**
   * @throws ServiceError `ENGINE_BUSY` when as many jobs wait as may, and none of a client with more of them.
   * @throws OutOfTime when the asker is gone before the job began.
   */
  async run<T>({ client, signal }: EthAsker, job: () => Promise<T>): Promise<T> {
    if (signal.aborted) throw new OutOfTime();
    this.#makeRoom(client);
    return new Promise((resolve, reject) => {
      const drop = (): void => {
        if (this.#waiting.delete(waiting)) reject(new OutOfTime());
      };
      const waiting: Waiting = {
        client,
        start: async () => {
          signal.removeEventListener('abort', drop);
          await this.#used.measure(client, job).then(resolve, reject);
        },
        refuse: (error) => {
          signal.removeEventListener('abort', drop);
          reject(error);
        },
      };
      signal.addEventListener('abort', drop);
      this.#waiting.add(waiting);
      void this.#work();
    });
  }

  /** A full queue gives a place of the client that has the most of them to one that has fewer. */
  #makeRoom(client: object): void {
    if (this.#waiting.size < this.#limit) return;
    const counts = new Map<object, number>();
    for (const waiting of this.#waiting) counts.set(waiting.client, (counts.get(waiting.client) ?? 0) + 1);
    const [greediest, most] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
    const busy = new ServiceError('ENGINE_BUSY', 'too many calls wait', { waiting: this.#waiting.size });
    if (most <= (counts.get(client) ?? 0) + 1) throw busy;
    const newest = [...this.#waiting].findLast((waiting) => waiting.client === greediest) as Waiting;
    this.#waiting.delete(newest);
    newest.refuse(busy);
  }

  async #work(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#waiting.delete(next);
      await next.start();
    }
    this.#isRunning = false;
  }

  #next(): Waiting | undefined {
    let next: Waiting | undefined;
    let least = Infinity;
    for (const waiting of this.#waiting) {
      const used = this.#used.of(waiting.client);
      if (used >= least) continue;
      least = used;
      next = waiting;
    }
    return next;
  }
}
