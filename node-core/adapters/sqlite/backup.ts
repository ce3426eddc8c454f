import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { AlysError, ServiceError } from '../../primitives/errors.ts';
import { openWriter } from './connection.ts';
import { toStoreError } from './errors.ts';
import { syncFolder } from './folder-sync.ts';
import { DISARMED_KEY } from './guard-table.ts';
import { createWrites } from './writes.ts';

/** Until it is disarmed and on disk a copy has this after its name: one that a crash cut short is no backup. */
const PARTIAL = '.partial';

/**
 * Writes a compact, consistent copy of the database to a new file of mode 0600, marked as disarmed and synced. Nothing
 * has the name before all of that is done (INV-11).
 * @throws ServiceError `BACKUP_EXISTS` when something is already there; `BACKUP_FAILED` when the copy can't be written:
 * its disk is not the store's, which goes on; `STORE_CORRUPT` when the database itself is damaged.
 */
export function writeBackup(db: Database, path: string): undefined {
  const partial = `${path}${PARTIAL}`;
  for (const name of [path, partial]) {
    if (existsSync(name))
      throw new ServiceError('BACKUP_EXISTS', `${name} exists already: name a new file for the backup`);
  }
  try {
    closeSync(openSync(partial, 'wx', 0o600));
    copyInto(db, partial);
    disarm(partial);
    syncFile(partial);
    renameSync(partial, path);
    syncFolder(dirname(path));
  } catch (error) {
    for (const left of [partial, `${partial}-wal`, `${partial}-shm`]) rmSync(left, { force: true });
    if (error instanceof AlysError) throw error;
    const { message } = error as Error;
    throw new ServiceError('BACKUP_FAILED', `the backup ${path} can't be written: ${message}`, {}, { cause: error });
  }
}

function copyInto(db: Database, file: string): void {
  try {
    db.prepare('VACUUM INTO ?').run(file);
  } catch (error) {
    const known = toStoreError(error);
    throw known.code === 'STORE_CORRUPT' ? known : error;
  }
}

function disarm(file: string): void {
  const copy = openWriter(file);
  try {
    const value = JSON.stringify({ backupAtMs: Date.now() });
    copy.transaction(() => createWrites(copy).persistScan({ operations: [], values: [[DISARMED_KEY, value]] }))();
    copy.pragma('journal_mode = DELETE');
  } finally {
    copy.close();
  }
}

function syncFile(file: string): void {
  const descriptor = openSync(file, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
