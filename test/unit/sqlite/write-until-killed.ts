import { writeSync } from 'node:fs';
import { openStore } from '../../../node-core/adapters/sqlite/open-store.ts';
import { slot } from '../../../node-core/primitives/ids.ts';
import type { GuardRecord } from '../../../node-core/ports/signer.ts';
import { NO_TRIE, jsonCodec, sampleBlock, samplePointers } from '../../support/store/sample-blocks.ts';

/** Writes without end and prints each acknowledgement as `block N`, `value N` or `guard N`. */
const store = await openStore({ folder: process.argv[2] as string, onFatal: () => process.exit(1), ...jsonCodec });
const print = (line: string): void => void writeSync(1, `${line}\n`);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const chain = await store.port.loadChain();
const first = chain === null ? 1 : Number(BigInt(chain.pointers.headRoot)) + 1;

async function blocks(): Promise<never> {
  for (let id = first; ; id++) {
    const block = sampleBlock(id, id - 1, id - 1);
    const { blockHash } = block.signedBlock.block.payload;
    const nodes = Array.from({ length: 40 }, (_, i) => [bytes(`${id}/${i}`), bytes('x'.repeat(200))] as const);
    await store.port.persistBlocks(
      [{ ...block, staged: { blockHash, nodes, trie: NO_TRIE, receipts: bytes(`${id}`) } }],
      samplePointers(id, id),
    );
    print(`block ${id}`);
  }
}

async function values(): Promise<never> {
  for (let id = first; ; id++) {
    await store.port.putValue('counter', `${id}`);
    print(`value ${id}`);
  }
}

async function guards(): Promise<never> {
  for (let record = await store.guard.read('key'); ;) {
    const next: GuardRecord = { ...record, lastProposedSlot: slot((record.lastProposedSlot ?? 0) + 1) };
    await store.guard.advance('key', record, next);
    print(`guard ${next.lastProposedSlot}`);
    record = next;
  }
}

await Promise.all([blocks(), values(), guards()]);
