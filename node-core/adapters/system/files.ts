import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { ServiceError } from '../../primitives/errors.ts';

/** A network file of 15 authorities is some 10 kB. */
const MAX_BYTES = 1024 * 1024;

/** The text of a configuration file. @throws ServiceError `FILE_UNREADABLE` with what to do. */
export const readConfigFile = (path: string): string => readText(path, false);

/**
 * The text of a file that holds a secret: a plain file of this user, mode 0600, and no link.
 * @throws ServiceError `FILE_UNREADABLE` with what to do; never a word of what stands in it.
 */
export const readSecretFile = (path: string): string => readText(path, true);

function readText(path: string, secret: boolean): string {
  const unreadable = (why: string): ServiceError =>
    new ServiceError('FILE_UNREADABLE', `the file ${path} can't be used: ${why}`, { path });
  let descriptor: number;
  try {
    // Windows knows no O_NOFOLLOW and no modes: there the user's own folder protects the file.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | (secret ? (constants.O_NOFOLLOW ?? 0) : 0));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw unreadable(code === 'ELOOP' ? 'it is a symbolic link; put the file itself there' : message);
  }
  try {
    // What is checked is what was opened: nothing can be put in its place in between.
    const status = fstatSync(descriptor);
    const { mode, uid, size } = status;
    if (!status.isFile()) throw unreadable('it is no plain file');
    if (size > MAX_BYTES) throw unreadable(`it is over ${MAX_BYTES} bytes`);
    if (secret && process.platform !== 'win32') {
      if (uid !== process.getuid?.()) throw unreadable('it belongs to another user; change its owner');
      if ((mode & 0o077) !== 0) throw unreadable(`others may read it; run: chmod 600 '${path}'`);
    }
    const bytes = Buffer.alloc(size);
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, size, 0));
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Puts `text` in place as a file of mode 0600, whole and synced or not at all.
 * @throws ServiceError `FILE_UNWRITABLE`
 */
export function writePrivateFile(path: string, text: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    writeFileSync(aside, text, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(aside, path);
    if (process.platform === 'win32') return;
    const folder = openSync(dirname(path), constants.O_RDONLY);
    fsyncSync(folder);
    closeSync(folder);
  } catch (error) {
    removeIfThere(aside);
    throw new ServiceError('FILE_UNWRITABLE', `the file ${path} can't be written: ${(error as Error).message}`, {
      path,
    });
  }
}

function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Where a file can't be made none is left behind: the first error tells.
  }
}
