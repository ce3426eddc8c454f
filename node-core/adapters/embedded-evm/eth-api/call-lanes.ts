import type { EthAsker } from '../../../ports/eth-api.ts';
import type { CallExecutor } from '../call-executor.ts';
import { OutOfTime } from '../pacer.ts';
import { FairQueue, UsedTime } from './fair-queue.ts';

/** Calls that may wait in a lane: more than there are connections, so that each has a place. */
const MAX_WAITING = 1024;
/** Times in which nearly all calls of honest wallets end: what needs the second lets the first tries of others go before. */
const QUICK_TRIES_MS = [20, 100];

/** An executor of its own for each lane: what is quick runs beside what takes long, in the event loop's turns. */
export interface CallExecutors {
  readonly quick: CallExecutor;
  readonly patient: CallExecutor;
}

interface Lane {
  readonly queue: FairQueue;
  readonly executor: CallExecutor;
}

/** Calls of one request, on the executor that is theirs until the deadline. */
export type CallWork<T> = (executor: CallExecutor, deadlineMs: number) => Promise<T>;

/** Tries every request out for short times, and lets those that need more wait for each other: no call holds up the rest. */
export class CallLanes {
  readonly #quick: Lane;
  readonly #patient: Lane;
  readonly #clock: () => number;

  constructor({ quick, patient }: CallExecutors, clock: () => number) {
    const used = new UsedTime(clock);
    this.#clock = clock;
    this.#quick = { queue: new FairQueue(MAX_WAITING, used), executor: quick };
    this.#patient = { queue: new FairQueue(MAX_WAITING, used), executor: patient };
  }

  /** @throws OutOfTime when the work takes longer than `timeMs`, or its asker is gone. */
  async run<T>(asker: EthAsker, timeMs: number, work: CallWork<T>): Promise<T> {
    for (const quickMs of QUICK_TRIES_MS.filter((each) => each < timeMs)) {
      try {
        return await this.#runIn(this.#quick, asker, quickMs, work);
      } catch (error) {
        if (!(error instanceof OutOfTime) || asker.signal.aborted) throw error;
      }
    }
    return this.#runIn(this.#patient, asker, timeMs, work);
  }

  #runIn<T>({ queue, executor }: Lane, asker: EthAsker, timeMs: number, work: CallWork<T>): Promise<T> {
    return queue.run(asker, () => work(executor, this.#clock() + timeMs));
  }
}
