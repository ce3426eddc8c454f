import type { EthAsker } from '../../ports/eth-api.ts';
import { rpcError } from './errors.ts';

/** A body that is being answered: until its time is over or its client is gone. */
export interface OpenBody {
  readonly asker: EthAsker;
  /** Rejects when nobody waits for the rest any longer. */
  readonly late: Promise<never>;
  end(): void;
}

/** One connection of a client. */
export class Client {
  /** Requests in work. */
  inWork = 0;
  readonly #gone = new AbortController();
  readonly #bodies = new Set<AbortController>();

  /** Asks for as long as the connection stands. */
  readonly asker: EthAsker = { client: this, signal: this.#gone.signal };

  open(timeMs: number): OpenBody {
    const body = new AbortController();
    const { signal } = body;
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(rpcError('timeout', 'request timed out'));
      });
    });
    // Who waits for nothing at this moment needs not be told.
    late.catch(() => undefined);
    const timer = setTimeout(() => {
      body.abort();
    }, timeMs);
    this.#bodies.add(body);
    return {
      asker: { client: this, signal },
      late,
      end: () => {
        clearTimeout(timer);
        this.#bodies.delete(body);
      },
    };
  }

  /** Its connection is closed: what it asked for is dropped. */
  leave(): void {
    this.#gone.abort();
    for (const body of this.#bodies) body.abort();
  }
}
