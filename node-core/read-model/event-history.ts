import type { RecordBatch, RecordedLifecycle, RecordedMessage } from '../kernel/record.ts';
import { flowBegunBy } from './conformance.ts';
import { EdgeCounts } from './flow-graph.ts';
import { plain } from './plain.ts';
import { Ring } from './ring.ts';
import type { LogLine, TraceSummary } from './shapes.ts';

/** What is held in memory for the screens; older entries are the store's. */
const BOUNDS = { messages: 50_000, logs: 20_000, changes: 2_000, traces: 1_000 };

export interface TraceQuery {
  /** Part of a correlation id or of the first message's type; empty finds all. */
  readonly search: string;
  /** Only stories of the founding document's flows. */
  readonly foundingOnly: boolean;
  readonly limit: number;
}

/** The tail of one node's event record, as far as the console has read it. */
export class EventHistory {
  readonly messages = new Ring<RecordedMessage>(BOUNDS.messages);
  readonly logs = new Ring<LogLine>(BOUNDS.logs);
  readonly changes = new Ring<RecordedLifecycle>(BOUNDS.changes);
  readonly edges = new EdgeCounts();
  readonly #traces = new Map<string, TraceSummary>();

  append(batch: RecordBatch): void {
    for (const message of batch.messages) {
      this.messages.push(message);
      this.edges.add(message);
      this.#summarise(message);
    }
    for (const change of batch.lifecycle) this.changes.push(change);
    for (const log of batch.logs) {
      this.logs.push({ ...log, fields: plain(log.fields) as LogLine['fields'], line: this.logs.added + 1 });
    }
  }

  /** Stories by their last message, newest first, those that match `search` in id or first type. */
  traces({ search, foundingOnly, limit }: TraceQuery): readonly TraceSummary[] {
    const needle = search.trim().toLowerCase();
    return [...this.#traces.values()]
      .reverse()
      .filter(
        ({ correlationId, firstType, flow }) =>
          (!foundingOnly || flow !== null) && `${correlationId} ${firstType}`.toLowerCase().includes(needle),
      )
      .slice(0, limit);
  }

  #summarise({ correlationId, type, atMs }: RecordedMessage): void {
    const known = this.#traces.get(correlationId);
    // Set anew, so that the map's order is that of the last message.
    this.#traces.delete(correlationId);
    this.#traces.set(correlationId, {
      correlationId,
      firstType: known?.firstType ?? type,
      flow: known?.flow ?? flowBegunBy(type)?.title ?? null,
      firstAtMs: Math.min(known?.firstAtMs ?? atMs, atMs),
      lastAtMs: Math.max(known?.lastAtMs ?? atMs, atMs),
      messages: (known?.messages ?? 0) + 1,
    });
    if (this.#traces.size > BOUNDS.traces) this.#forgetTrace();
  }

  /** The oldest goes first, and what plays no founding flow before what does: a poll must not push a peg out. */
  #forgetTrace(): void {
    let oldest: string | undefined;
    for (const { correlationId, flow } of this.#traces.values()) {
      oldest ??= correlationId;
      if (flow !== null) continue;
      oldest = correlationId;
      break;
    }
    if (oldest !== undefined) this.#traces.delete(oldest);
  }
}
