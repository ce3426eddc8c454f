import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { MIGRATIONS, migrate } from '../../../node-core/adapters/sqlite/schema.ts';
import { openStore } from '../../../node-core/adapters/sqlite/open-store.ts';
import { SqliteStateReader } from '../../../node-core/adapters/sqlite/state-reader.ts';
import { evmBlockHash } from '../../../node-core/primitives/ids.ts';
import { openSampleStore } from '../../support/store/open-sample-store.ts';
import { jsonCodec } from '../../support/store/sample-blocks.ts';
import { temporaryFolder } from '../../support/store/temporary-folder.ts';

const BLOCK = evmBlockHash(`0x${'ab'.repeat(32)}`);

const versionOf = (db: BetterSqlite3.Database) => db.pragma('user_version', { simple: true });

it('applies only the migrations that a file lacks', () => {
  const db = new BetterSqlite3(':memory:');
  const first = ['CREATE TABLE a (x INTEGER)'];
  migrate(db, first);
  db.exec('INSERT INTO a VALUES (1)');
  migrate(db, [...first, 'ALTER TABLE a ADD COLUMN y INTEGER DEFAULT 2']);
  migrate(db, [...first, 'ALTER TABLE a ADD COLUMN y INTEGER DEFAULT 2']);
  expect(db.prepare('SELECT * FROM a').all()).toEqual([{ x: 1, y: 2 }]);
  expect(versionOf(db)).toBe(2);
});

it('leaves a file as it was when a migration fails', () => {
  const db = new BetterSqlite3(':memory:');
  expect(() => migrate(db, ['CREATE TABLE a (x INTEGER); INSERT INTO nowhere VALUES (1)'])).toThrow(/nowhere/);
  expect(db.prepare('SELECT count(*) FROM sqlite_master').pluck().get()).toBe(0);
  expect(versionOf(db)).toBe(0);
});

it('gives receipts that an earlier program stored their checksums', () => {
  const file = join(temporaryFolder(), 'node.db');
  const db = new BetterSqlite3(file);
  migrate(db, MIGRATIONS.slice(0, 3));
  db.prepare('INSERT INTO receipts (block_hash, data) VALUES (?, ?)').run(BLOCK, Uint8Array.of(1, 2));
  migrate(db);
  db.close();
  const onFatal = (error: Error): void => {
    throw error;
  };
  const reader = new SqliteStateReader(file, () => true, onFatal);
  expect([...(reader.receipts(BLOCK) ?? [])]).toEqual([1, 2]);
  reader.close();
});

it('refuses a file of a newer program', async () => {
  const { folder, close } = await openSampleStore();
  await close();
  const db = new BetterSqlite3(join(folder, 'node.db'));
  db.pragma(`user_version = ${MIGRATIONS.length + 1}`);
  db.close();
  await expect(openStore({ folder, onFatal: () => undefined, ...jsonCodec })).rejects.toMatchObject({
    code: 'STORE_VERSION',
  });
});

it('refuses a file with blocks of another form', async () => {
  const { folder, close } = await openSampleStore();
  await close();
  const db = new BetterSqlite3(join(folder, 'node.db'));
  db.exec("INSERT INTO blocks VALUES ('0x', '0x', 0, 0, '0x', '0', '0', '0', '0', x'00', 0)");
  db.pragma('user_version = 4');
  db.close();
  await expect(openStore({ folder, onFatal: () => undefined, ...jsonCodec })).rejects.toMatchObject({
    code: 'STORE_VERSION',
    message: expect.stringMatching(/version 4, whose blocks .* another data folder/),
  });
});
