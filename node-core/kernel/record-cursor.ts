import type { Core } from './core.ts';
import type { RecordBatch, RecordReader, RecordedLifecycle, RecordedLog, RecordedMessage } from './record.ts';

/** A reader's positions in the record, the lifecycle log and the log lines. */
export class RecordCursor implements RecordReader {
  readonly #core: Core;
  #message: number;
  #lifecycle: number;
  #log: number;
  #closed = false;

  constructor(core: Core, from: 'now' | 'oldest') {
    this.#core = core;
    this.#message = from === 'now' ? core.record.written : core.record.oldest;
    this.#lifecycle = from === 'now' ? core.lifecycle.written : core.lifecycle.oldest;
    this.#log = from === 'now' ? core.logs.written : core.logs.oldest;
  }

  read(maxMessages: number): RecordBatch {
    const messages: RecordedMessage[] = [];
    if (this.#closed) return { messages, lifecycle: [], logs: [], missed: 0 };
    const { record, lifecycle, logs } = this.#core;
    let missed = 0;
    const skip = (position: number, oldest: number): number => {
      missed += Math.max(0, oldest - position);
      return Math.max(position, oldest);
    };
    this.#message = skip(this.#message, record.oldest);
    const end = Math.min(record.written, this.#message + maxMessages);
    for (; this.#message < end; this.#message++) messages.push(this.#core.message(this.#message));
    const changes: RecordedLifecycle[] = lifecycle.slice(skip(this.#lifecycle, lifecycle.oldest), lifecycle.written);
    const lines: RecordedLog[] = logs.slice(skip(this.#log, logs.oldest), logs.written);
    this.#lifecycle = lifecycle.written;
    this.#log = logs.written;
    return { messages, lifecycle: changes, logs: lines, missed };
  }

  close(): void {
    this.#closed = true;
  }
}
