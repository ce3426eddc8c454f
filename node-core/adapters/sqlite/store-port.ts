import type { SignedBlock } from '../../domain/consensus/types.ts';
import type { BlockRoot, Outpoint } from '../../primitives/ids.ts';
import type { Sats, Wei } from '../../primitives/units.ts';
import type { BlockRecord, BlockWrite, ChainPointers, OperationRecord, StorePort } from '../../ports/store.ts';
import { operationTerms } from './operation-terms.ts';
import { ownBytes, packHashes, packPairs } from './packing.ts';
import type { BlockRow, OperationRow, PointersRow, StagedRow, StoredBlockRow } from './rows.ts';
import type { StoreThread } from './store-thread.ts';
import type { ReaderRequests, WriterRequests } from './thread-protocol.ts';

/** How blocks become bytes: the composition root's choice, the same for the file's whole life. */
export interface BlockCodec {
  encodeBlock(block: SignedBlock): Uint8Array;
  /** @throws for bytes that are no block. */
  decodeBlock(data: Uint8Array): SignedBlock;
}

/**
 * The port over the two threads. A read sees every write that was acknowledged before the read was asked for, a load
 * every write that was asked for, and is answered when every write that it may have seen is on disk: between commit and
 * sync other connections see it already.
 */
export function createStorePort(
  writer: StoreThread<WriterRequests>,
  reader: StoreThread<ReaderRequests>,
  codec: BlockCodec,
): StorePort {
  const read = async <N extends keyof ReaderRequests & string>(
    name: N,
    argument: Parameters<ReaderRequests[N]>[0],
  ): Promise<ReturnType<ReaderRequests[N]>> => {
    const answer = await reader.call(name, argument);
    await writer.settled();
    return answer;
  };
  const load: typeof read = async (name, argument) => {
    await writer.settled();
    return read(name, argument);
  };
  const toRecord = (row: StoredBlockRow): BlockRecord => ({
    root: row.root as BlockRoot,
    signedBlock: codec.decodeBlock(row.data),
    burnedFeesWei: BigInt(row.burnedFeesWei) as Wei,
    totals: {
      mintCount: BigInt(row.totalMintCount),
      mintedSats: BigInt(row.totalMintedSats) as Sats,
      burnedFeesWei: BigInt(row.totalBurnedFeesWei) as Wei,
    },
  });
  const toRow = ({ root, signedBlock, burnedFeesWei, totals, staged }: BlockWrite): BlockRow => {
    const { parentRoot, height, slot, payload, pegIns } = signedBlock.block;
    return {
      root,
      parentRoot,
      height,
      slot,
      evmHash: payload.blockHash,
      burnedFeesWei: burnedFeesWei.toString(),
      totalMintCount: totals.mintCount.toString(),
      totalMintedSats: totals.mintedSats.toString(),
      totalBurnedFeesWei: totals.burnedFeesWei.toString(),
      data: ownBytes(codec.encodeBlock(signedBlock)),
      mints: pegIns.map(({ outpoint }) => outpoint),
      staged: staged && {
        blockHash: staged.blockHash,
        nodes: packPairs(staged.nodes),
        created: packPairs(staged.trie.created),
        replaced: packHashes(staged.trie.replaced),
        keepBlocks: staged.trie.keepBlocks,
        receipts: ownBytes(staged.receipts),
      },
    };
  };

  return {
    async persistBlocks(blocks, pointers) {
      const rows = blocks.map(toRow);
      await writer.call('persistBlocks', { blocks: rows, pointers: pointers && pointersToRow(pointers) }, sizeOf(rows));
    },
    async persistPointers(pointers) {
      await writer.call('persistPointers', pointersToRow(pointers));
    },
    async loadChain() {
      const chain = await load('loadChain', undefined);
      return (
        chain && {
          pointers: pointersFromRow(chain.pointers),
          recent: chain.recent.map(toRecord),
          minted: chain.minted as Outpoint[],
        }
      );
    },
    async readBlocks(fromHeight, limit) {
      return (await read('readBlocks', { fromHeight, limit })).map(toRecord);
    },
    async readBlock(root) {
      const row = await read('readBlock', root);
      return row && toRecord(row);
    },
    async persistOperations(records) {
      await writer.call('persistScan', { operations: records.map(operationToRow), values: [] });
    },
    loadOperations: (filter) => load('findOperations', filter),
    async putValue(key, value) {
      await writer.call('persistScan', { operations: [], values: [[key, value]] });
    },
    getValue: (key) => load('getValue', key),
    async persistScan({ operations, values }) {
      await writer.call('persistScan', { operations: operations.map(operationToRow), values });
    },
    async putEvidence(evidence) {
      await writer.call('putEvidence', evidence);
    },
    loadEvidence: (limit) => load('loadEvidence', limit),
    appendAudit: (entry) => writer.call('appendAudit', entry),
    readAudit: (limit) => read('readAudit', limit),
  };
}

const operationToRow = (record: OperationRecord): OperationRow => ({
  ...record,
  terms: operationTerms(record.id, record.data),
});

const pointersToRow = ({ headRoot, finalizedRoot, highCertificate }: ChainPointers): PointersRow => ({
  headRoot,
  finalizedRoot,
  highCertificate: JSON.stringify(highCertificate),
});

const pointersFromRow = ({ headRoot, finalizedRoot, highCertificate }: PointersRow): ChainPointers => ({
  headRoot: headRoot as BlockRoot,
  finalizedRoot: finalizedRoot as BlockRoot,
  highCertificate: JSON.parse(highCertificate) as ChainPointers['highCertificate'],
});

const sizeOf = (rows: readonly BlockRow[]): number =>
  rows.reduce((sum, { data, staged }) => sum + data.byteLength + (staged === null ? 0 : stagedSize(staged)), 0);

const stagedSize = ({ nodes, created, replaced, receipts }: StagedRow): number =>
  nodes.byteLength + created.byteLength + replaced.byteLength + receipts.byteLength;
