import type { Database } from 'better-sqlite3';
import type { EvmBlockHash } from '../../primitives/ids.ts';
import { openReader } from './connection.ts';
import { toStoreError } from './errors.ts';

/** Synchronous point reads of what is committed, for the embedded EVM, on the thread that calls them. */
export class SqliteStateReader {
  readonly #db: Database;
  readonly #state;
  readonly #receipts;

  constructor(file: string) {
    this.#db = openReader(file);
    this.#state = this.#db.prepare<[Uint8Array], Uint8Array>('SELECT value FROM state WHERE key = ?').pluck();
    this.#receipts = this.#db.prepare<[string], Uint8Array>('SELECT data FROM receipts WHERE block_hash = ?').pluck();
  }

  /** A value of the `state` table. @throws ServiceError as the store's port does. */
  get(key: Uint8Array): Uint8Array | undefined {
    try {
      return this.#state.get(key);
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /** The receipts blob that was staged with an EVM block. @throws ServiceError as the store's port does. */
  receipts(blockHash: EvmBlockHash): Uint8Array | undefined {
    try {
      return this.#receipts.get(blockHash);
    } catch (error) {
      throw toStoreError(error);
    }
  }

  close(): void {
    this.#db.close();
  }
}
