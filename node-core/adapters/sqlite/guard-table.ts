import type { Database } from 'better-sqlite3';
import { ServiceError } from '../../primitives/errors.ts';
import type { GuardRecord } from '../../ports/signer.ts';
import { checkRow, rowChecksum } from './checksum.ts';

const EMPTY: GuardRecord = {
  lastProposedSlot: null,
  lastVotedSlot: null,
  lastVotedRoot: null,
  lockedRoot: null,
  lockedSlot: null,
};

export interface GuardAdvance {
  readonly keyId: string;
  readonly expected: GuardRecord;
  readonly next: GuardRecord;
}

const columnsOf = (keyId: string, record: GuardRecord) =>
  [
    keyId,
    record.lastProposedSlot,
    record.lastVotedSlot,
    record.lastVotedRoot,
    record.lockedRoot,
    record.lockedSlot,
  ] as const;

const refused = (reason: string): ServiceError => new ServiceError('GUARD_REFUSED', reason);

/** The guard's records. The triggers of the schema repeat its rules, so that no other statement can break them. */
export function createGuardTable(db: Database) {
  const select = db.prepare<[string], GuardRecord & { crc: number }>(
    `SELECT last_proposed_slot AS lastProposedSlot, last_voted_slot AS lastVotedSlot, last_voted_root AS lastVotedRoot,
       locked_root AS lockedRoot, locked_slot AS lockedSlot, crc FROM guard WHERE key_id = ?`,
  );
  const upsert = db.prepare(
    `INSERT INTO guard (key_id, last_proposed_slot, last_voted_slot, last_voted_root, locked_root, locked_slot, crc)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (key_id) DO UPDATE SET last_proposed_slot = excluded.last_proposed_slot,
       last_voted_slot = excluded.last_voted_slot, last_voted_root = excluded.last_voted_root,
       locked_root = excluded.locked_root, locked_slot = excluded.locked_slot, crc = excluded.crc`,
  );

  const read = (keyId: string): GuardRecord => {
    const row = select.get(keyId);
    if (row === undefined) return EMPTY;
    const { crc, ...record } = row;
    checkRow(crc, rowChecksum(...columnsOf(keyId, record)), 'the guard record');
    return record;
  };

  return {
    guardRead: read,
    /** Compare and set. @throws ServiceError `GUARD_REFUSED` when the record isn't the expected one or would fall. */
    guardAdvance({ keyId, expected, next }: GuardAdvance): undefined {
      const current = columnsOf(keyId, read(keyId));
      if (columnsOf(keyId, expected).some((value, index) => value !== current[index]))
        throw refused('the guard record has changed since it was read');
      const columns = columnsOf(keyId, next);
      try {
        upsert.run(...columns, rowChecksum(...columns));
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'SQLITE_CONSTRAINT_TRIGGER') throw error;
        throw refused((error as Error).message);
      }
    },
  };
}
export type GuardTable = ReturnType<typeof createGuardTable>;
