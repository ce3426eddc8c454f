import type { Database } from 'better-sqlite3';
import { ServiceError } from '../../primitives/errors.ts';
import { type BlockRoot, type Slot, slot } from '../../primitives/ids.ts';
import type { GuardRecord } from '../../ports/signer.ts';
import { checkRow, rowChecksum } from './checksum.ts';

/**
 * The named value that a store restored from a backup carries: JSON text `{"backupAtMs": Unix ms}`. While it is there
 * no guard record advances; `rearm` removes it (INV-11).
 */
export const DISARMED_KEY = 'signing.disarmed';

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

export interface GuardRearming {
  readonly keyId: string;
  readonly floor: Slot;
  readonly lock: { readonly root: BlockRoot; readonly slot: Slot } | null;
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
  const selectAll = db.prepare<[], GuardRecord & { keyId: string; crc: number }>(
    `SELECT key_id AS keyId, last_proposed_slot AS lastProposedSlot, last_voted_slot AS lastVotedSlot,
       last_voted_root AS lastVotedRoot, locked_root AS lockedRoot, locked_slot AS lockedSlot, crc FROM guard`,
  );
  const upsert = db.prepare(
    `INSERT INTO guard (key_id, last_proposed_slot, last_voted_slot, last_voted_root, locked_root, locked_slot, crc)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (key_id) DO UPDATE SET last_proposed_slot = excluded.last_proposed_slot,
       last_voted_slot = excluded.last_voted_slot, last_voted_root = excluded.last_voted_root,
       locked_root = excluded.locked_root, locked_slot = excluded.locked_slot, crc = excluded.crc`,
  );

  const disarmed = db.prepare<[string]>('SELECT 1 FROM named_values WHERE key = ?');
  const arm = db.prepare('DELETE FROM named_values WHERE key = ?');

  const write = (keyId: string, record: GuardRecord): void => {
    const columns = columnsOf(keyId, record);
    upsert.run(...columns, rowChecksum(...columns));
  };

  /** Reads all of the few records: a damaged key must not pass for one that never signed. */
  const read = (keyId: string): GuardRecord => {
    let found = EMPTY;
    for (const { keyId: key, crc, ...record } of selectAll.all()) {
      checkRow(crc, rowChecksum(...columnsOf(key, record)), 'a guard record');
      if (key === keyId) found = record;
    }
    return found;
  };

  const isDisarmed = (): boolean => disarmed.get(DISARMED_KEY) !== undefined;

  return {
    guardRead: read,
    guardDisarmed: isDisarmed,
    /** Compare and set. @throws ServiceError `GUARD_REFUSED` when the record isn't the expected one or would fall. */
    guardAdvance({ keyId, expected, next }: GuardAdvance): undefined {
      if (isDisarmed())
        throw refused('this store was restored from a backup: it signs when a quorum of peers has told its last slots');
      const current = columnsOf(keyId, read(keyId));
      if (columnsOf(keyId, expected).some((value, index) => value !== current[index]))
        throw refused('the guard record has changed since it was read');
      try {
        write(keyId, next);
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'SQLITE_CONSTRAINT_TRIGGER') throw error;
        throw refused((error as Error).message);
      }
    },
    /**
     * Raises both slots to `floor` and the lock to `lock` where they are below it, and ends the disarmed state. A lock
     * never moves without a slot: where both are above the floor already, the last vote's moves by one, which costs a vote.
     */
    guardRearm({ keyId, floor, lock }: GuardRearming): undefined {
      const record = read(keyId);
      const below = (at: Slot | null): boolean => at === null || at < floor;
      const { lastProposedSlot, lastVotedSlot } = record;
      const locks = lock !== null && lock.slot > (record.lockedSlot ?? -1);
      const rises = below(lastProposedSlot) || below(lastVotedSlot);
      const next: GuardRecord = {
        ...record,
        ...(below(lastProposedSlot) && { lastProposedSlot: floor }),
        ...(below(lastVotedSlot) && { lastVotedSlot: floor, lastVotedRoot: null }),
        ...(locks && !rises && { lastVotedSlot: slot((lastVotedSlot ?? 0) + 1), lastVotedRoot: null }),
        ...(locks && { lockedRoot: lock.root, lockedSlot: lock.slot }),
      };
      if (rises || locks) write(keyId, next);
      arm.run(DISARMED_KEY);
    },
  };
}
export type GuardTable = ReturnType<typeof createGuardTable>;
