import type { Database } from 'better-sqlite3';
import { rowChecksum } from './checksum.ts';

type Column = string | number | null | Uint8Array;

/** What the checksum of a table's rows is over, in its order. */
const CHECKED_COLUMNS = {
  blocks: 'root, burned_fees_wei, total_mint_count, total_minted_sats, total_burned_fees_wei, data',
  mints: 'block_root, outpoint',
  pointers: 'head_root, finalized_root, high_certificate',
  receipts: 'block_hash, data',
  operations: 'id, kind, state, terminal, data, created_at_ms, updated_at_ms',
  named_values: 'key, value',
  guard: 'key_id, last_proposed_slot, last_voted_slot, last_voted_root, locked_root, locked_slot',
} as const;

/** A sentence for each table that has rows with another content than what was written. */
export function damagedRows(db: Database): string[] {
  return Object.entries(CHECKED_COLUMNS).flatMap(([table, columns]) => {
    const rows = db.prepare<[], [crc: number, ...Column[]]>(`SELECT crc, ${columns} FROM ${table}`).raw();
    let damaged = 0;
    for (const [crc, ...content] of rows.iterate()) if (rowChecksum(...content) !== crc) damaged += 1;
    return damaged === 0 ? [] : [`${damaged} rows of ${table} don't match their checksums`];
  });
}
