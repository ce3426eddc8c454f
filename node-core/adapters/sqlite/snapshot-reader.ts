import type { Database } from 'better-sqlite3';
import { LogicError } from '../../primitives/errors.ts';
import { writeBackup } from './backup.ts';
import { errorToWire, toStoreError } from './errors.ts';
import { createReads } from './reads.ts';
import type { ReaderRequests, ThreadReply, ThreadRequest } from './thread-protocol.ts';

type Reading = Readonly<Record<string, (argument: unknown) => unknown>>;

/** Answers reads, each from one consistent snapshot of what is committed. */
export class SnapshotReader {
  readonly #db: Database;
  readonly #reads: Reading;

  constructor(db: Database) {
    this.#db = db;
    const requests: ReaderRequests = { ...createReads(db), backup: (path) => writeBackup(db, path) };
    this.#reads = requests as unknown as Reading;
  }

  run(requests: readonly ThreadRequest[]): readonly ThreadReply[] {
    return requests.map((request) => this.#answer(request));
  }

  #answer({ id, name, argument }: ThreadRequest): ThreadReply {
    try {
      const read = Object.hasOwn(this.#reads, name) ? this.#reads[name] : undefined;
      if (read === undefined) throw new LogicError('STORE_INTERNAL', `the store has no request ${name}`);
      // VACUUM, by which a backup is written, takes its own snapshot and refuses to run inside a transaction.
      return {
        id,
        ok: true,
        value: name === 'backup' ? read(argument) : this.#db.transaction(() => read(argument)).deferred(),
      };
    } catch (error) {
      return { id, ok: false, error: errorToWire(toStoreError(error)) };
    }
  }
}
