import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildElectron, buildRenderer } from '../../electron/build.ts';
import { electronExecutable } from '../../electron/host/electron-runtime.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'alys-electron-'));
let app: Awaited<ReturnType<typeof _electron.launch>>;

beforeAll(async () => {
  await buildRenderer();
  await buildElectron();
  const executablePath = electronExecutable();
  if (executablePath === null) throw new Error('Electron’s runtime is not installed');
  app = await _electron.launch({ executablePath, args: [root, '--data-dir', dataDir, '--nodes', '1'], cwd: root });
});

afterAll(async () => {
  await app.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('the desktop app in the real runtime', () => {
  it('shows the console of the node in its main process', async () => {
    const page = await app.firstWindow();
    await page.getByRole('heading', { name: 'Healthy' }).waitFor({ timeout: 60_000 });
    expect(page.url()).toMatch(/^app:\/\/console\//);
  });

  it('gives its page neither Node nor Electron', async () => {
    const page = await app.firstWindow();
    const seen = await page.evaluate(() =>
      ['require', 'process', 'module', 'Buffer'].filter((name) => name in globalThis),
    );
    expect(seen).toEqual([]);
    expect(
      await page.evaluate(() => Object.keys((window as { alysFrames?: object }).alysFrames ?? {}).toSorted()),
    ).toEqual(['listen', 'send']);
  });

  it('leaves no way out of the page', async () => {
    const page = await app.firstWindow();
    expect(await page.evaluate(() => window.open('https://example.org') === null)).toBe(true);
    await page.evaluate(() => location.assign('https://example.org'));
    expect(page.url()).toMatch(/^app:\/\/console\//);
    await expect(
      page.evaluate(() => fetch('app://console/%2e%2e/package.json').then(({ status }) => status)),
    ).resolves.toBe(404);
  });

  it('registers the emergency halt as a global shortcut', async () => {
    const registered = await app.evaluate(({ globalShortcut }) =>
      globalShortcut.isRegistered('CommandOrControl+Alt+Shift+H'),
    );
    expect(registered).toBe(true);
  });
});
