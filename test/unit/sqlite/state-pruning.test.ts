import { expect, it } from 'vitest';
import type { BlockWrite } from '../../../node-core/ports/store.ts';
import type { StagedTrie } from '../../../node-core/ports/execution.ts';
import { openSampleStore } from '../../support/store/open-sample-store.ts';
import { sampleBlock, samplePointers } from '../../support/store/sample-blocks.ts';

const hash = (name: string): Uint8Array => new Uint8Array(32).fill(name.charCodeAt(0));
const pair = (name: string) => [hash(name), new TextEncoder().encode(name)] as const;

/** A block with the nodes that it creates and replaces, and its code, each named by one letter. */
function block(id: number, parentId: number, height: number, created: string, replaced: string, code = ''): BlockWrite {
  const sample = sampleBlock(id, parentId, height);
  const { blockHash } = sample.signedBlock.block.payload;
  const trie: StagedTrie = { created: [...created].map(pair), replaced: [...replaced].map(hash), keepBlocks: 1 };
  return { ...sample, staged: { blockHash, nodes: [...code].map(pair), trie, receipts: new Uint8Array() } };
}

async function open() {
  const { port, reader } = await openSampleStore();
  return {
    async persist(written: BlockWrite, headId: number, finalizedId: number): Promise<void> {
      await port.persistBlocks([written], samplePointers(headId, finalizedId));
    },
    has: (names: string): string => [...names].filter((name) => reader.get(hash(name)) !== undefined).join(''),
  };
}

it('deletes a node with its last place, once the block that replaced it is final', async () => {
  const { persist, has } = await open();
  await persist(block(1, 0, 1, 'aab', ''), 1, 1);
  await persist(block(2, 1, 2, 'c', 'ab'), 2, 1);
  expect(has('abc')).toBe('abc');
  await persist(block(3, 2, 3, 'd', 'c'), 3, 2);
  expect(has('abcd')).toBe('acd');
  await persist(block(4, 3, 4, '', 'a'), 4, 4);
  expect(has('abcd')).toBe('d');
});

it('takes back what a block created that finality left behind, and none of what it replaced', async () => {
  const { persist, has } = await open();
  await persist(block(1, 0, 1, 'ab', ''), 1, 1);
  await persist(block(2, 1, 2, 'xy', 'a'), 2, 1);
  await persist(block(3, 1, 2, 'yz', 'b'), 3, 1);
  expect(has('abxyz')).toBe('abxyz');
  await persist(block(4, 3, 3, '', ''), 4, 3);
  expect(has('abxyz')).toBe('ayz');
});

it('counts a block once that is written twice', async () => {
  const { persist, has } = await open();
  await persist(block(1, 0, 1, 'a', ''), 1, 1);
  await persist(block(1, 0, 1, 'a', ''), 1, 1);
  await persist(block(2, 1, 2, 'b', 'a'), 2, 2);
  expect(has('ab')).toBe('b');
});

it('keeps code for good, also when its bytes are those of a node', async () => {
  const { persist, has } = await open();
  await persist(block(1, 0, 1, 'ab', '', 'a'), 1, 1);
  await persist(block(2, 1, 2, '', 'ab'), 2, 2);
  await persist(block(3, 2, 3, 'a', ''), 3, 3);
  await persist(block(4, 3, 4, '', 'a'), 4, 4);
  expect(has('ab')).toBe('a');
});
