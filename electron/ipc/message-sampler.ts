import type { RecordedMessage } from '../../node-core/index.ts';
import type { MessageBatch } from '../contract/models.ts';
import type { TopicParams } from '../contract/topics.ts';

/** At most so many messages of a batch are drawn one by one: about what an eye can follow at ten batches a second. */
const SHOWN_PER_BATCH = 40;

export type MessageFilter = TopicParams<'messages'>;

/** Whether a filter's words occur in a message; empty words accept all. */
export function matchesFilter(filter: MessageFilter): (message: RecordedMessage) => boolean {
  const actor = filter.actor.toLowerCase();
  const type = filter.type.toLowerCase();
  const id = filter.correlationId.toLowerCase();
  return (message) =>
    (actor === '' || message.from.toLowerCase().includes(actor) || message.to.toLowerCase().includes(actor)) &&
    (type === '' || message.type.toLowerCase().includes(type)) &&
    (id === '' || message.correlationId.toLowerCase().includes(id));
}

/** Chooses which messages one window draws, and counts every other. */
export class MessageSampler {
  readonly #matches: (message: RecordedMessage) => boolean;
  #sample: RecordedMessage[] = [];
  #matching = 0;
  #received = 0;
  #shown = 0;
  #dropped = 0;

  constructor(filter: MessageFilter) {
    this.#matches = matchesFilter(filter);
  }

  /** `missed` entries were overwritten in the record before the console read them. */
  add(messages: readonly RecordedMessage[], missed: number): void {
    this.#received += messages.length + missed;
    this.#dropped += missed;
    for (const message of messages) {
      if (!this.#matches(message)) continue;
      this.#matching += 1;
      // Every message of a batch has the same chance to be drawn, however many there are: reservoir by stride.
      if (this.#sample.length < SHOWN_PER_BATCH) this.#sample.push(message);
      else if (this.#matching % Math.ceil(this.#matching / SHOWN_PER_BATCH) === 0) {
        this.#sample[this.#matching % SHOWN_PER_BATCH] = message;
      }
    }
  }

  /** The batch since the last call. */
  take(): MessageBatch {
    const sample = this.#sample.toSorted((a, b) => a.seq - b.seq);
    this.#sample = [];
    this.#matching = 0;
    this.#shown += sample.length;
    return {
      sample: sample.map(({ seq, atMs, from, to, type, outcome }) => ({
        seq,
        atMs,
        from,
        to,
        type,
        failed: outcome !== 'handled' && outcome !== 'sent',
      })),
      counters: {
        received: this.#received,
        shown: this.#shown,
        aggregated: this.#received - this.#shown - this.#dropped,
        dropped: this.#dropped,
      },
    };
  }
}
