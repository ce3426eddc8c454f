import { readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { slot } from '../../../node-core/primitives/ids.ts';
import { DISARMED_KEY } from '../../../node-core/adapters/sqlite/guard-table.ts';
import { openSampleStore } from '../../support/store/open-sample-store.ts';
import { NO_TRIE, rootOf, sampleBlock, samplePointers } from '../../support/store/sample-blocks.ts';
import { temporaryFolder } from '../../support/store/temporary-folder.ts';

const entry = { atMs: 1, actor: 'operator', action: 'halt', reason: 'drill', detail: '' };

it('writes a backup while writes go on; the restored store is whole and disarmed (INV-11)', async () => {
  const { port, guard, backup } = await openSampleStore();
  await port.persistBlocks([sampleBlock(1, 0, 0)], samplePointers(1, 1));
  const record = {
    lastProposedSlot: slot(5),
    lastVotedSlot: null,
    lastVotedRoot: null,
    lockedRoot: null,
    lockedSlot: null,
  };
  await guard.advance('key', await guard.read('key'), record);
  const target = join(temporaryFolder(), 'backup.db');
  const writes = Array.from({ length: 200 }, (_, i) => port.putValue(`${i}`, 'x'));
  await Promise.all([backup(target), ...writes]);
  expect(statSync(target).mode & 0o777).toBe(0o600);
  expect(await port.getValue(DISARMED_KEY)).toBeNull();

  const folder = temporaryFolder();
  renameSync(target, join(folder, 'node.db'));
  const restored = await openSampleStore({ folder });
  expect((await restored.port.loadChain())?.pointers.headRoot).toBe(rootOf(1));
  expect(await restored.guard.read('key')).toEqual(record);
  expect(JSON.parse((await restored.port.getValue(DISARMED_KEY)) as string)).toEqual({
    backupAtMs: expect.any(Number),
  });
  expect(await restored.integrityCheck()).toEqual([]);

  const next = { ...record, lastProposedSlot: slot(6) };
  await expect(restored.guard.advance('key', record, next)).rejects.toMatchObject({ code: 'GUARD_REFUSED' });
  expect([await guard.disarmed(), await restored.guard.disarmed()]).toEqual([false, true]);
  const lock = { root: rootOf(1), slot: slot(80) };
  await restored.guard.rearm('key', slot(90), lock);
  expect(await restored.guard.disarmed()).toBe(false);
  const slots = { lastProposedSlot: slot(90), lastVotedSlot: slot(90) };
  const armed = { ...record, ...slots, lockedRoot: lock.root, lockedSlot: lock.slot };
  expect(await restored.guard.read('key')).toEqual(armed);
  await expect(restored.guard.advance('key', record, next)).rejects.toMatchObject({ code: 'GUARD_REFUSED' });
  await restored.guard.advance('key', armed, { ...armed, lastProposedSlot: slot(91) });
  expect(await restored.port.getValue(DISARMED_KEY)).toBeNull();
});

it('never overwrites a file with a backup', async () => {
  const { backup, folder } = await openSampleStore();
  const before = readFileSync(join(folder, 'lock.pid'));
  await expect(backup(join(folder, 'lock.pid'))).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
  expect(readFileSync(join(folder, 'lock.pid'))).toEqual(before);
});

it('verifies the audit log, and finds where somebody changed it', async () => {
  const { port, verifyAudit, close, folder } = await openSampleStore();
  for (let atMs = 1; atMs <= 5; atMs++) await port.appendAudit({ ...entry, atMs });
  expect(await verifyAudit()).toEqual({ entries: 5, brokenAt: null });
  await close();
  const db = new BetterSqlite3(join(folder, 'node.db'));
  expect(() => db.exec("UPDATE audit SET reason = 'none' WHERE sequence = 3")).toThrow('append-only');
  expect(() => db.exec('DELETE FROM audit')).toThrow('append-only');
  db.exec("DROP TRIGGER audit_is_append_only; UPDATE audit SET reason = 'none' WHERE sequence = 3");
  db.close();
  expect(await (await openSampleStore({ folder })).verifyAudit()).toEqual({ entries: 2, brokenAt: 3 });
});

it('reads what was staged with a block, and nothing of what was not committed', async () => {
  const { port, reader } = await openSampleStore();
  const block = sampleBlock(1, 0, 0);
  const { blockHash } = block.signedBlock.block.payload;
  // A view into a larger buffer, as hashing libraries hand them out.
  const pool = new Uint8Array(1000).fill(9);
  const nodes = [
    [pool.subarray(3, 35), pool.subarray(100, 105)],
    [new Uint8Array([1]), new Uint8Array()],
  ] as const;
  const refused = port.persistBlocks(
    [{ ...block, staged: { blockHash, nodes, trie: NO_TRIE, receipts: pool.subarray(0, 2) } }],
    samplePointers(9, 9),
  );
  await expect(refused).rejects.toMatchObject({ code: 'UNKNOWN_BLOCK' });
  expect(reader.get(pool.subarray(3, 35))).toBeUndefined();
  await port.persistBlocks(
    [{ ...block, staged: { blockHash, nodes, trie: NO_TRIE, receipts: pool.subarray(0, 2) } }],
    samplePointers(1, 1),
  );
  expect(new Uint8Array(reader.get(pool.subarray(3, 35)) ?? [])).toEqual(new Uint8Array(5).fill(9));
  expect(reader.get(new Uint8Array([1]))?.byteLength).toBe(0);
  expect(new Uint8Array(reader.receipts(blockHash) ?? [])).toEqual(new Uint8Array(2).fill(9));
});
