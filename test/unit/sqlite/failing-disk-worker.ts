import fs, { existsSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { workerData } from 'node:worker_threads';
import BetterSqlite3 from 'better-sqlite3';

/**
 * The store's thread over a disk that fails on demand: a file `fail-commit` in the folder makes every commit fail as a
 * failed write does, `fail-sync` every sync of the log, `fill-disk` leaves no free page.
 */
const folder = dirname((workerData as { readonly file: string }).file);
const exec = BetterSqlite3.prototype.exec;
BetterSqlite3.prototype.exec = function (sql: string) {
  if (sql === 'COMMIT' && existsSync(join(folder, 'fail-commit')))
    throw new BetterSqlite3.SqliteError('disk I/O error', 'SQLITE_IOERR_WRITE');
  if (sql === 'BEGIN IMMEDIATE')
    this.pragma(`max_page_count = ${existsSync(join(folder, 'fill-disk')) ? 1 : 1_000_000}`);
  return exec.call(this, sql);
};

const { fdatasyncSync } = fs;
fs.fdatasyncSync = (descriptor) => {
  if (existsSync(join(folder, 'fail-sync'))) throw new Error('EIO: i/o error, fdatasync');
  fdatasyncSync(descriptor);
};
syncBuiltinESMExports();

await import('../../../node-core/adapters/sqlite/worker.ts');
