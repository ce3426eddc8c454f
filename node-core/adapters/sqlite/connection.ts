import BetterSqlite3, { type Database } from 'better-sqlite3';

/** How long a statement waits for another connection of this process: only checkpoints ever hold one up. */
const BUSY_TIMEOUT_MS = 5_000;
/** Negative: KiB. */
const CACHE = -16_384;
/**
 * Pages of log (4 KiB each) after which a commit also moves them into the database, and waits for what it moves: few, so
 * that no write waits long. The log file, once grown, is written over in place, which syncs quicker.
 */
const CHECKPOINT_PAGES = 2000;
/** A log file that grew in a burst is cut back to this at its next restart. */
const MAX_IDLE_LOG_BYTES = 64 * 1024 * 1024;

/** The one connection that writes. Every commit is synced to disk before it returns. */
export function openWriter(file: string): Database {
  const db = new BetterSqlite3(file, { timeout: BUSY_TIMEOUT_MS });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  // On macOS a plain fsync leaves the data in the drive's cache.
  db.pragma('fullfsync = ON');
  db.pragma('checkpoint_fullfsync = ON');
  db.pragma('foreign_keys = ON');
  db.pragma('cell_size_check = ON');
  db.pragma('trusted_schema = OFF');
  db.pragma(`cache_size = ${CACHE}`);
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  db.pragma(`journal_size_limit = ${MAX_IDLE_LOG_BYTES}`);
  return db;
}

/** A connection that sees what is committed and can't write. */
export function openReader(file: string): Database {
  const db = new BetterSqlite3(file, { timeout: BUSY_TIMEOUT_MS, readonly: true, fileMustExist: true });
  db.pragma('cell_size_check = ON');
  db.pragma('trusted_schema = OFF');
  db.pragma(`cache_size = ${CACHE}`);
  return db;
}
