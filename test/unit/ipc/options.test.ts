import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultDataFolder } from '../../../electron/host/data-folder.ts';
import { electronExecutable, hasDisplay } from '../../../electron/host/electron-runtime.ts';
import { failureLine } from '../../../electron/host/failure-line.ts';
import { checkNetwork } from '../../../electron/host/open-source.ts';
import { UsageError, parseOptions } from '../../../electron/host/options.ts';
import { isStale } from '../../../electron/host/staleness.ts';
import { AlysError } from '../../../node-core/index.ts';

describe('the arguments of npm start', () => {
  it('have defaults: the desktop app on a devnet of three nodes', () => {
    expect(parseOptions([])).toEqual({
      mode: 'desktop',
      network: 'devnet',
      configFile: null,
      dataDir: null,
      nodes: 3,
      port: 0,
    });
    expect(parseOptions(['--browser', '--port', '8080', '--nodes=5'])).toMatchObject({
      mode: 'browser',
      port: 8080,
      nodes: 5,
    });
    expect(parseOptions(['--help'])).toBeNull();
  });

  it.each([
    [['--brwser'], '--browser --headless'],
    [['stray'], 'allowed'],
    [['--nodes', '0'], '1 to 15'],
    [['--nodes', '16'], '1 to 15'],
    [['--nodes', '3.5'], '1 to 15'],
    [['--port', '65536'], '0 to 65535'],
    [['--port', 'x'], '0 to 65535'],
    [['--port'], 'port'],
    [['--data-dir', ''], '--data-dir'],
    [['--browser', '--headless'], 'exclude'],
    [['--config', 'a.json'], '--network FILE'],
    [['--network', 'a.json'], '--config'],
    [['--network', 'a.json', '--config', 'b.json', '--nodes', '3'], '--nodes'],
  ])('%j is refused in one line that says what is allowed', (args, words) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    try {
      parseOptions(args);
    } catch (error) {
      expect((error as Error).message).toContain(words);
      expect((error as Error).message).not.toContain('\n');
    }
  });

  it('name a network that exists', () => {
    const options = { mode: 'browser', network: 'mainnet', configFile: 'x', dataDir: null, nodes: 3, port: 0 } as const;
    expect(() => checkNetwork(options)).toThrow('unknown network mainnet: devnet, or the path of a network file');
  });
});

describe('the data folder', () => {
  it.each([
    ['linux', {}, '/home/a/.local/share/alys-console/devnet'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/alys-console/devnet'],
    ['darwin', {}, '/home/a/Library/Application Support/alys-console/devnet'],
  ] as const)('is the platform’s (%s %j)', (name, env, expected) => {
    expect(defaultDataFolder('devnet', { name, home: '/home/a', env })).toBe(expected);
  });
});

describe('a start that fails', () => {
  it.each([
    [Object.assign(new Error('x'), { code: 'EADDRINUSE' }), 'port 8080 is busy'],
    [Object.assign(new Error('x'), { code: 'EACCES', syscall: 'listen' }), 'above 1023'],
    [Object.assign(new Error('x'), { code: 'EACCES', syscall: 'mkdir' }), '--data-dir'],
    [Object.assign(new Error('x'), { code: 'ENOSPC' }), '/folder'],
    [new AlysError('service', 'LOCKED', 'the folder is in use'), 'the folder is in use'],
    [new UsageError('no such thing'), 'no such thing'],
  ])('says in one line what to do', (error, words) => {
    const line = failureLine(error, 8080, '/folder');
    expect(line).toContain(words);
    expect(line).not.toContain('\n');
  });

  it('keeps the stack of what nobody foresaw', () => {
    expect(failureLine(new TypeError('bug'), 0, '')).toBeNull();
  });
});

describe('the desktop runtime', () => {
  it('is found by its files, without loading the package', () => {
    const folder = mkdtempSync(join(tmpdir(), 'alys-electron-'));
    expect(electronExecutable(folder)).toBeNull();
    writeFileSync(join(folder, 'path.txt'), 'electron');
    expect(electronExecutable(folder)).toBeNull();
    mkdirSync(join(folder, 'dist'));
    writeFileSync(join(folder, 'dist', 'electron'), '');
    expect(electronExecutable(folder)).toBe(join(folder, 'dist', 'electron'));
    rmSync(folder, { recursive: true });
  });

  it('needs a display on Linux', () => {
    expect(hasDisplay('linux', {})).toBe(false);
    expect(hasDisplay('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toBe(true);
    expect(hasDisplay('darwin', {})).toBe(true);
  });
});

it('a build is out of date when it is missing or any source is newer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alys-build-'));
  const [output, sources] = [join(folder, 'out'), join(folder, 'src')];
  mkdirSync(join(sources, 'deep'), { recursive: true });
  writeFileSync(join(sources, 'deep', 'a.ts'), '');
  expect(isStale(output, [sources])).toBe(true);
  writeFileSync(output, '');
  utimesSync(output, 2_000_000_000, 2_000_000_000);
  expect(isStale(output, [sources, join(folder, 'missing')])).toBe(false);
  utimesSync(join(sources, 'deep', 'a.ts'), 2_000_000_100, 2_000_000_100);
  expect(isStale(output, [sources])).toBe(true);
  rmSync(folder, { recursive: true });
});
