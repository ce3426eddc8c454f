import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { slot } from '../../../node-core/primitives/ids.ts';
import { openSampleStore } from '../../support/store/open-sample-store.ts';
import { rootOf, sampleBlock, samplePointers } from '../../support/store/sample-blocks.ts';
import { temporaryFolder } from '../../support/store/temporary-folder.ts';

const program = join(import.meta.dirname, 'backup-until-killed.ts');
const EMPTY = { lastProposedSlot: null, lastVotedSlot: null, lastVotedRoot: null, lockedRoot: null, lockedSlot: null };

/** Backs the folder's store up in a process of its own, killed before a step of the backup; `SIGTERM` when it was done. */
async function backUpUntil(step: number, folder: string, target: string): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [program, folder, target, `${step}`], { stdio: 'inherit' });
  return (await once(child, 'exit'))[1] as NodeJS.Signals | null;
}

it('leaves nothing under its name that would sign, whatever step of a backup a crash comes before (INV-11)', async () => {
  const source = await openSampleStore();
  await source.port.persistBlocks([sampleBlock(1, 0, 0)], samplePointers(1, 1));
  await source.guard.advance('key', EMPTY, { ...EMPTY, lastProposedSlot: slot(5) });
  await source.close();
  const outcomes = { nothing: 0, cutShort: 0, whole: 0 };
  let ended: NodeJS.Signals | null = 'SIGKILL';
  for (let step = 1; ended === 'SIGKILL'; step++) {
    const away = temporaryFolder();
    const target = join(away, 'backup.db');
    ended = await backUpUntil(step, source.folder, target);
    if (!existsSync(target)) {
      outcomes[readdirSync(away).length === 0 ? 'nothing' : 'cutShort'] += 1;
      continue;
    }
    outcomes.whole += 1;
    const folder = temporaryFolder();
    renameSync(target, join(folder, 'node.db'));
    const restored = await openSampleStore({ folder });
    expect(await restored.guard.disarmed()).toBe(true);
    expect((await restored.port.loadChain())?.pointers.headRoot).toBe(rootOf(1));
    await restored.close();
  }
  expect(ended).toBe('SIGTERM');
  expect(outcomes.nothing).toBeGreaterThan(0);
  expect(outcomes.cutShort).toBeGreaterThan(3);
  expect(outcomes.whole).toBeGreaterThan(1);
}, 120_000);

it('refuses the name of a backup that a crash cut short, and leaves that file alone', async () => {
  const { backup } = await openSampleStore();
  const away = temporaryFolder();
  writeFileSync(join(away, 'backup.db.partial'), 'cut short');
  await expect(backup(join(away, 'backup.db'))).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
  expect(readdirSync(away)).toEqual(['backup.db.partial']);
});

it("goes on when a backup can't be written, and leaves nothing of it", async () => {
  const { backup, port } = await openSampleStore();
  const away = temporaryFolder();
  await expect(backup(join(away, 'no such folder', 'backup.db'))).rejects.toMatchObject({ code: 'BACKUP_FAILED' });
  await port.putValue('after', '1');
  expect(await port.getValue('after')).toBe('1');
  expect(readdirSync(away)).toEqual([]);
});
