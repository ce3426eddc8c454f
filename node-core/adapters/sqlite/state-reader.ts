import type { Database } from 'better-sqlite3';
import type { AlysError } from '../../primitives/errors.ts';
import type { EvmBlockHash } from '../../primitives/ids.ts';
import { checkRow, rowChecksum } from './checksum.ts';
import { openReader } from './connection.ts';
import { corrupt, isFatal, toStoreError } from './errors.ts';

/** Of an entry of the `state` table, whether its value is what was once written under its key. */
export type IsWholeEntry = (key: Uint8Array, value: Uint8Array) => boolean;

/** Synchronous point reads of what is committed, for the embedded EVM, on the thread that calls them. */
export class SqliteStateReader {
  readonly #db: Database;
  readonly #state;
  readonly #receipts;
  readonly #isWhole: IsWholeEntry;
  readonly #onFatal: (error: AlysError) => void;

  constructor(file: string, isWhole: IsWholeEntry, onFatal: (error: AlysError) => void) {
    this.#isWhole = isWhole;
    this.#onFatal = onFatal;
    this.#db = openReader(file);
    this.#state = this.#db.prepare<[Uint8Array], Uint8Array>('SELECT value FROM state WHERE key = ?').pluck();
    this.#receipts = this.#db.prepare<[string], { data: Uint8Array; crc: number }>(
      'SELECT data, crc FROM receipts WHERE block_hash = ?',
    );
  }

  /** A value of the `state` table. @throws ServiceError as the store's port does. */
  get(key: Uint8Array): Uint8Array | undefined {
    return this.#read(() => {
      const value = this.#state.get(key);
      if (value !== undefined && !this.#isWhole(key, value))
        throw corrupt('a part of the state is not what was stored');
      return value;
    });
  }

  /** The receipts blob that was staged with an EVM block. @throws ServiceError as the store's port does. */
  receipts(blockHash: EvmBlockHash): Uint8Array | undefined {
    return this.#read(() => {
      const row = this.#receipts.get(blockHash);
      if (row !== undefined) checkRow(row.crc, rowChecksum(blockHash, row.data), `the receipts of ${blockHash}`);
      return row?.data;
    });
  }

  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (thrown) {
      const error = toStoreError(thrown);
      if (isFatal(error)) this.#onFatal(error);
      throw error;
    }
  }

  close(): void {
    this.#db.close();
  }
}
