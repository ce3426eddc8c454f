import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { ServiceError } from '../../primitives/errors.ts';

export interface LogSync {
  /** Returns when all that was committed is on disk. @throws ServiceError `STORE_SYNC_FAILED` */
  sync(): void;
  close(): void;
}

/**
 * Takes the sync that makes a commit durable over from SQLite, which calls fsync: that writes the log's time of change
 * too, a second place on the disk, with every commit. fdatasync on a log that is written over in place doesn't, and waits
 * for nothing else that the disk does. SQLite goes on to sync what it orders itself: the start of a new log, and both
 * files at a checkpoint. (On macOS and Windows both calls are the same full sync.)
 */
export function takeOverLogSync(db: Database, file: string): LogSync {
  const descriptor = openSync(`${file}-wal`, 'r+');
  db.pragma('synchronous = NORMAL');
  return {
    sync() {
      try {
        fdatasyncSync(descriptor);
      } catch (cause) {
        const { message } = cause as Error;
        throw new ServiceError('STORE_SYNC_FAILED', `the disk failed under the store: ${message}`, {}, { cause });
      }
    },
    close: () => closeSync(descriptor),
  };
}
