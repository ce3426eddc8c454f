import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { workerData } from 'node:worker_threads';
import BetterSqlite3 from 'better-sqlite3';

/**
 * The store's thread over a disk that fails on demand: a file `fail-sync` in the folder makes every commit fail as a
 * failed fsync does, a file `fill-disk` leaves no free page.
 */
const folder = dirname((workerData as { readonly file: string }).file);
const exec = BetterSqlite3.prototype.exec;
BetterSqlite3.prototype.exec = function (sql: string) {
  if (sql === 'COMMIT' && existsSync(join(folder, 'fail-sync')))
    throw new BetterSqlite3.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
  if (sql === 'BEGIN IMMEDIATE')
    this.pragma(`max_page_count = ${existsSync(join(folder, 'fill-disk')) ? 1 : 1_000_000}`);
  return exec.call(this, sql);
};

await import('../../../node-core/adapters/sqlite/worker.ts');
