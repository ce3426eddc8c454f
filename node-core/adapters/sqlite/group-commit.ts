import type { Database, Statement } from 'better-sqlite3';
import { type AlysError, LogicError, ServiceError } from '../../primitives/errors.ts';
import { errorToWire, isFatal, toStoreError } from './errors.ts';
import { type GuardTable, createGuardTable } from './guard-table.ts';
import type { LogSync } from './log-sync.ts';
import type { ThreadReply, ThreadRequest } from './thread-protocol.ts';
import { type Writes, createWrites } from './writes.ts';

type Handler = (argument: unknown) => unknown;
type Handlers = Readonly<Record<string, Handler>>;

/**
 * Answers batches of requests, each batch in one transaction and one sync to disk. A request that fails is rolled back
 * alone, to its savepoint. Guard requests don't share: each is a transaction of its own (INV-12), before the others.
 * After a failed sync or found damage everything is refused: what is on disk is unknown then, and a second try could
 * wrongly succeed.
 */
export class GroupCommit {
  readonly #db: Database;
  readonly #log: Pick<LogSync, 'sync'>;
  readonly #shared: Handlers;
  readonly #solo: Handlers;
  readonly #savepoint: Statement;
  readonly #release: Statement;
  readonly #rollback: Statement;
  #fatal: AlysError | null = null;

  constructor(db: Database, log: Pick<LogSync, 'sync'>) {
    this.#db = db;
    this.#log = log;
    this.#savepoint = db.prepare('SAVEPOINT request');
    this.#release = db.prepare('RELEASE request');
    this.#rollback = db.prepare('ROLLBACK TO request');
    this.#shared = createWrites(db) satisfies Writes as unknown as Handlers;
    this.#solo = createGuardTable(db) satisfies GuardTable as unknown as Handlers;
  }

  /** One reply for each request. All effects of the replies that say ok are on disk when this returns. */
  run(requests: readonly ThreadRequest[]): readonly ThreadReply[] {
    const solo = requests.filter(({ name }) => Object.hasOwn(this.#solo, name));
    const shared = requests.filter(({ name }) => !Object.hasOwn(this.#solo, name));
    return [...solo.flatMap((request) => this.#commit([request], this.#solo)), ...this.#commit(shared, this.#shared)];
  }

  #commit(requests: readonly ThreadRequest[], handlers: Handlers): readonly ThreadReply[] {
    if (requests.length === 0) return [];
    if (this.#fatal !== null) return requests.map(({ id }) => failed(id, this.#fatal as AlysError));
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      const replies = requests.map((request) => this.#perform(request, handlers));
      this.#db.exec('COMMIT');
      this.#log.sync();
      return replies;
    } catch (thrown) {
      const error = toStoreError(thrown);
      if (isFatal(error)) this.#fatal = error;
      else if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      return requests.map(({ id }) => failed(id, error));
    }
  }

  #perform({ id, name, argument }: ThreadRequest, handlers: Handlers): ThreadReply {
    const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    if (handler === undefined) return failed(id, new LogicError('STORE_INTERNAL', `the store has no request ${name}`));
    this.#savepoint.run();
    try {
      const value = handler(argument);
      this.#release.run();
      return { id, ok: true, value };
    } catch (thrown) {
      const error = toStoreError(thrown);
      // SQLite itself rolls the whole transaction back at some errors: then the neighbours' work is gone as well.
      if (isFatal(error) || error.code === 'STORE_FULL') throw error;
      if (!this.#db.inTransaction) throw new ServiceError('STORE_BUSY', `the store gave up a batch: ${error.message}`);
      this.#rollback.run();
      this.#release.run();
      return failed(id, error);
    }
  }
}

const failed = (id: number, error: AlysError): ThreadReply => ({ id, ok: false, error: errorToWire(error) });
