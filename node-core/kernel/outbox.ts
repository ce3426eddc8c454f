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
  #lastTouched = 0;
  /** The seq before that of the first of these messages. */
  since = 0;
  /** How many effects more the handler may ask for. */
  room = 0;
  /** Whether a message may go straight into its mailbox: nothing has to happen before it. */
  straight = false;
  /** The ids of the actors that are to be spawned. */
  readonly spawning = new Set<number>();
  readonly #most: number;
  readonly #straight: boolean;

  /** @param straight false in a simulation that may crash an actor between any two effects. */
  constructor(most: number, straight: boolean) {
    this.#most = most;
    this.#straight = straight;
  }

  begin(): void {
    this.room = this.#most;
    this.straight = this.#straight;
    this.touchedCount = 0;
    this.#lastTouched = 0;
  }

  push(item: QueuedEnvelope | Effect): void {
    this.room--;
    this.straight = false;
    this.items[this.count++] = item;
  }

  /** Message `seq` goes straight into `cell`'s mailbox; it is taken out again if the handler throws. */
  place(cell: ActorCell, seq: number): void {
    this.room--;
    if (cell.id === this.#lastTouched) return;
    if (this.touchedCount === 0) this.since = seq - 1;
    this.#lastTouched = cell.id;
    this.touched[this.touchedCount++] = cell;
  }

  clear(): void {
    this.count = 0;
    if (this.spawning.size > 0) this.spawning.clear();
  }
}
