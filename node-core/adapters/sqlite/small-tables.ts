import type { Database } from 'better-sqlite3';
import { checkRow, rowChecksum } from './checksum.ts';
import { corrupt } from './errors.ts';

/** The tables on which the node's safety rests, a few rows each: what it signed, where the chain stands, whether it is halted. */
const TABLES = ['guard', 'pointers', 'named_values'] as const;

/**
 * Looks at them in full when the store opens: elsewhere a lost row is noticed by what refers to it, but here its absence
 * would read as "never signed" or "not halted". Guard records are checked again at each reading.
 * @throws ServiceError `STORE_CORRUPT`
 */
export function checkSmallTables(db: Database): void {
  for (const table of TABLES) {
    const [problem] = db.pragma(`integrity_check(${table})`) as { integrity_check: string }[];
    if (problem?.integrity_check !== 'ok') throw corrupt(`${table}: ${problem?.integrity_check}`);
  }
  const values = db.prepare<[], { key: string; value: string; crc: number }>(
    'SELECT key, value, crc FROM named_values',
  );
  for (const { key, value, crc } of values.iterate()) checkRow(crc, rowChecksum(key, value), `the value ${key}`);
}
