import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openWriter } from '../../../node-core/adapters/sqlite/connection.ts';
import { toStoreError } from '../../../node-core/adapters/sqlite/errors.ts';
import { createGuardTable } from '../../../node-core/adapters/sqlite/guard-table.ts';
import type { Store } from '../../../node-core/adapters/sqlite/open-store.ts';
import { createReads } from '../../../node-core/adapters/sqlite/reads.ts';
import { migrate } from '../../../node-core/adapters/sqlite/schema.ts';
import { checkSmallTables } from '../../../node-core/adapters/sqlite/small-tables.ts';
import type { OperationRecord } from '../../../node-core/ports/store.ts';
import { type OperationId, blockHeight, slot } from '../../../node-core/primitives/ids.ts';
import { openSampleStore } from '../../support/store/open-sample-store.ts';
import { NO_TRIE, rootOf, sampleBlock, samplePointers } from '../../support/store/sample-blocks.ts';
import { temporaryFolder } from '../../support/store/temporary-folder.ts';

const EMPTY = { lastProposedSlot: null, lastVotedSlot: null, lastVotedRoot: null, lockedRoot: null, lockedSlot: null };
const SIGNED = { ...EMPTY, lastProposedSlot: slot(9), lastVotedSlot: slot(9), lastVotedRoot: rootOf(9) };
const text = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

const OPERATION: OperationRecord = {
  id: 'peg-in:a' as OperationId,
  kind: 'pegIn',
  state: 'Detected',
  terminal: false,
  data: '{}',
  createdAtMs: 1,
  updatedAtMs: 2,
};

/** Numbers from a fixed seed (Lehmer's generator), so that every run damages the same places. */
function* chances(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state * 48_271) % 2_147_483_647;
    yield state / 2_147_483_647;
  }
}

const stagedBlock = (id: number) => {
  const block = sampleBlock(id, id - 1, id - 1);
  const { blockHash } = block.signedBlock.block.payload;
  const nodes = Array.from({ length: 10 }, (_, i) => [bytes(`${id}/${i}`), bytes('x'.repeat(100))] as const);
  return { ...block, staged: { blockHash, nodes, trie: NO_TRIE, receipts: bytes(`${id}`) } };
};

/** The chain of a store, after checking that whatever it has it has whole. */
async function wholeChainLength({ port, reader }: Store): Promise<number> {
  const chain = await port.loadChain();
  if (chain === null) return 0;
  const length = Number(BigInt(chain.pointers.headRoot));
  const blocks = await port.readBlocks(blockHeight(0), 1_000);
  expect(blocks.map(({ root }) => root)).toEqual(Array.from({ length }, (_, i) => rootOf(i + 1)));
  for (let id = 1; id <= length; id++) {
    expect(text(reader.receipts(stagedBlock(id).staged.blockHash))).toBe(`${id}`);
    for (let i = 0; i < 10; i++) expect(reader.get(bytes(`${id}/${i}`))).toHaveLength(100);
  }
  expect(reader.get(bytes(`${length + 1}/0`))).toBeUndefined();
  return length;
}

describe('a power cut', () => {
  it('leaves a whole prefix of what was written, wherever the log is torn (INV-24)', { timeout: 60_000 }, async () => {
    const source = await openSampleStore();
    for (let id = 1; id <= 20; id++) await source.port.persistBlocks([stagedBlock(id)], samplePointers(id, id));
    const logSize = statSync(join(source.folder, 'node.db-wal')).size;
    const chance = chances(11);
    const lengths: number[] = [];
    for (let cut = 0; cut < 8; cut++) {
      const folder = temporaryFolder();
      for (const name of ['node.db', 'node.db-wal']) copyFileSync(join(source.folder, name), join(folder, name));
      // Cut at a sector, the last of which was being written.
      const size = Math.floor(chance.next().value * (logSize / 512)) * 512;
      truncateSync(join(folder, 'node.db-wal'), size);
      const log = readFileSync(join(folder, 'node.db-wal'));
      writeFileSync(join(folder, 'node.db-wal'), log.fill(0xa5, Math.max(0, size - 512)));
      const store = await openSampleStore({ folder });
      lengths.push(await wholeChainLength(store));
      expect(await store.integrityCheck()).toEqual([]);
      await store.close();
    }
    expect(new Set(lengths).size).toBeGreaterThan(3);
  });
});

/** What a node needs of its store at a start, read as its threads do. */
function readForStart(file: string) {
  const db = openWriter(file);
  try {
    migrate(db);
    checkSmallTables(db);
    const reads = createReads(db);
    return {
      guard: createGuardTable(db).guardRead('key'),
      halt: reads.getValue('halt'),
      pointers: reads.loadChain()?.pointers,
      chain: reads
        .readBlocks({ fromHeight: 0, limit: 10 })
        .map(({ root, data }) => [root, Buffer.from(data).toString()]),
    };
  } finally {
    db.close();
  }
}

describe('a flipped bit', () => {
  it('is refused or changes nothing that is read, wherever it is', { timeout: 60_000 }, async () => {
    const source = await openSampleStore();
    for (let id = 1; id <= 4; id++)
      await source.port.persistBlocks([sampleBlock(id, id - 1, id - 1)], samplePointers(id, id));
    await source.port.putValue('halt', '{"halted":true}');
    await source.guard.advance('key', EMPTY, SIGNED);
    await source.close();
    const file = join(source.folder, 'node.db');
    const intact = readFileSync(file);
    const expected = readForStart(file);
    const chance = chances(7);
    const outcomes = { refused: 0, unharmed: 0 };
    for (let flip = 0; flip < 500; flip++) {
      const damaged = Buffer.from(intact);
      // Anywhere in the file, but not in the free space of its pages: that is most of a small one.
      let at = 0;
      do at = Math.floor(chance.next().value * damaged.length);
      while (damaged[at] === 0);
      damaged[at] = (damaged[at] as number) ^ (1 << Math.floor(chance.next().value * 8));
      writeFileSync(file, damaged);
      try {
        expect(readForStart(file)).toEqual(expected);
        outcomes.unharmed += 1;
      } catch (error) {
        if (error instanceof Error && error.name === 'AssertionError') throw error;
        expect(toStoreError(error).code).toMatch(/^STORE_(?:CORRUPT|VERSION|INTERNAL)$/);
        outcomes.refused += 1;
      }
    }
    expect(outcomes.refused).toBeGreaterThan(100);
    expect(outcomes.unharmed).toBeGreaterThan(20);
  });

  it('is found by the check of the whole store, table by table', async () => {
    const { port, guard, close, folder } = await openSampleStore();
    await port.persistBlocks([stagedBlock(1)], samplePointers(1, 1));
    await port.persistScan({ operations: [OPERATION], values: [['halt', '1']] });
    await guard.advance('key', EMPTY, SIGNED);
    await close();
    const db = openWriter(join(folder, 'node.db'));
    db.pragma('foreign_keys = OFF');
    db.exec('DROP TRIGGER guard_only_rises');
    const { integrityCheck } = createReads(db);
    expect(integrityCheck()).toEqual([]);
    for (const damage of [
      "blocks SET total_burned_fees_wei = '0'",
      "receipts SET data = x'00'",
      "operations SET state = 'Completed'",
      "named_values SET value = '0'",
      "pointers SET high_certificate = '{}'",
      'guard SET last_voted_slot = 8',
    ]) {
      db.exec(`SAVEPOINT whole; UPDATE ${damage}`);
      const [table] = damage.split(' ');
      expect(integrityCheck()).toEqual([`1 rows of ${table} don't match their checksums`]);
      db.exec('ROLLBACK TO whole; RELEASE whole');
    }
    db.close();
  });

  it.each([
    ["in a guard record's key", "UPDATE guard SET key_id = 'other'"],
    ["in a value's key", "UPDATE named_values SET key = 'halu'"],
    ['in a pointer', 'UPDATE pointers SET finalized_root = head_root'],
    ['in a minted outpoint', "UPDATE mints SET outpoint = 'b:0'"],
    ['that hides a minted outpoint', 'DELETE FROM mints'],
    ["in a block's totals", "UPDATE blocks SET total_mint_count = '0'"],
  ])('%s is found when the store opens or loads its chain', async (_, statement) => {
    const { port, guard, close, folder } = await openSampleStore();
    const { signedBlock, totals, ...rest } = sampleBlock(2, 1, 1);
    const pegIns = [{ outpoint: 'a:0' }] as unknown as typeof signedBlock.block.pegIns;
    const minting = {
      ...rest,
      totals: { ...totals, mintCount: 1n },
      signedBlock: { ...signedBlock, block: { ...signedBlock.block, pegIns } },
    };
    await port.persistBlocks(
      [sampleBlock(1, 0, 0), minting, { ...sampleBlock(3, 2, 2), totals: minting.totals }],
      samplePointers(3, 2),
    );
    await port.putValue('halt', '1');
    await guard.advance('key', EMPTY, SIGNED);
    await close();
    const db = new BetterSqlite3(join(folder, 'node.db'));
    db.exec(`DROP TRIGGER guard_only_rises; ${statement}`);
    db.close();
    const reading = async (): Promise<unknown> => {
      const store = await openSampleStore({ folder, onFatal: () => undefined });
      await store.guard.read('key');
      return store.port.loadChain();
    };
    await expect(reading()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });
});
