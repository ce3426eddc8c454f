import type { Database } from 'better-sqlite3';
import { ServiceError } from '../../primitives/errors.ts';
import { rowChecksum } from './checksum.ts';

/**
 * One entry a version, applied in order and never edited: `PRAGMA user_version` counts those that a file has.
 * Hashes of blocks are text as the node writes them; amounts are decimal text; heights and slots are never one
 * column (HOLE-10). `crc` is CRC-32 of a row's content: SQLite itself doesn't notice a flipped bit inside a value. Most
 * keys of `state` are the hash of their value.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE blocks (
    root TEXT PRIMARY KEY,
    parent_root TEXT NOT NULL,
    height INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    evm_hash TEXT NOT NULL,
    burned_fees_wei TEXT NOT NULL,
    total_mint_count TEXT NOT NULL,
    total_minted_sats TEXT NOT NULL,
    total_burned_fees_wei TEXT NOT NULL,
    data BLOB NOT NULL,
    crc INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX blocks_by_parent ON blocks (parent_root);

  CREATE TABLE mints (
    block_root TEXT REFERENCES blocks (root),
    outpoint TEXT,
    crc INTEGER NOT NULL,
    PRIMARY KEY (block_root, outpoint)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE canonical (height INTEGER PRIMARY KEY, root TEXT NOT NULL REFERENCES blocks (root)) STRICT;

  CREATE TABLE pointers (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    head_root TEXT NOT NULL REFERENCES blocks (root),
    finalized_root TEXT NOT NULL REFERENCES blocks (root),
    high_certificate TEXT NOT NULL,
    crc INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE state (key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE receipts (block_hash TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT;

  -- 'terms' repeats the operation's terms, each after a line break.
  CREATE TABLE operations (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('pegIn', 'pegOut')),
    state TEXT NOT NULL,
    terminal INTEGER NOT NULL CHECK (terminal IN (0, 1)),
    data TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    terms TEXT NOT NULL,
    crc INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX operations_by_time ON operations (created_at_ms, id);
  CREATE INDEX operations_by_state ON operations (terminal, created_at_ms, id);

  CREATE TABLE operation_terms (term TEXT, operation INTEGER REFERENCES operations (number), PRIMARY KEY (term, operation))
    STRICT, WITHOUT ROWID;

  CREATE TABLE named_values (key TEXT PRIMARY KEY, value TEXT NOT NULL, crc INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE evidence (
    kind TEXT NOT NULL,
    slot INTEGER NOT NULL,
    authority INTEGER NOT NULL,
    first_root TEXT NOT NULL,
    second_root TEXT NOT NULL,
    PRIMARY KEY (slot, authority, kind, first_root, second_root)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

  CREATE TABLE guard (
    key_id TEXT PRIMARY KEY,
    last_proposed_slot INTEGER,
    last_voted_slot INTEGER,
    last_voted_root TEXT,
    locked_root TEXT,
    locked_slot INTEGER,
    crc INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER guard_is_kept BEFORE DELETE ON guard BEGIN SELECT RAISE(ABORT, 'guard: a record is never deleted'); END;
  CREATE TRIGGER guard_only_rises BEFORE UPDATE ON guard BEGIN
    SELECT RAISE(ABORT, 'guard: a slot may not fall')
      WHERE coalesce(NEW.last_proposed_slot, -1) < coalesce(OLD.last_proposed_slot, -1)
         OR coalesce(NEW.last_voted_slot, -1) < coalesce(OLD.last_voted_slot, -1)
         OR coalesce(NEW.locked_slot, -1) < coalesce(OLD.locked_slot, -1);
    SELECT RAISE(ABORT, 'guard: each signature needs a higher slot')
      WHERE NEW.last_proposed_slot IS OLD.last_proposed_slot AND NEW.last_voted_slot IS OLD.last_voted_slot;
    SELECT RAISE(ABORT, 'guard: a vote is not changed at its slot')
      WHERE NEW.last_voted_slot IS OLD.last_voted_slot AND NEW.last_voted_root IS NOT OLD.last_voted_root;
    SELECT RAISE(ABORT, 'guard: a lock is not changed at its slot')
      WHERE NEW.locked_slot IS OLD.locked_slot AND NEW.locked_root IS NOT OLD.locked_root;
  END;
  `,
  // Of a node of the state's tries 'places' counts where it stands in kept states; what is kept for good has none.
  // 'state_changes' holds what blocks did to it until that is settled: hashes of 32 bytes, one after the other.
  `
  ALTER TABLE state ADD COLUMN places INTEGER;
  CREATE TABLE state_changes (
    block_hash TEXT PRIMARY KEY,
    height INTEGER NOT NULL,
    created BLOB NOT NULL,
    replaced BLOB NOT NULL
  ) STRICT;
  CREATE INDEX state_changes_by_height ON state_changes (height);
  `,
  // Rows without signatures proved nothing. 'first_clean' and 'second_clean' are null for blocks.
  `
  DROP TABLE evidence;
  CREATE TABLE evidence (
    kind TEXT NOT NULL CHECK (kind IN ('block', 'vote')),
    slot INTEGER NOT NULL,
    public_key TEXT NOT NULL,
    authority INTEGER NOT NULL,
    first_root TEXT NOT NULL,
    second_root TEXT NOT NULL,
    first_signature TEXT NOT NULL,
    second_signature TEXT NOT NULL,
    first_clean INTEGER CHECK (first_clean IN (0, 1)),
    second_clean INTEGER CHECK (second_clean IN (0, 1)),
    PRIMARY KEY (public_key, slot, kind)
  ) STRICT, WITHOUT ROWID;
  `,
  // Burns are read from receipts.
  `
  CREATE TABLE checked_receipts (block_hash TEXT PRIMARY KEY, data BLOB NOT NULL, crc INTEGER NOT NULL) STRICT;
  INSERT INTO checked_receipts SELECT block_hash, data, row_checksum(block_hash, data) FROM receipts;
  DROP TABLE receipts;
  ALTER TABLE checked_receipts RENAME TO receipts;
  `,
  // Blocks carry changes of the members.
  '',
];
/** Files before this version hold blocks of another form, if any. */
const FIRST_OF_THESE_BLOCKS = 5;

const versionOf = (db: Database): number => db.pragma('user_version', { simple: true }) as number;

/**
 * Brings a file to this program's version, each step in one transaction with its number.
 * @throws ServiceError `STORE_VERSION` when the file was written by a newer program, or by one with other blocks.
 */
export function migrate(db: Database, migrations: readonly string[] = MIGRATIONS): void {
  checkNotNewer(db, migrations);
  checkBlocks(db);
  db.function('row_checksum', { varargs: true, deterministic: true }, rowChecksum);
  for (let version = versionOf(db); version < migrations.length; version++) {
    db.transaction(() => {
      db.exec(migrations[version] as string);
      db.pragma(`user_version = ${version + 1}`);
    }).exclusive();
  }
}

/** For a connection that may not write. @throws ServiceError `STORE_VERSION` unless the file has exactly this version. */
export function checkVersion(db: Database): void {
  checkNotNewer(db, MIGRATIONS);
  const version = versionOf(db);
  if (version === MIGRATIONS.length) return;
  throw new ServiceError(
    'STORE_VERSION',
    `the store has version ${version}, this program needs ${MIGRATIONS.length}: open it for writing once`,
    { version },
  );
}

function checkNotNewer(db: Database, migrations: readonly string[]): void {
  const version = versionOf(db);
  if (version <= migrations.length) return;
  throw new ServiceError(
    'STORE_VERSION',
    `the store has version ${version}, this program knows ${migrations.length}: use a newer program`,
    { version },
  );
}

function checkBlocks(db: Database): void {
  const version = versionOf(db);
  if (version >= FIRST_OF_THESE_BLOCKS) return;
  const tables = db.prepare("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'blocks'").pluck();
  if (tables.get() === 0 || db.prepare('SELECT count(*) FROM blocks').pluck().get() === 0) return;
  throw new ServiceError(
    'STORE_VERSION',
    `the store has version ${version}, whose blocks this program can't read: begin with another data folder`,
    { version },
  );
}
