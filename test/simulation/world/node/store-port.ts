import type { EquivocationEvidence } from '../../../../node-core/domain/consensus/types.ts';
import type { BlockHeight, BlockRoot } from '../../../../node-core/primitives/ids.ts';
import type { BlockRecord, BlockWrite, ChainPointers, OperationRecord } from '../../../../node-core/ports/store.ts';
import type { Observer } from '../observation.ts';
import type { Disk, DiskContent } from './disk.ts';

/** The chain that ends in `root`, from `fromHeight` on, by height. */
export function chainTo({ blocks }: DiskContent, root: string | undefined, fromHeight: number): BlockRecord[] {
  const chain: BlockRecord[] = [];
  for (let record = blocks.get(root ?? ''); record !== undefined;) {
    const { height, parentRoot } = record.signedBlock.block;
    if (height < fromHeight) break;
    chain.push(record);
    record = blocks.get(parentRoot);
  }
  return chain.reverse();
}

/** The store's port over a simulated disk; what is committed is observed. */
export const storePort = (disk: Disk, node: number, observe: Observer) => ({
  persistBlocks: (blocks: readonly BlockWrite[], pointers: ChainPointers | null) =>
    disk.write((content) => {
      for (const { root, signedBlock, burnedFeesWei, totals } of blocks)
        content.blocks.set(root, { root, signedBlock, burnedFeesWei, totals });
      if (pointers !== null) content.pointers = pointers;
      observe({ kind: 'blocksStored', node, blocks, pointers });
    }),
  persistPointers: (pointers: ChainPointers) =>
    disk.write((content) => {
      content.pointers = pointers;
      observe({ kind: 'blocksStored', node, blocks: [], pointers });
    }),
  loadChain: () =>
    disk.load((content) => {
      const { pointers, blocks } = content;
      if (pointers === null) return null;
      const finalHeight = blocks.get(pointers.finalizedRoot)?.signedBlock.block.height ?? 0;
      const recent = [...blocks.values()]
        .filter(({ signedBlock }) => signedBlock.block.height >= finalHeight)
        .sort((a, b) => a.signedBlock.block.height - b.signedBlock.block.height);
      const minted = chainTo(content, pointers.finalizedRoot, 0).flatMap(({ signedBlock }) =>
        signedBlock.block.pegIns.map(({ outpoint }) => outpoint),
      );
      return { pointers, recent, minted };
    }),
  readBlocks: (fromHeight: BlockHeight, limit: number) =>
    disk.read((content) => chainTo(content, content.pointers?.headRoot, fromHeight).slice(0, limit)),
  readBlock: (root: BlockRoot) => disk.read(({ blocks }) => blocks.get(root) ?? null),
  persistOperations: (records: readonly OperationRecord[]) =>
    disk.write(({ operations }) => {
      for (const record of records) operations.set(record.id, record);
    }),
  loadOperations: ({ terminal, limit }: { readonly terminal?: boolean; readonly limit: number }) =>
    disk.load(({ operations }) =>
      [...operations.values()]
        .filter((record) => terminal === undefined || record.terminal === terminal)
        .sort((a, b) => b.updatedAtMs - a.updatedAtMs)
        .slice(0, limit),
    ),
  putValue: (key: string, value: string | null) =>
    disk.write(({ values }) => {
      put(values, key, value);
      observe({ kind: 'valueStored', node, key, value });
    }),
  getValue: (key: string) => disk.load(({ values }) => values.get(key) ?? null),
  persistScan: (scan: {
    readonly operations: readonly OperationRecord[];
    readonly values: readonly (readonly [key: string, value: string])[];
  }) =>
    disk.write(({ operations, values }) => {
      for (const record of scan.operations) operations.set(record.id, record);
      for (const [key, value] of scan.values) put(values, key, value);
    }),
  putEvidence: (kept: EquivocationEvidence) =>
    disk.write(({ evidence }) => void evidence.set(`${kept.kind}:${kept.slot}:${kept.authority}`, kept)),
  loadEvidence: (limit: number) =>
    disk.load(({ evidence }) => [...evidence.values()].sort((a, b) => b.slot - a.slot).slice(0, limit)),
  appendAudit: () => disk.write((content) => void content.audit++),
  readAudit: () => disk.read(() => []),
});

function put(values: Map<string, string>, key: string, value: string | null): void {
  if (value === null) values.delete(key);
  else values.set(key, value);
}
