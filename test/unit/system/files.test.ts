import { chmodSync, linkSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prepareFolder } from '../../../node-core/adapters/system/data-folder.ts';
import { readConfigFile, readSecretFile, writePrivateFile } from '../../../node-core/adapters/system/files.ts';
import { temporaryFolder } from '../../support/store/temporary-folder.ts';

const fileWith = (text: string, mode: number): string => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
};

describe('a secret file', () => {
  it('is read when only its owner can', () => {
    expect(readSecretFile(fileWith('key', 0o600))).toBe('key');
    expect(readSecretFile(fileWith('key', 0o400))).toBe('key');
  });

  it.each([0o644, 0o640, 0o604, 0o660])('is refused when others may read it, with what to run (mode %o)', (mode) => {
    const file = fileWith('the secret', mode);
    expect(() => readSecretFile(file)).toThrow(
      expect.objectContaining({ code: 'FILE_UNREADABLE', message: expect.stringContaining(`chmod 600 '${file}'`) }),
    );
    expect(() => readSecretFile(file)).not.toThrow(/the secret/);
  });

  it('is refused as a symbolic link, a folder, a pipe of devices, or nothing', () => {
    const file = fileWith('key', 0o600);
    symlinkSync(file, `${file}-link`);
    expect(() => readSecretFile(`${file}-link`)).toThrow(/symbolic link/);
    expect(() => readSecretFile(temporaryFolder())).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }));
    expect(() => readSecretFile('/dev/zero')).toThrow(/no plain file/);
    expect(() => readSecretFile(join(temporaryFolder(), 'absent'))).toThrow(
      expect.objectContaining({ code: 'FILE_UNREADABLE' }),
    );
  });

  it('is written whole, private, in place of the old one, and leaves nothing beside it', () => {
    const file = fileWith('old', 0o644);
    linkSync(file, `${file}-other-name`);
    writePrivateFile(file, 'new');
    expect(readSecretFile(file)).toBe('new');
    expect(readConfigFile(`${file}-other-name`)).toBe('old');
    expect(readdirSync(join(file, '..')).sort()).toEqual(['file', 'file-other-name']);
    expect(() => writePrivateFile(join(file, 'below'), 'x')).toThrow(
      expect.objectContaining({ code: 'FILE_UNWRITABLE' }),
    );
  });
});

describe('a configuration file', () => {
  it('may be read by others and through a link, but not be without end', () => {
    const file = fileWith('{}', 0o644);
    symlinkSync(file, `${file}-link`);
    expect(readConfigFile(`${file}-link`)).toBe('{}');
    expect(() => readConfigFile(fileWith('x'.repeat(2_000_000), 0o644))).toThrow(/over 1048576 bytes/);
  });
});

describe('a data folder', () => {
  it('is made private, with its parents', () => {
    const folder = prepareFolder(join(temporaryFolder(), 'a', 'b'));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(prepareFolder(folder)).toBe(folder);
  });

  it('is refused, with what to run, when others may read it', () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    expect(() => prepareFolder(folder)).toThrow(
      expect.objectContaining({ code: 'FOLDER_UNUSABLE', message: expect.stringContaining(`chmod 700 '${folder}'`) }),
    );
  });

  it('is refused as a link or a file', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'real'), { mode: 0o700 });
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    writeFileSync(join(folder, 'file'), '');
    expect(() => prepareFolder(join(folder, 'link'))).toThrow(/symbolic link/);
    expect(() => prepareFolder(join(folder, 'file'))).toThrow(expect.objectContaining({ code: 'FOLDER_UNUSABLE' }));
  });
});
