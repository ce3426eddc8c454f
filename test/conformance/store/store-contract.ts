import { describe, expect, it } from 'vitest';
import type { BlsPublicKey, BlsSignature, EquivocationEvidence } from '../../../node-core/domain/consensus/types.ts';
import type { OperationRecord, StorePort } from '../../../node-core/ports/store.ts';
import {
  blockHeight,
  slot,
  authorityIndex,
  epoch,
  evmAddress,
  type OperationId,
  type Outpoint,
} from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { rootOf, sampleBlock, samplePointers } from '../../support/store/sample-blocks.ts';

const operation = (name: string, createdAtMs: number, extra: Partial<OperationRecord> = {}): OperationRecord => ({
  id: `peg-in:${name}` as OperationId,
  kind: 'pegIn',
  state: 'Detected',
  terminal: false,
  data: '{"amountSats":"10000"}',
  createdAtMs,
  updatedAtMs: createdAtMs,
  ...extra,
});

const evidence = (at: number, kind: 'block' | 'vote'): EquivocationEvidence => ({
  kind,
  slot: slot(at),
  authority: authorityIndex(1),
  publicKey: '0x01' as BlsPublicKey,
  firstRoot: rootOf(1),
  secondRoot: rootOf(2),
  firstSignature: '0xaa' as BlsSignature,
  secondSignature: '0xbb' as BlsSignature,
  firstClean: kind === 'vote' ? true : null,
  secondClean: kind === 'vote' ? false : null,
});

/** What every store of the node does. `open` gives an empty one; `reopen` closes it and opens what it left behind. */
export function storeContract(
  name: string,
  open: () => Promise<{ readonly port: StorePort; reopen(): Promise<StorePort> }>,
): void {
  describe(`${name} keeps the store's contract`, () => {
    it('has no chain at first', async () => {
      const { port } = await open();
      expect(await port.loadChain()).toBeNull();
      expect(await port.readBlocks(blockHeight(0), 10)).toEqual([]);
      expect(await port.readBlock(rootOf(1))).toBeNull();
    });

    it('loads what was asked to be written before, acknowledged or not', async () => {
      const { port } = await open();
      const evidenceKept = evidence(1, 'block');
      const writes = [
        port.persistBlocks([sampleBlock(1, 0, 0), sampleBlock(2, 1, 1)], samplePointers(2, 1)),
        port.putValue('halts', '{}'),
        port.persistOperations([operation('a', 1)]),
        port.putEvidence(evidenceKept),
      ];
      expect((await port.loadChain())?.pointers).toEqual(samplePointers(2, 1));
      for (let n = 3; n < 40; n++) {
        writes.push(
          port.persistBlocks([sampleBlock(n, n - 1, n - 1)], samplePointers(n, n - 1)),
          port.putValue('halts', `${n}`),
          port.persistOperations([operation('a', n)]),
          port.putEvidence(evidence(n, 'block')),
        );
        const loads = [
          port.loadChain(),
          port.getValue('halts'),
          port.loadOperations({ limit: 1 }),
          port.loadEvidence(1),
        ];
        const [chain, value, operations, kept] = await Promise.all(loads);
        expect([chain, value, operations, kept]).toMatchObject([
          { pointers: samplePointers(n, n - 1) },
          `${n}`,
          [{ createdAtMs: n }],
          [{ slot: n }],
        ]);
      }
      await Promise.all(writes);
    });

    it('gives back the blocks and pointers that it took, after a reopening too', async () => {
      const { port, reopen } = await open();
      const blocks = [sampleBlock(1, 0, 0), sampleBlock(2, 1, 1), sampleBlock(3, 2, 2)];
      await port.persistBlocks(blocks, samplePointers(3, 2));
      const records = blocks.map(({ staged: _, ...record }) => record);
      for (const open of [async () => port, reopen]) {
        const store = await open();
        expect(await store.loadChain()).toEqual({
          pointers: samplePointers(3, 2),
          recent: records.slice(1),
          minted: [],
        });
        expect(await store.readBlocks(blockHeight(0), 10)).toEqual(records);
        expect(await store.readBlocks(blockHeight(1), 1)).toEqual(records.slice(1, 2));
        expect(await store.readBlock(rootOf(2))).toEqual(records[1]);
      }
    });

    it('loads every known descendant of the finalized block, forks included', async () => {
      const { port } = await open();
      const blocks = [
        sampleBlock(1, 0, 0),
        sampleBlock(2, 1, 1),
        sampleBlock(12, 1, 1),
        sampleBlock(13, 12, 2),
        sampleBlock(99, 50, 3),
      ];
      await port.persistBlocks(blocks, samplePointers(2, 1));
      expect((await port.loadChain())?.recent.map(({ root }) => root)).toEqual([1, 2, 12, 13].map(rootOf));
    });

    it('indexes by height and follows the head through a reorganisation (HOLE-10)', async () => {
      const { port } = await open();
      const trunk = [sampleBlock(1, 0, 0), sampleBlock(2, 1, 1), sampleBlock(3, 2, 2), sampleBlock(4, 3, 3)];
      await port.persistBlocks([...trunk, sampleBlock(13, 2, 2)], samplePointers(4, 1));
      expect((await port.readBlocks(blockHeight(0), 10)).map(({ root }) => root)).toEqual([1, 2, 3, 4].map(rootOf));
      await port.persistPointers(samplePointers(13, 2));
      expect((await port.readBlocks(blockHeight(0), 10)).map(({ root }) => root)).toEqual([1, 2, 13].map(rootOf));
      await port.persistPointers(samplePointers(4, 2));
      expect((await port.readBlocks(blockHeight(2), 10)).map(({ root }) => root)).toEqual([3, 4].map(rootOf));
    });

    it('loads each outpoint that the finalized chain minted, and none of a fork or above it (INV-2)', async () => {
      const { port, reopen } = await open();
      const minting = (id: number, parentId: number, height: number, mintCount: bigint, ...outpoints: string[]) => {
        const { signedBlock, ...rest } = sampleBlock(id, parentId, height);
        const pegIns = outpoints.map((outpoint) => ({
          outpoint: outpoint as Outpoint,
          amountSats: sats(10_000n),
          recipient: evmAddress(`0x${'22'.repeat(20)}`),
          epoch: epoch(0),
          certificate: [],
        }));
        const totals = { ...rest.totals, mintCount };
        return { ...rest, totals, signedBlock: { ...signedBlock, block: { ...signedBlock.block, pegIns } } };
      };
      const blocks = [
        minting(1, 0, 0, 0n),
        minting(2, 1, 1, 2n, 'b:1', 'a:0'),
        minting(12, 1, 1, 1n, 'fork:0'),
        minting(3, 2, 2, 3n, 'c:0'),
        minting(4, 3, 3, 4n, 'd:0'),
      ];
      await port.persistBlocks(blocks, samplePointers(4, 3));
      expect((await (await reopen()).loadChain())?.minted).toEqual(['a:0', 'b:1', 'c:0']);
    });

    it('refuses a finalized block that is not below the head (INV-16)', async () => {
      const { port } = await open();
      await port.persistBlocks(
        [sampleBlock(1, 0, 0), sampleBlock(2, 1, 1), sampleBlock(12, 1, 1)],
        samplePointers(2, 1),
      );
      await expect(port.persistPointers(samplePointers(2, 12))).rejects.toMatchObject({ code: 'UNKNOWN_BLOCK' });
      expect((await port.loadChain())?.pointers).toEqual(samplePointers(2, 1));
    });

    it('refuses to move the head to a block that it lacks, and keeps nothing of that write (INV-17)', async () => {
      const { port } = await open();
      await port.persistBlocks([sampleBlock(1, 0, 0)], samplePointers(1, 1));
      await expect(port.persistBlocks([sampleBlock(2, 1, 1)], samplePointers(77, 1))).rejects.toMatchObject({
        code: 'UNKNOWN_BLOCK',
      });
      expect(await port.readBlock(rootOf(2))).toBeNull();
      expect((await port.loadChain())?.pointers).toEqual(samplePointers(1, 1));
    });

    it('takes the same block twice', async () => {
      const { port } = await open();
      await port.persistBlocks([sampleBlock(1, 0, 0)], samplePointers(1, 1));
      await port.persistBlocks([sampleBlock(1, 0, 0)], null);
      expect(await port.readBlocks(blockHeight(0), 10)).toHaveLength(1);
    });

    it('keeps the last version of an operation and filters by its end', async () => {
      const { port } = await open();
      await port.persistOperations([operation('a', 1), operation('b', 2)]);
      const done = operation('a', 1, { state: 'Completed', terminal: true, updatedAtMs: 9 });
      await port.persistOperations([done]);
      expect(await port.loadOperations({ terminal: false, limit: 10 })).toEqual([operation('b', 2)]);
      expect(await port.loadOperations({ terminal: true, limit: 10 })).toEqual([done]);
      expect(await port.loadOperations({ limit: 1 })).toHaveLength(1);
    });

    it("moves a scan's cursor with what it found", async () => {
      const { port, reopen } = await open();
      await port.persistScan({ operations: [operation('a', 1)], values: [['scan', '{"height":5}']] });
      const again = await reopen();
      expect(await again.getValue('scan')).toBe('{"height":5}');
      expect(await again.loadOperations({ limit: 10 })).toEqual([operation('a', 1)]);
    });

    it('puts, replaces and deletes named values', async () => {
      const { port } = await open();
      expect(await port.getValue('halt')).toBeNull();
      await port.putValue('halt', '1');
      await port.putValue('halt', '2');
      expect(await port.getValue('halt')).toBe('2');
      await port.putValue('halt', null);
      expect(await port.getValue('halt')).toBeNull();
    });

    it('keeps evidence with its signatures over a reopening, once for each key, slot and kind', async () => {
      const { port, reopen } = await open();
      await port.putEvidence(evidence(4, 'vote'));
      await port.putEvidence({ ...evidence(4, 'vote'), secondRoot: rootOf(3) });
      await port.putEvidence(evidence(4, 'block'));
      await port.putEvidence(evidence(9, 'vote'));
      const again = await reopen();
      expect(await again.loadEvidence(10)).toEqual([evidence(9, 'vote'), evidence(4, 'block'), evidence(4, 'vote')]);
      expect(await again.loadEvidence(1)).toEqual([evidence(9, 'vote')]);
    });

    it('keeps a bounded number of evidence for each key', async () => {
      const { port } = await open();
      for (let at = 1; at <= 70; at++) await port.putEvidence(evidence(at, 'vote'));
      const other = { ...evidence(1, 'vote'), publicKey: '0x02' as BlsPublicKey };
      await port.putEvidence(other);
      const kept = await port.loadEvidence(100);
      expect(kept).toHaveLength(65);
      expect(kept).toContainEqual(other);
    });

    it('chains audit entries, each to the one before', async () => {
      const { port, reopen } = await open();
      const entry = { atMs: 1, actor: 'operator', action: 'halt', reason: 'drill', detail: '' };
      const first = await port.appendAudit(entry);
      const second = await (await reopen()).appendAudit({ ...entry, atMs: 2 });
      expect(first).toMatchObject({ ...entry, sequence: 1, previousHash: '0'.repeat(64) });
      expect(second).toMatchObject({ sequence: 2, previousHash: first.hash });
    });

    it('reads the newest audit entries in their order', async () => {
      const { port } = await open();
      const entry = { actor: 'operator', action: 'restart', reason: 'é "quoted"', detail: '{}' };
      await Promise.all([1, 2, 3, 4].map((atMs) => port.appendAudit({ ...entry, atMs })));
      expect((await port.readAudit(2)).map(({ sequence }) => sequence)).toEqual([3, 4]);
    });

    it('answers a crowd of writers, each with its own outcome', async () => {
      const { port } = await open();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 300 }, (_, i) =>
          i % 10 === 3 ? port.persistPointers(samplePointers(1000 + i, 1)) : port.putValue(`value-${i}`, `${i}`),
        ),
      );
      expect(outcomes.map(({ status }) => status)).toEqual(
        outcomes.map((_, i) => (i % 10 === 3 ? 'rejected' : 'fulfilled')),
      );
      expect(await port.getValue('value-299')).toBe('299');
    });
  });
}
