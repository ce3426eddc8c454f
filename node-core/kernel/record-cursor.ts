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
    core.clock.closeSlice();
    this.#message = from === 'now' ? core.record.written : core.record.oldest;
    this.#lifecycle = from === 'now' ? core.lifecycle.written : core.lifecycle.oldest;
    this.#log = from === 'now' ? core.logs.written : core.logs.oldest;
  }

  read(maxMessages: number): RecordBatch {
    const { clock, record, lifecycle, logs } = this.#core;
    clock.closeSlice();
    if (this.#closed) return { messages: [], lifecycle: [], logs: [], missed: 0, missedLifecycle: 0, missedLogs: 0 };
    const behind = (position: number, oldest: number): number => Math.max(0, oldest - position);
    const missed = behind(this.#message, record.oldest);
    const missedLifecycle = behind(this.#lifecycle, lifecycle.oldest);
    const missedLogs = behind(this.#log, logs.oldest);
    const messages: RecordedMessage[] = [];
    this.#message += missed;
    const end = Math.min(record.written, this.#message + maxMessages);
    for (; this.#message < end; this.#message++) messages.push(this.#core.message(this.#message));
    const changes: RecordedLifecycle[] = lifecycle.slice(this.#lifecycle + missedLifecycle, lifecycle.written);
    const lines: RecordedLog[] = logs.slice(this.#log + missedLogs, logs.written);
    this.#lifecycle = lifecycle.written;
    this.#log = logs.written;
    return { messages, lifecycle: changes, logs: lines, missed, missedLifecycle, missedLogs };
  }

  close(): void {
    this.#closed = true;
  }
}
