import type { Database } from 'better-sqlite3';
import { rowChecksum } from './checksum.ts';
import { packHashes, unpackHashes, unpackPairs } from './packing.ts';
import type { StagedRow } from './rows.ts';

/** Blocks whose changes are settled with each block that is written: more than one, so that what has piled up shrinks. */
const SETTLED_PER_BLOCK = 4;

/**
 * The EVM's state: nodes of tries by their hash, each with the count of places where it stands in the states that are
 * kept. A block adds to the counts of what it creates. Once the state before it isn't kept any more it is settled: a final
 * block takes from the counts of what it replaced, another one, which finality left behind, what it had added. A node
 * without a place is deleted. All of it happens in the transactions of blocks, so that a crash leaves no half of it.
 */
export function createStateWrites(db: Database) {
  const insertReceipts = db.prepare(
    'INSERT INTO receipts (block_hash, data, crc) VALUES (?, ?, ?) ON CONFLICT (block_hash) DO NOTHING',
  );
  const insertChanges = db.prepare(
    'INSERT INTO state_changes (block_hash, height, created, replaced) VALUES (?, ?, ?, ?)',
  );
  // A contract's code may be the bytes of a node: then it is kept as code.
  const keepForGood = db.prepare(
    `INSERT INTO state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, places = NULL
       WHERE value IS NOT excluded.value OR places IS NOT NULL`,
  );
  const addPlace = db.prepare(
    `INSERT INTO state (key, value, places) VALUES (?, ?, 1)
     ON CONFLICT (key) DO UPDATE SET places = places + 1 WHERE places IS NOT NULL`,
  );
  const deleteLast = db.prepare('DELETE FROM state WHERE key = ? AND places = 1');
  const takePlace = db.prepare('UPDATE state SET places = places - 1 WHERE key = ? AND places > 1');
  const finalHeight = db
    .prepare<[], number>('SELECT height FROM blocks JOIN pointers ON root = finalized_root')
    .pluck();
  const oldest = db.prepare<
    [number, number],
    { blockHash: string; replaced: Uint8Array; created: Uint8Array; isFinal: 0 | 1 }
  >(
    `SELECT block_hash AS blockHash, replaced, created, EXISTS (
       SELECT 1 FROM canonical JOIN blocks USING (root)
       WHERE canonical.height = state_changes.height AND evm_hash = block_hash
     ) AS isFinal
     FROM state_changes WHERE height <= ? ORDER BY height LIMIT ?`,
  );
  const deleteChanges = db.prepare('DELETE FROM state_changes WHERE block_hash = ?');

  return {
    /** What a block staged; nothing when it is here already. */
    add(height: number, { blockHash, nodes, created, replaced, receipts }: StagedRow): void {
      if (insertReceipts.run(blockHash, receipts, rowChecksum(blockHash, receipts)).changes === 0) return;
      const hashes: Uint8Array[] = [];
      for (const [hash, node] of unpackPairs(created)) {
        addPlace.run(hash, node);
        hashes.push(hash);
      }
      for (const [key, value] of unpackPairs(nodes)) keepForGood.run(key, value);
      insertChanges.run(blockHash, height, packHashes(hashes), replaced);
    },

    /** Deletes what only states before the last `keepBlocks` final ones need, a bounded part of it at a time. */
    prune(keepBlocks: number, blocksWritten: number): void {
      const final = finalHeight.get();
      if (final === undefined) return;
      for (const { blockHash, replaced, created, isFinal } of oldest.all(
        final - keepBlocks + 1,
        SETTLED_PER_BLOCK * blocksWritten,
      )) {
        for (const hash of unpackHashes(isFinal === 1 ? replaced : created)) {
          if (deleteLast.run(hash).changes === 0) takePlace.run(hash);
        }
        deleteChanges.run(blockHash);
      }
    },
  };
}
