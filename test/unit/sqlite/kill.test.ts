import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { blockHeight } from '../../../node-core/primitives/ids.ts';
import { openSampleStore } from '../../support/store/open-sample-store.ts';
import { rootOf } from '../../support/store/sample-blocks.ts';
import { temporaryFolder } from '../../support/store/temporary-folder.ts';

const program = join(import.meta.dirname, 'write-until-killed.ts');

/** Runs the writer on a folder, kills it after so many acknowledgements, and gives the last of each kind. */
async function runAndKill(
  folder: string,
  acknowledgements: number,
): Promise<Readonly<Record<'block' | 'value' | 'guard', number>>> {
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const last = { block: 0, value: 0, guard: 0 };
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [kind, number] = line.split(' ') as ['block' | 'value' | 'guard', string];
    last[kind] = Number(number);
    if (++lines === acknowledgements) child.kill('SIGKILL');
  }
  expect((await exit)[1]).toBe('SIGKILL');
  return last;
}

it(
  'keeps every acknowledged write through kill -9 at any moment, and nothing by halves (INV-24)',
  { timeout: 60_000 },
  async () => {
    const folder = temporaryFolder();
    for (const acknowledgements of [1, 2, 7, 40, 133, 400]) {
      const acknowledged = await runAndKill(folder, acknowledgements);
      const { port, guard, reader, close, integrityCheck } = await openSampleStore({ folder });

      const chain = await port.loadChain();
      const head = chain === null ? 0 : Number(BigInt(chain.pointers.headRoot));
      expect(head).toBeGreaterThanOrEqual(acknowledged.block);
      if (chain !== null) {
        const blocks = await port.readBlocks(blockHeight(0), 1_000_000);
        expect(blocks.map(({ root }) => root)).toEqual(Array.from({ length: head }, (_, i) => rootOf(i + 1)));
        for (const { root, signedBlock } of blocks) {
          const id = Number(BigInt(root));
          expect(new TextDecoder().decode(reader.receipts(signedBlock.block.payload.blockHash))).toBe(`${id}`);
          expect(reader.get(new TextEncoder().encode(`${id}/39`))?.byteLength).toBe(200);
        }
        expect(reader.get(new TextEncoder().encode(`${head + 1}/0`))).toBeUndefined();
      }
      expect(Number(await port.getValue('counter'))).toBeGreaterThanOrEqual(acknowledged.value);
      expect((await guard.read('key')).lastProposedSlot ?? 0).toBeGreaterThanOrEqual(acknowledged.guard);
      expect(await integrityCheck()).toEqual([]);
      await close();
    }
  },
);
