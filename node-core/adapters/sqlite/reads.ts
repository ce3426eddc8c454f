import type { Database } from 'better-sqlite3';
import type { EquivocationEvidence } from '../../domain/consensus/types.ts';
import type { ChainedAuditEntry, OperationRecord } from '../../ports/store.ts';
import { type AuditVerdict, verifyChain } from './audit-chain.ts';
import { blockChecksum, checkRow, rowChecksum } from './checksum.ts';
import { corrupt } from './errors.ts';
import { createOperationSearch } from './operation-search.ts';
import { damagedRows } from './row-check.ts';
import type { OperationFilter, PointersRow, StoredBlockRow } from './rows.ts';

/** A block batch's size in memory stays near this, however large each block is. */
const MAX_READ_BYTES = 32 * 1024 * 1024;
export const AUDIT_COLUMNS =
  'sequence, at_ms AS atMs, actor, action, reason, detail, previous_hash AS previousHash, hash';

type EvidenceRow = Omit<EquivocationEvidence, 'firstClean' | 'secondClean'> & {
  readonly firstClean: number | null;
  readonly secondClean: number | null;
};

interface BlockRead extends StoredBlockRow {
  readonly crc: number;
}
const BLOCK_COLUMNS = `b.root, b.burned_fees_wei AS burnedFeesWei, b.total_mint_count AS totalMintCount,
  b.total_minted_sats AS totalMintedSats, b.total_burned_fees_wei AS totalBurnedFeesWei, b.data, b.crc`;

function checkedBlock({ crc, ...row }: BlockRead): StoredBlockRow {
  checkRow(crc, blockChecksum(row), `block ${row.root}`);
  return row;
}

/** Every read, as a synchronous function over one consistent snapshot; the caller opens the read transaction. */
export function createReads(db: Database) {
  const pointers = db.prepare<[], PointersRow & { crc: number }>(
    'SELECT head_root AS headRoot, finalized_root AS finalizedRoot, high_certificate AS highCertificate, crc FROM pointers',
  );
  const recent = db.prepare<[string], BlockRead>(
    `WITH RECURSIVE known (root) AS (
       SELECT ? UNION SELECT child.root FROM blocks AS child JOIN known ON child.parent_root = known.root
     ) SELECT ${BLOCK_COLUMNS} FROM known JOIN blocks AS b USING (root) ORDER BY b.height, b.slot, b.root`,
  );
  const minted = db.prepare<[string], { blockRoot: string; outpoint: string; crc: number }>(
    `SELECT m.block_root AS blockRoot, m.outpoint, m.crc FROM mints AS m JOIN blocks AS b ON b.root = m.block_root
       JOIN canonical AS c ON c.height = b.height AND c.root = b.root
     WHERE b.height <= (SELECT height FROM blocks WHERE root = ?) ORDER BY b.height, m.outpoint`,
  );
  const firstHeight = db.prepare<[], number | null>('SELECT min(height) FROM canonical').pluck();
  const canonicalFrom = db.prepare<[number, number], (BlockRead | { root: null }) & { height: number }>(
    `SELECT c.height, ${BLOCK_COLUMNS} FROM canonical AS c LEFT JOIN blocks AS b ON b.root = c.root
     WHERE c.height >= ? ORDER BY c.height LIMIT ?`,
  );
  const block = db.prepare<[string], BlockRead>(`SELECT ${BLOCK_COLUMNS} FROM blocks AS b WHERE root = ?`);
  const value = db.prepare<[string], { value: string; crc: number }>(
    'SELECT value, crc FROM named_values WHERE key = ?',
  );
  const newestEvidence = db.prepare<[number], EvidenceRow>(
    `SELECT kind, slot, authority, public_key AS publicKey, first_root AS firstRoot, second_root AS secondRoot,
       first_signature AS firstSignature, second_signature AS secondSignature, first_clean AS firstClean,
       second_clean AS secondClean
     FROM evidence ORDER BY slot DESC, public_key, kind LIMIT ?`,
  );
  const newestAudit = db.prepare<[number], ChainedAuditEntry>(
    `SELECT ${AUDIT_COLUMNS} FROM audit ORDER BY sequence DESC LIMIT ?`,
  );
  const wholeAudit = db.prepare<[], ChainedAuditEntry>(`SELECT ${AUDIT_COLUMNS} FROM audit ORDER BY sequence`);
  const findOperations = createOperationSearch(db);

  return {
    loadChain(): { pointers: PointersRow; recent: StoredBlockRow[]; minted: string[] } | null {
      const row = pointers.get();
      if (row === undefined) return null;
      const { headRoot, finalizedRoot, highCertificate, crc } = row;
      checkRow(crc, rowChecksum(headRoot, finalizedRoot, highCertificate), 'the chain pointers');
      const blocks = recent.all(finalizedRoot).map(checkedBlock);
      if (!blocks.some(({ root }) => root === headRoot))
        throw corrupt('the head is not among the descendants of the finalized block');
      const outpoints = minted.all(finalizedRoot).map((mint) => {
        checkRow(mint.crc, rowChecksum(mint.blockRoot, mint.outpoint), `the mint of ${mint.outpoint}`);
        return mint.outpoint;
      });
      // An outpoint that is missing here could be minted again (INV-2): the block itself says how many there are.
      const finalized = blocks.find(({ root }) => root === finalizedRoot);
      if (finalized?.totalMintCount !== `${outpoints.length}`)
        throw corrupt('mints of the finalized chain are missing');
      return { pointers: { headRoot, finalizedRoot, highCertificate }, recent: blocks, minted: outpoints };
    },
    readBlocks({ fromHeight, limit }: { readonly fromHeight: number; readonly limit: number }): StoredBlockRow[] {
      const blocks: StoredBlockRow[] = [];
      let next = Math.max(fromHeight, firstHeight.get() ?? 0);
      let size = 0;
      for (const { height, ...row } of canonicalFrom.iterate(fromHeight, limit)) {
        if (row.root === null || height !== next) throw corrupt(`the block at height ${next} is missing`);
        size += row.data.byteLength;
        if (blocks.length > 0 && size > MAX_READ_BYTES) break;
        blocks.push(checkedBlock(row));
        next += 1;
      }
      return blocks;
    },
    readBlock(root: string): StoredBlockRow | null {
      const row = block.get(root);
      return row === undefined ? null : checkedBlock(row);
    },
    findOperations(filter: OperationFilter): OperationRecord[] {
      return findOperations(filter);
    },
    getValue(key: string): string | null {
      const row = value.get(key);
      if (row === undefined) return null;
      checkRow(row.crc, rowChecksum(key, row.value), `the value ${key}`);
      return row.value;
    },
    loadEvidence(limit: number): EquivocationEvidence[] {
      return newestEvidence.all(limit).map(({ firstClean, secondClean, ...evidence }) => ({
        ...evidence,
        firstClean: firstClean === null ? null : firstClean === 1,
        secondClean: secondClean === null ? null : secondClean === 1,
      }));
    },
    readAudit(limit: number): ChainedAuditEntry[] {
      return newestAudit.all(limit).reverse();
    },
    verifyAudit(): AuditVerdict {
      return verifyChain(wholeAudit.iterate());
    },
    /** Problems that SQLite finds in the file, at most 100 of a kind, and rows that changed behind its back; empty when it is whole. */
    integrityCheck(): string[] {
      const rows = [...(db.pragma('integrity_check(100)') as { integrity_check: string }[])].map(
        (row) => row.integrity_check,
      );
      const orphans = db.pragma('foreign_key_check') as { table: string }[];
      return [
        ...rows.filter((row) => row !== 'ok'),
        ...orphans.slice(0, 100).map(({ table }) => `a row of ${table} refers to nothing`),
        ...damagedRows(db),
      ];
    },
  };
}
export type Reads = ReturnType<typeof createReads>;
