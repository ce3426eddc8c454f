import { join } from 'node:path';
import type { AlysError } from '../../primitives/errors.ts';
import type { GuardStore } from '../../ports/signer.ts';
import type { OperationRecord, StorePort } from '../../ports/store.ts';
import type { AuditVerdict } from './audit-chain.ts';
import { corrupt } from './errors.ts';
import { createPrivateFile, lockFolder } from './folder-lock.ts';
import { syncFolder } from './folder-sync.ts';
import type { OperationFilter } from './rows.ts';
import { type IsWholeEntry, SqliteStateReader } from './state-reader.ts';
import { type BlockCodec, createStorePort } from './store-port.ts';
import { StoreThread } from './store-thread.ts';
import type { ReaderRequests, WriterRequests } from './thread-protocol.ts';

const DATABASE_FILE = 'node.db';

export interface StoreOptions extends BlockCodec {
  /** An existing folder that this store has for itself. */
  readonly folder: string;
  /** Asked of every entry of the state that is read: SQLite itself doesn't notice a flipped bit inside a value. */
  readonly isWholeEntry: IsWholeEntry;
  /** Called once, when the disk failed or the file is damaged: the store refuses everything from then on, and the node must stop. */
  readonly onFatal: (error: AlysError) => void;
  /** Where the thread's code is, when this file is bundled. */
  readonly workerUrl?: URL;
}

/** The node's database, open. */
export interface Store {
  readonly port: StorePort;
  readonly guard: GuardStore;
  readonly reader: SqliteStateReader;
  findOperations(filter: OperationFilter): Promise<readonly OperationRecord[]>;
  /** Requests that wait for the writer. */
  pendingWrites(): number;
  verifyAudit(): Promise<AuditVerdict>;
  /** Every problem found in the file, as sentences; empty when it is whole. Reads and writes go on meanwhile. */
  integrityCheck(): Promise<readonly string[]>;
  /** A consistent copy in a new file, marked as disarmed. Reads and writes go on meanwhile. */
  backup(path: string): Promise<void>;
  /** Finishes what was asked, then lets the folder go. */
  close(): Promise<void>;
}

interface Closable {
  stopTaking?(): void;
  close(): void | Promise<void>;
}

/**
 * Opens the store of a folder, and makes it when it isn't there.
 * @throws ServiceError `FOLDER_LOCKED`, `FOLDER_UNUSABLE`, `STORE_VERSION`, `STORE_CORRUPT`.
 */
export async function openStore({
  folder,
  onFatal,
  workerUrl,
  encodeBlock,
  decodeBlock,
  isWholeEntry,
}: StoreOptions): Promise<Store> {
  const url = workerUrl ?? new URL('./worker.ts', import.meta.url);
  const file = join(folder, DATABASE_FILE);
  const unlock = lockFolder(folder);
  const opened: Closable[] = [];
  const closeAll = async (): Promise<void> => {
    for (const part of opened) part.stopTaking?.();
    // The writer last: the connection that closes last moves the log into the database.
    for (const part of opened.toReversed()) await part.close();
    unlock();
  };
  const keep = <T extends Closable>(part: T): T => {
    opened.push(part);
    return part;
  };
  try {
    createPrivateFile(file);
    syncFolder(folder);
    let failed = false;
    const failAll = (error: AlysError): void => {
      if (failed) return;
      failed = true;
      writer.fail(error);
      reader.fail(error);
      onFatal(error);
    };
    const writer = keep(await StoreThread.start<WriterRequests>(url, { role: 'writer', file }, failAll));
    const reader = keep(await StoreThread.start<ReaderRequests>(url, { role: 'reader', file }, failAll));
    const state = keep(new SqliteStateReader(file, isWholeEntry, failAll));
    const decodeOrFail: BlockCodec['decodeBlock'] = (data) => {
      try {
        return decodeBlock(data);
      } catch (thrown) {
        const error = corrupt(`a stored block can't be decoded: ${(thrown as Error).message}`);
        failAll(error);
        throw error;
      }
    };
    /** Long jobs have a thread of their own, so that reads don't wait for them. */
    const aside = async <T>(job: (thread: StoreThread<ReaderRequests>) => Promise<T>): Promise<T> => {
      const thread = await StoreThread.start<ReaderRequests>(url, { role: 'reader', file }, failAll);
      try {
        return await job(thread);
      } finally {
        await thread.close();
      }
    };
    return {
      port: createStorePort(writer, reader, { encodeBlock, decodeBlock: decodeOrFail }),
      guard: {
        read: (keyId) => writer.call('guardRead', keyId),
        async advance(keyId, expected, next) {
          await writer.call('guardAdvance', { keyId, expected, next });
        },
        disarmed: () => writer.call('guardDisarmed', undefined),
        async rearm(keyId, floor, lock) {
          await writer.call('guardRearm', { keyId, floor, lock: lock ?? null });
        },
      },
      reader: state,
      findOperations: (filter) => reader.call('findOperations', filter),
      pendingWrites: () => writer.pending,
      verifyAudit: () => aside((thread) => thread.call('verifyAudit', undefined)),
      integrityCheck: () => aside((thread) => thread.call('integrityCheck', undefined)),
      backup: (path) => aside(async (thread) => void (await thread.call('backup', path))),
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
