import { accessSync, chmodSync, constants, lstatSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { ServiceError } from '../../primitives/errors.ts';

/** Readable, writable and searchable by the owner, closed to all others. */
const PRIVATE = 0o700;

/**
 * Makes sure of a folder that only its owner can read, and gives its absolute path; it and its parents are made when
 * they aren't there.
 * @throws ServiceError `FOLDER_UNUSABLE` with what to do: for a link, a file, a folder of somebody else or one that
 * others may read.
 */
export function prepareFolder(path: string): string {
  const folder = resolve(path);
  const unusable = (why: string): ServiceError =>
    new ServiceError('FOLDER_UNUSABLE', `the folder ${folder} can't be used: ${why}`, { folder });
  try {
    // The mode given here is narrowed by the process's own mask, and ignored for a folder that is there.
    if (mkdirSync(folder, { recursive: true, mode: PRIVATE }) !== undefined) chmodSync(folder, PRIVATE);
    const status = lstatSync(folder);
    if (status.isSymbolicLink()) throw unusable('it is a symbolic link; name the folder itself');
    if (process.platform !== 'win32') {
      if (status.uid !== process.getuid?.())
        throw unusable('it belongs to another user; change its owner, or name another folder');
      if ((status.mode & 0o077) !== 0) throw unusable(`others may read it; run: chmod 700 '${folder}'`);
    }
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw unusable((error as Error).message);
  }
  return folder;
}
