import { closeSync, constants, lstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { ServiceError } from '../../primitives/errors.ts';

const LOCK_FILE = 'lock.db';
const HOLDER_FILE = 'lock.pid';

/**
 * Takes the folder for this store alone, until the returned function is called or the process ends in whatever way:
 * the lock is the operating system's, held by an open exclusive transaction, so that a kill leaves nothing stale.
 * `lock.pid` only names the holder. Never open `lock.db` otherwise in this process: POSIX drops a process's locks on a
 * file when any descriptor of it is closed.
 * @throws ServiceError `FOLDER_LOCKED` with the holder's process id, when known.
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, LOCK_FILE);
  createPrivateFile(file);
  const db = new BetterSqlite3(file, { timeout: 0 });
  try {
    db.pragma('journal_mode = MEMORY');
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (!String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) throw error;
    const pid = holderOf(folder);
    throw new ServiceError(
      'FOLDER_LOCKED',
      `${folder} is in use by ${pid === null ? 'another process' : `process ${pid}`}: stop it, or choose another data folder`,
      { folder, pid },
    );
  }
  writeFileSync(join(folder, HOLDER_FILE), `${process.pid}\n`, { mode: 0o600 });
  return () => db.close();
}

function holderOf(folder: string): number | null {
  try {
    const pid = Number(readFileSync(join(folder, HOLDER_FILE), 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

/**
 * Makes an empty file that only its owner can read, unless it is there already.
 * @throws ServiceError `FOLDER_UNUSABLE` for a symbolic link or anything else that isn't a plain file.
 */
export function createPrivateFile(file: string): void {
  try {
    closeSync(openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST')
      throw new ServiceError(
        'FOLDER_UNUSABLE',
        `can't write ${file}: ${message}; check owner and mode of the data folder`,
        { file },
      );
    if (!lstatSync(file).isFile())
      throw new ServiceError('FOLDER_UNUSABLE', `${file} is a link or no plain file: remove it`, { file });
  }
}
