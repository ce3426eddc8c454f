import type { OperationRecord, StorePort } from '../../../node-core/ports/store.ts';
import { after } from './fake-bitcoin.ts';

/** What of the store the bridge and the stream use, in memory: it outlives the systems that write to it. */
export class MemoryStore {
  readonly operations = new Map<string, OperationRecord>();
  readonly values = new Map<string, string>();
  writes = 0;
  /** What every write throws, when set. */
  failure: Error | null = null;

  readonly port = {
    persistOperations: (records) => this.#write(() => this.#keep(records)),
    persistScan: ({ operations, values }) =>
      this.#write(() => {
        this.#keep(operations);
        for (const [key, value] of values) this.values.set(key, value);
      }),
    putValue: (key, value) =>
      this.#write(() => {
        if (value === null) this.values.delete(key);
        else this.values.set(key, value);
      }),
    getValue: (key) => after({ value: this.values.get(key) ?? null }),
    loadOperations: ({ terminal, limit }) =>
      after({
        value: [...this.operations.values()]
          .filter((record) => terminal === undefined || record.terminal === terminal)
          .sort((a, b) => b.createdAtMs - a.createdAtMs)
          .slice(0, limit),
      }),
  } satisfies Partial<StorePort>;

  #keep(records: readonly OperationRecord[]): void {
    for (const record of records) this.operations.set(record.id, record);
  }

  #write(write: () => void): Promise<void> {
    if (this.failure !== null) return after({ error: this.failure });
    this.writes++;
    write();
    return after({ value: undefined });
  }
}
