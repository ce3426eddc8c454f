import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ServiceError } from '../../../primitives/errors.ts';
import type { ChainStore, StoredChange } from './store.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS block (
    sequence INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    invalid INTEGER NOT NULL DEFAULT 0,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS mempool (
    sequence INTEGER PRIMARY KEY,
    txid TEXT NOT NULL UNIQUE,
    time_seconds INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
`;
const FILE_NAME = 'regtest.sqlite';

/**
 * The node's store in a folder: one SQLite file with a write-ahead log, synced at every commit.
 * @throws ServiceError STORE_LOCKED if another process has it open, STORE_UNREADABLE if it is no such file.
 */
export function openSqliteStore(folder: string): ChainStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = open(join(folder, FILE_NAME));
  const insertBlock = database.prepare('INSERT INTO block (hash, bytes) VALUES (?, ?)');
  const markBlock = database.prepare('UPDATE block SET invalid = ? WHERE hash = ?');
  const removeWaiting = database.prepare('DELETE FROM mempool WHERE txid = ?');
  const insertWaiting = database.prepare('INSERT INTO mempool (txid, time_seconds, bytes) VALUES (?, ?, ?)');
  const write = database.transaction((change: StoredChange) => {
    for (const { hash, bytes } of change.blocks) insertBlock.run(hash, bytes);
    for (const { hash, invalid } of change.marks) markBlock.run(invalid ? 1 : 0, hash);
    for (const txid of change.mempoolRemoved) removeWaiting.run(txid);
    for (const { txid, timeSeconds, bytes } of change.mempoolAdded) insertWaiting.run(txid, timeSeconds, bytes);
  });
  return {
    load() {
      const blocks = database.prepare('SELECT bytes, invalid FROM block ORDER BY sequence').all() as readonly {
        bytes: Uint8Array;
        invalid: number;
      }[];
      const mempool = database
        .prepare('SELECT bytes, time_seconds AS timeSeconds FROM mempool ORDER BY sequence')
        .all() as readonly { bytes: Uint8Array; timeSeconds: number }[];
      return { blocks: blocks.map(({ bytes, invalid }) => ({ bytes, invalid: invalid === 1 })), mempool };
    },
    write,
    close: () => void database.close(),
  };
}

function open(file: string): Database.Database {
  try {
    const database = new Database(file, { timeout: 0 });
    // Exclusive: the lock is taken by the first write and held while the process lives, so that two servers on one
    // folder can't both acknowledge.
    database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.exec(SCHEMA);
    database.exec('BEGIN EXCLUSIVE; COMMIT');
    return database;
  } catch (error) {
    const busy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
    throw busy
      ? new ServiceError('STORE_LOCKED', `another process has ${file} open`, { file }, { cause: error })
      : new ServiceError('STORE_UNREADABLE', `${file} can't be opened`, { file }, { cause: error });
  }
}
