import type { Database } from 'better-sqlite3';
import { LogicError } from '../../primitives/errors.ts';
import type { EquivocationEvidence } from '../../domain/consensus/types.ts';
import type { AuditEntry, ChainedAuditEntry } from '../../ports/store.ts';
import { chainEntry } from './audit-chain.ts';
import { blockChecksum, rowChecksum } from './checksum.ts';
import { joinTerms, splitTerms } from './operation-terms.ts';
import { AUDIT_COLUMNS } from './reads.ts';
import type { BlockRow, OperationRow, PointersRow } from './rows.ts';
import { createStateWrites } from './state-writes.ts';

/** A key that signs twice has lost its trust with the first; what it does in slot after slot fills no disk. */
export const MAX_EVIDENCE_PER_KEY = 64;

/** Every write, as a synchronous function that runs inside a transaction of the writer's thread. */
export function createWrites(db: Database) {
  const insertBlock = db.prepare(
    `INSERT INTO blocks (root, parent_root, height, slot, evm_hash, burned_fees_wei, total_mint_count, total_minted_sats,
       total_burned_fees_wei, data, crc)
     VALUES (@root, @parentRoot, @height, @slot, @evmHash, @burnedFeesWei, @totalMintCount, @totalMintedSats,
       @totalBurnedFeesWei, @data, @crc) ON CONFLICT (root) DO NOTHING`,
  );
  const insertMint = db.prepare(
    'INSERT INTO mints (block_root, outpoint, crc) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const state = createStateWrites(db);
  const upsertPointers = db.prepare(
    `INSERT INTO pointers (id, head_root, finalized_root, high_certificate, crc) VALUES (1, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET head_root = excluded.head_root, finalized_root = excluded.finalized_root,
       high_certificate = excluded.high_certificate, crc = excluded.crc`,
  );
  const blockPlace = db.prepare<[string], { parentRoot: string; height: number }>(
    'SELECT parent_root AS parentRoot, height FROM blocks WHERE root = ?',
  );
  const canonicalRoot = db.prepare<[number], string>('SELECT root FROM canonical WHERE height = ?').pluck();
  const cutCanonical = db.prepare('DELETE FROM canonical WHERE height > ?');
  const setCanonical = db.prepare(
    'INSERT INTO canonical (height, root) VALUES (?, ?) ON CONFLICT (height) DO UPDATE SET root = excluded.root',
  );
  const upsertOperation = db
    .prepare<unknown[], number>(
      `INSERT INTO operations (id, kind, state, terminal, data, created_at_ms, updated_at_ms, terms, crc)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, state = excluded.state, terminal = excluded.terminal,
         data = excluded.data, created_at_ms = excluded.created_at_ms, updated_at_ms = excluded.updated_at_ms,
         terms = excluded.terms, crc = excluded.crc
       RETURNING number`,
    )
    .pluck();
  const storedTerms = db.prepare<[string], string>('SELECT terms FROM operations WHERE id = ?').pluck();
  const addTerm = db.prepare('INSERT INTO operation_terms (term, operation) VALUES (?, ?)');
  const dropTerm = db.prepare('DELETE FROM operation_terms WHERE term = ? AND operation = ?');
  const upsertValue = db.prepare(
    'INSERT INTO named_values (key, value, crc) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, crc = excluded.crc',
  );
  const deleteValue = db.prepare('DELETE FROM named_values WHERE key = ?');
  const insertEvidence = db.prepare(
    `INSERT INTO evidence (kind, slot, public_key, authority, first_root, second_root, first_signature,
       second_signature, first_clean, second_clean)
     SELECT @kind, @slot, @publicKey, @authority, @firstRoot, @secondRoot, @firstSignature, @secondSignature,
       @firstClean, @secondClean
     WHERE (SELECT count(*) FROM evidence WHERE public_key = @publicKey) < ${MAX_EVIDENCE_PER_KEY} ON CONFLICT DO NOTHING`,
  );
  const lastAudit = db.prepare<[], ChainedAuditEntry>(
    `SELECT ${AUDIT_COLUMNS} FROM audit ORDER BY sequence DESC LIMIT 1`,
  );
  const insertAudit = db.prepare(
    'INSERT INTO audit (sequence, at_ms, actor, action, reason, detail, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );

  /** Makes the height index follow the chain that ends in `headRoot`, back to where it already does. */
  const moveHead = (headRoot: string): void => {
    let root = headRoot;
    let place = blockPlace.get(root);
    if (place === undefined)
      throw new LogicError('UNKNOWN_BLOCK', 'the head is moved to a block that is not in the store', { root });
    cutCanonical.run(place.height);
    while (place !== undefined && canonicalRoot.get(place.height) !== root) {
      setCanonical.run(place.height, root);
      root = place.parentRoot;
      place = blockPlace.get(root);
    }
  };

  const writePointers = (pointers: PointersRow): void => {
    const { headRoot, finalizedRoot, highCertificate } = pointers;
    moveHead(headRoot);
    const finalized = blockPlace.get(finalizedRoot);
    if (finalized === undefined || canonicalRoot.get(finalized.height) !== finalizedRoot)
      throw new LogicError('UNKNOWN_BLOCK', 'the finalized block is not an ancestor of the head', {
        headRoot,
        finalizedRoot,
      });
    upsertPointers.run(headRoot, finalizedRoot, highCertificate, rowChecksum(headRoot, finalizedRoot, highCertificate));
  };

  const writeBlock = ({ mints, staged, ...block }: BlockRow): void => {
    insertBlock.run({ ...block, crc: blockChecksum(block) });
    for (const outpoint of mints) insertMint.run(block.root, outpoint, rowChecksum(block.root, outpoint));
    if (staged !== null) state.add(block.height, staged);
  };

  const writeOperation = (row: OperationRow): void => {
    const { id, kind, state, terminal, data, createdAtMs, updatedAtMs, terms } = row;
    const before = new Set(splitTerms(storedTerms.get(id) ?? ''));
    const columns = [id, kind, state, terminal ? 1 : 0, data, createdAtMs, updatedAtMs] as const;
    const number = upsertOperation.get(...columns, joinTerms(terms), rowChecksum(...columns));
    for (const term of terms) if (!before.delete(term)) addTerm.run(term, number);
    for (const term of before) dropTerm.run(term, number);
  };

  const writeValue = (key: string, value: string | null): void => {
    if (value === null) deleteValue.run(key);
    else upsertValue.run(key, value, rowChecksum(key, value));
  };

  return {
    persistBlocks({
      blocks,
      pointers,
    }: {
      readonly blocks: readonly BlockRow[];
      readonly pointers: PointersRow | null;
    }): undefined {
      blocks.forEach(writeBlock);
      if (pointers !== null) writePointers(pointers);
      const keepBlocks = blocks.findLast(({ staged }) => staged !== null)?.staged?.keepBlocks ?? null;
      if (keepBlocks !== null) state.prune(keepBlocks, blocks.length);
    },
    persistPointers(pointers: PointersRow): undefined {
      writePointers(pointers);
    },
    persistScan(scan: {
      readonly operations: readonly OperationRow[];
      readonly values: readonly (readonly [key: string, value: string | null])[];
    }): undefined {
      scan.operations.forEach(writeOperation);
      for (const [key, value] of scan.values) writeValue(key, value);
    },
    putEvidence({ firstClean, secondClean, ...evidence }: EquivocationEvidence): undefined {
      const bit = (clean: boolean | null): number | null => (clean === null ? null : Number(clean));
      insertEvidence.run({ ...evidence, firstClean: bit(firstClean), secondClean: bit(secondClean) });
    },
    appendAudit(entry: AuditEntry): ChainedAuditEntry {
      const chained = chainEntry(lastAudit.get() ?? null, entry);
      const { sequence, atMs, actor, action, reason, detail, previousHash, hash } = chained;
      insertAudit.run(sequence, atMs, actor, action, reason, detail, previousHash, hash);
      return chained;
    },
  };
}
export type Writes = ReturnType<typeof createWrites>;
