import { chmodSync, closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { ServiceError } from '../../primitives/errors.ts';
import { openWriter } from './connection.ts';
import { DISARMED_KEY } from './guard-table.ts';
import { createWrites } from './writes.ts';

/**
 * Writes a compact, consistent copy of the database to a new file of mode 0600, marked as disarmed and synced.
 * @throws ServiceError `BACKUP_EXISTS` when something is already there.
 */
export function writeBackup(db: Database, path: string): undefined {
  if (existsSync(path))
    throw new ServiceError('BACKUP_EXISTS', `${path} exists already: name a new file for the backup`);
  closeSync(openSync(path, 'wx', 0o600));
  db.prepare('VACUUM INTO ?').run(path);
  const copy = openWriter(path);
  const value = JSON.stringify({ backupAtMs: Date.now() });
  copy.transaction(() => createWrites(copy).persistScan({ operations: [], values: [[DISARMED_KEY, value]] }))();
  copy.pragma('journal_mode = DELETE');
  copy.close();
  chmodSync(path, 0o600);
  const descriptor = openSync(path, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
