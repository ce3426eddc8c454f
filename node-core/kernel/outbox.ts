import type { Effect } from './effects.ts';
import type { QueuedEnvelope } from './queue.ts';

/** What the running handler has asked for so far. It keeps its memory from handler to handler. */
export class Outbox {
  /** Valid up to `count`: what happens when the handler has returned. */
  readonly items: (QueuedEnvelope | Effect)[] = [];
  count = 0;
  /** The seq of the newest message before this handler's. */
  since = 0;
  /** How many effects more the handler may ask for. */
  room = 0;
  /** Whether a message may go straight into its mailbox: nothing has to happen before it. */
  straight = false;
  /** The ids of the actors that are to be spawned: theirs as those of living ones, whatever is named meanwhile. */
  readonly spawning = new Set<number>();
  readonly #most: number;
  readonly #straight: boolean;

  /** @param straight false in a simulation that may crash an actor between any two effects. */
  constructor(most: number, straight: boolean) {
    this.#most = most;
    this.#straight = straight;
  }

  /** @param seq of the newest message so far. */
  begin(seq: number): void {
    this.since = seq;
    this.room = this.#most;
    this.straight = this.#straight;
  }

  push(item: QueuedEnvelope | Effect): void {
    this.room--;
    this.straight = false;
    this.items[this.count++] = item;
  }

  clear(): void {
    this.count = 0;
    if (this.spawning.size > 0) this.spawning.clear();
  }
}
