import type { Effect } from './effects.ts';
import type { QueuedEnvelope } from './queue.ts';

/** What the running handler has asked for so far. It keeps its memory from handler to handler. */
export class Outbox {
  /** Valid up to `count`. */
  readonly items: (QueuedEnvelope | Effect)[] = [];
  count = 0;
  /** The ids of the actors that are to be spawned. */
  readonly spawning = new Set<number>();

  push(item: QueuedEnvelope | Effect): void {
    this.items[this.count++] = item;
  }

  clear(): void {
    this.count = 0;
    if (this.spawning.size > 0) this.spawning.clear();
  }
}
