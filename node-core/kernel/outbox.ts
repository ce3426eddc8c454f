import type { ActorCell } from './cell.ts';
import type { Effect } from './effects.ts';
import type { QueuedEnvelope } from './queue.ts';

/** What the running handler has asked for so far. It keeps its memory from handler to handler. */
export class Outbox {
  /** Valid up to `count`: what happens when the handler has returned. */
  readonly items: (QueuedEnvelope | Effect)[] = [];
  count = 0;
  /** Valid up to `touchedCount`: actors whose mailboxes hold messages of this handler already. */
  readonly touched: ActorCell[] = [];
  touchedCount = 0;
  /** Messages that are in mailboxes already. */
  placed = 0;
  /** The seq before the handler's first message. */
  since = 0;
  /** The ids of the actors that are to be spawned. */
  readonly spawning = new Set<number>();

  begin(seq: number): void {
    this.since = seq;
    this.placed = 0;
    this.touchedCount = 0;
  }

  push(item: QueuedEnvelope | Effect): void {
    this.items[this.count++] = item;
  }

  /** A message went straight into `cell`'s mailbox; it is taken out again if the handler throws. */
  place(cell: ActorCell): void {
    this.placed++;
    if (this.touchedCount > 0 && this.touched[this.touchedCount - 1] === cell) return;
    this.touched[this.touchedCount++] = cell;
  }

  clear(): void {
    this.count = 0;
    if (this.spawning.size > 0) this.spawning.clear();
  }
}
