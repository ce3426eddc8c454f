import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'alys-start-'));
const children = new Set<ChildProcess>();

afterEach(async () => {
  for (const child of children) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  children.clear();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly child: ChildProcess;
  output(): string;
  errors(): string;
  /** The first match of what it prints; rejects when it ends without. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  ends(): Promise<number | null>;
}

/** `npm start` without npm, and without a display for it to open a browser on. */
const start = (...args: string[]): Run => startWith([], {}, ...args);

function startWith(nodeArgs: readonly string[], variables: NodeJS.ProcessEnv, ...args: string[]): Run {
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...env } = process.env;
  const child = spawn(process.execPath, [...nodeArgs, 'electron/start.ts', ...args], {
    cwd: root,
    env: { ...env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (output += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (errors += part));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    output: () => output,
    errors: () => errors,
    ends: () => ended,
    prints: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(output);
          if (found !== null) resolve(found);
        };
        child.stdout.on('data', look);
        void ended.then((code) => reject(new Error(`ended with ${code} before it printed ${pattern}: ${errors}`)));
        look();
      }),
  };
}

async function ask(url: string, method: string): Promise<string> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] }),
  });
  return ((await answer.json()) as { readonly result: string }).result;
}

describe('npm start', () => {
  it('serves the console to a browser, once for its token, and stops cleanly on Ctrl C', async () => {
    const run = start('--browser', '--data-dir', join(folder, 'browser'));
    const [, port = '', token = ''] = await run.prints(
      /^console ready: http:\/\/127\.0\.0\.1:(\d+)\/#token=([\w-]+)$/m,
    );
    expect(token.length).toBeGreaterThan(40);
    const page = await fetch(`http://127.0.0.1:${port}/`);
    expect(await page.text()).toContain('<div id="root">');
    run.child.kill('SIGINT');
    expect(await run.ends()).toBe(0);
  });

  it.each([
    [['--colour'], 'allowed'],
    [['--network', 'mainnet', '--config', 'x.json'], 'unknown network mainnet'],
    [['--nodes', '99'], '1 to 15'],
    [['--browser', '--headless'], 'exclude'],
  ])('refuses %j in one line and ends with 2', async (args, words) => {
    const run = start(...args);
    expect(await run.ends()).toBe(2);
    expect(run.output()).toBe('');
    expect(run.errors().trimEnd().split('\n')).toHaveLength(1);
    expect(run.errors()).toContain(words);
  });

  it('says that its port is busy before it starts anything', async () => {
    const busy = createServer();
    busy.listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const { port } = busy.address() as { readonly port: number };
    const data = join(folder, 'busy');
    const run = start('--browser', '--port', String(port), '--data-dir', data);
    expect(await run.ends()).toBe(2);
    expect(run.errors()).toContain(`port ${port} is busy`);
    expect(() => readdirSync(data)).toThrow('ENOENT');
    busy.close();
  });

  it('says that its data folder can’t be one', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, 'kept');
    const run = start('--headless', '--data-dir', file);
    expect(await run.ends()).toBe(2);
    expect(run.errors().trimEnd().split('\n')).toHaveLength(1);
    expect(run.errors()).toContain(file);
  });

  it('runs without any window, refuses its folder to a second node, and takes up its chain at the next start', async () => {
    const data = join(folder, 'node');
    const args = ['--headless', '--nodes', '1', '--data-dir', data];
    const first = start(...args);
    const [, before = ''] = await first.prints(/^node ready: (http:\/\/127\.0\.0\.1:\d+)$/m);
    expect(await ask(before, 'eth_chainId')).toBe('0x1d97c');

    const second = start(...args);
    expect(await second.ends()).toBe(2);
    expect(second.errors().trimEnd().split('\n')).toHaveLength(1);
    expect(second.errors()).toContain(data);

    const height = async (url: string): Promise<number> => Number(await ask(url, 'eth_blockNumber'));
    await expect.poll(() => height(before), { timeout: 60_000 }).toBeGreaterThan(1);
    const reached = await height(before);
    first.child.kill('SIGTERM');
    expect(await first.ends()).toBe(0);

    const third = start(...args);
    const [, after = ''] = await third.prints(/^node ready: (\S+)$/m);
    // Ready means that the execution client has the head: the first answer counts.
    expect(await height(after)).toBeGreaterThanOrEqual(reached);
    third.child.kill('SIGINT');
    expect(await third.ends()).toBe(0);
  });

  it('ends with an error and one line that says why when the store of a node without a window fails', async () => {
    const failing = join(folder, 'fail-sync');
    const preload = ['--import', './test/support/failing-disk.ts'];
    const args = ['--headless', '--nodes', '1', '--data-dir', join(folder, 'failing')];
    const run = startWith(preload, { FAIL_SYNC: failing }, ...args);
    const [, url = ''] = await run.prints(/^node ready: (http:\/\/127\.0\.0\.1:\d+)$/m);
    expect(await ask(url, 'eth_chainId')).toBe('0x1d97c');
    writeFileSync(failing, '');
    expect(await run.ends()).toBe(1);
    expect(run.errors().trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^node-1: the store failed and the node stops: .*EIO/),
    ]);
    await expect(ask(url, 'eth_chainId')).rejects.toThrow();
  });
});
