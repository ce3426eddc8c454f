import { NetworkError } from '../../primitives/errors.ts';

interface Pending {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: NetworkError) => void;
  readonly timer: NodeJS.Timeout;
}

/** Requests of peers that wait for this node's actors: bounded in number and time. */
export interface Answers {
  /** Hands `announce` a new id, and waits for its answer. Errors: NetworkError `PEER_TIMEOUT`. */
  wait<T>(announce: (requestId: number) => void): Promise<T>;
  /** @throws NetworkError `PEER_TIMEOUT` when nobody waits under the id any more. */
  settle(requestId: number, answer: unknown): void;
  stop(): void;
}

export function createAnswers(most: number, timeoutMs: number): Answers {
  const pending = new Map<number, Pending>();
  let lastId = 0;

  const take = (requestId: number): Pending | undefined => {
    const waiting = pending.get(requestId);
    if (waiting !== undefined) clearTimeout(waiting.timer);
    pending.delete(requestId);
    return waiting;
  };
  const giveUp = (requestId: number, reason: string): void =>
    take(requestId)?.reject(new NetworkError('PEER_TIMEOUT', reason));

  return {
    async wait(announce) {
      if (pending.size >= most) throw new NetworkError('PEER_TIMEOUT', `${most} requests wait already`);
      const requestId = ++lastId;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => giveUp(requestId, `no answer in ${timeoutMs} ms`), timeoutMs);
        timer.unref();
        pending.set(requestId, { resolve, reject, timer });
        announce(requestId);
      });
    },
    settle(requestId, answer) {
      const waiting = take(requestId);
      if (waiting === undefined) throw new NetworkError('PEER_TIMEOUT', `request ${requestId} waits no longer`);
      waiting.resolve(answer as never);
    },
    stop() {
      for (const requestId of [...pending.keys()]) giveUp(requestId, 'the network stops');
    },
  };
}
