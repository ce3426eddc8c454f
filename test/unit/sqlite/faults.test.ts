import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { openStore } from '../../../node-core/adapters/sqlite/open-store.ts';
import type { AlysError } from '../../../node-core/primitives/errors.ts';
import { slot } from '../../../node-core/primitives/ids.ts';
import { openSampleStore } from '../../support/store/open-sample-store.ts';
import { jsonCodec, rootOf, sampleBlock, samplePointers } from '../../support/store/sample-blocks.ts';
import { temporaryFolder } from '../../support/store/temporary-folder.ts';

const workerUrl = new URL('./failing-disk-worker.ts', import.meta.url);
const EMPTY = { lastProposedSlot: null, lastVotedSlot: null, lastVotedRoot: null, lockedRoot: null, lockedSlot: null };

it.each(['commit', 'sync'])(
  'refuses everything after a failed %s, says so once, and acknowledges nothing of it (INV-24)',
  async (step) => {
    const fatal: AlysError[] = [];
    const { folder, port, guard, close } = await openSampleStore({ workerUrl, onFatal: (error) => fatal.push(error) });
    await port.putValue('before', '1');
    writeFileSync(join(folder, `fail-${step}`), '');
    const crowd = await Promise.allSettled(['a', 'b', 'c'].map((key) => port.putValue(key, '1')));
    for (const outcome of crowd)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'STORE_SYNC_FAILED' } });
    rmSync(join(folder, `fail-${step}`));
    await expect(port.putValue('after', '1')).rejects.toMatchObject({ code: 'STORE_SYNC_FAILED' });
    await expect(guard.advance('key', EMPTY, { ...EMPTY, lastProposedSlot: slot(1) })).rejects.toMatchObject({
      code: 'STORE_SYNC_FAILED',
    });
    expect(fatal.map(({ code }) => code)).toEqual(['STORE_SYNC_FAILED']);
    await close();
    const again = await openSampleStore({ folder });
    expect(await again.port.getValue('before')).toBe('1');
    // A commit that was written before its sync failed may be there, whole; nothing of what came after it is.
    if (step === 'commit') expect(await again.port.getValue('a')).toBeNull();
    expect(await again.port.getValue('after')).toBeNull();
  },
);

it('answers STORE_FULL on a full disk, keeps nothing of the batch, and works again when there is room', async () => {
  const { folder, port } = await openSampleStore({ workerUrl });
  await port.putValue('before', '1');
  writeFileSync(join(folder, 'fill-disk'), '');
  const large = 'x'.repeat(1_000_000);
  const crowd = await Promise.allSettled(['a', 'b'].map((key) => port.putValue(key, large)));
  for (const outcome of crowd) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'STORE_FULL' } });
  expect(await port.getValue('before')).toBe('1');
  expect(await port.getValue('a')).toBeNull();
  rmSync(join(folder, 'fill-disk'));
  await port.putValue('a', large);
  expect(await port.getValue('a')).toBe(large);
});

it.runIf(process.platform === 'linux')(
  'takes a write that the operating system refuses for a failed sync',
  async () => {
    const folder = temporaryFolder();
    const program = join(import.meta.dirname, 'write-until-refused.ts');
    const child = spawn('sh', ['-c', 'ulimit -f 2000; exec "$0" "$@"', process.execPath, program, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(output.trim().split('\n').slice(-2)).toEqual(['fatal STORE_SYNC_FAILED', 'refused STORE_SYNC_FAILED']);
    const acknowledged = output.split('\n').filter((line) => line.startsWith('value ')).length;
    const { port, integrityCheck } = await openSampleStore({ folder });
    expect(acknowledged).toBeGreaterThan(0);
    expect(await port.getValue(`${acknowledged}`)).not.toBeNull();
    expect(await integrityCheck()).toEqual([]);
  },
);

it('finds a flipped bit inside a stored block and refuses everything after it', async () => {
  const first = await openSampleStore();
  await first.port.persistBlocks([sampleBlock(1, 0, 0)], samplePointers(1, 1));
  await first.close();
  const file = join(first.folder, 'node.db');
  const at = readFileSync(file).indexOf('"extraData"');
  expect(at).toBeGreaterThan(0);
  writeSync(openSync(file, 'r+'), 'E', at + 1);
  const fatal: AlysError[] = [];
  const { port } = await openSampleStore({ folder: first.folder, onFatal: (error) => fatal.push(error) });
  await expect(port.readBlock(rootOf(1))).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  await expect(port.putValue('a', '1')).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  expect(fatal).toHaveLength(1);
});

it('takes a stored block that no longer decodes for damage', async () => {
  const fatal: AlysError[] = [];
  const decodeBlock = (): never => {
    throw new Error('no such container');
  };
  const { port } = await openSampleStore({ decodeBlock, onFatal: (error) => fatal.push(error) });
  await port.persistBlocks([sampleBlock(1, 0, 0)], samplePointers(1, 1));
  await expect(port.loadChain()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  await expect(port.putValue('a', '1')).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  expect(fatal.map(({ code }) => code)).toEqual(['STORE_CORRUPT']);
});

it('refuses a file that is no database, and lets the folder go', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'node.db'), 'a shopping list\n'.repeat(1000));
  const open = () => openStore({ folder, onFatal: () => undefined, ...jsonCodec });
  await expect(open()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  await expect(open()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
});

it('refuses what is asked after its close, and finishes what was asked before', async () => {
  const { folder, port, close } = await openSampleStore();
  const pending = port.putValue('a', '1');
  const closing = close();
  await expect(port.putValue('b', '1')).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  await Promise.all([pending, closing]);
  expect(await (await openSampleStore({ folder })).port.getValue('a')).toBe('1');
});

it('refuses more than it can hold waiting with STORE_BUSY, and does the rest', async () => {
  const { port } = await openSampleStore();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 17_000 }, (_, i) => port.putValue(`${i % 100}`, `${i}`)),
  );
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(refused).toHaveLength(17_000 - 16_384);
  for (const outcome of refused) expect(outcome.reason).toMatchObject({ code: 'STORE_BUSY' });
});
