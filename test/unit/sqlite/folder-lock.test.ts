import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openStore } from '../../../node-core/adapters/sqlite/open-store.ts';
import { jsonCodec } from '../../support/store/sample-blocks.ts';
import { openSampleStore } from '../../support/store/open-sample-store.ts';
import { temporaryFolder } from '../../support/store/temporary-folder.ts';

const open = (folder: string) => openStore({ folder, onFatal: () => undefined, ...jsonCodec });
const holder = join(import.meta.dirname, 'hold-folder.ts');

it('refuses a second store on the folder in the same process, and names it', async () => {
  const { folder } = await openSampleStore();
  await expect(open(folder)).rejects.toMatchObject({ code: 'FOLDER_LOCKED', detail: { pid: process.pid } });
});

it('refuses a folder that another process holds, and has it at once when that process is killed', async () => {
  const folder = temporaryFolder();
  const child = spawn(process.execPath, [holder, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await expect(open(folder)).rejects.toMatchObject({ code: 'FOLDER_LOCKED', detail: { pid: child.pid } });
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  await (await open(folder)).close();
});

it('lets the folder go when it is closed', async () => {
  const first = await openSampleStore();
  await first.close();
  await (await open(first.folder)).close();
});

it('says what to do about a folder that is not there', async () => {
  await expect(open(join(temporaryFolder(), 'absent'))).rejects.toMatchObject({ code: 'FOLDER_UNUSABLE' });
});

it('says what to do when a file stands where the folder should', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  await expect(open(file)).rejects.toMatchObject({
    code: 'FOLDER_UNUSABLE',
    message: expect.stringContaining('check owner and mode'),
  });
});

it('refuses a database that is a symbolic link or a folder', async () => {
  const linked = temporaryFolder();
  writeFileSync(join(linked, 'elsewhere'), '');
  symlinkSync(join(linked, 'elsewhere'), join(linked, 'node.db'));
  await expect(open(linked)).rejects.toMatchObject({ code: 'FOLDER_UNUSABLE' });
  const occupied = temporaryFolder();
  mkdirSync(join(occupied, 'node.db'));
  await expect(open(occupied)).rejects.toMatchObject({ code: 'FOLDER_UNUSABLE' });
});

it('keeps its files to their owner', async () => {
  const { folder, port } = await openSampleStore();
  await port.putValue('a', '1');
  for (const name of ['node.db', 'node.db-wal', 'lock.db', 'lock.pid'])
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});
