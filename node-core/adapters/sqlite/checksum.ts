import { crc32 } from 'node:zlib';
import { corrupt } from './errors.ts';
import type { StoredBlockRow } from './rows.ts';

/** CRC-32 over a row's columns: finds a flipped bit, which is what it is for; it is no defence against an intruder. */
export function rowChecksum(...columns: readonly (string | number | null | Uint8Array)[]): number {
  let crc = 0;
  for (const column of columns) {
    const bytes = column instanceof Uint8Array ? column : `${typeof column}${column === null ? '' : column}`;
    crc = crc32(bytes, crc);
    crc = crc32('\n', crc);
  }
  return crc;
}

/** @throws ServiceError `STORE_CORRUPT` */
export function checkRow(stored: number, actual: number, what: string): void {
  if (stored !== actual) throw corrupt(`${what} doesn't match its checksum`);
}

/** A block's: what the node reads back of it. */
export const blockChecksum = (row: StoredBlockRow): number =>
  rowChecksum(row.root, row.burnedFeesWei, row.totalMintCount, row.totalMintedSats, row.totalBurnedFeesWei, row.data);
