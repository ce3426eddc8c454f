import { mkdtempSync, rmSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type Page, chromium } from 'playwright-core';
import { startBrowserHost } from '../../electron/browser-host/browser-host.ts';
import { buildRenderer, rendererDir } from '../../electron/build.ts';
import { ConsoleServer } from '../../electron/ipc/console-server.ts';
import { type ConsoleSource, machineRegistry } from '../../node-core/index.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface OpenConsole {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly url: string;
  /** What the page reported: an empty list unless something is wrong. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** The console as an operator meets it: the built renderer, the browser host, and a fresh Chromium. */
export async function openConsole(source: ConsoleSource): Promise<OpenConsole> {
  await buildRenderer();
  const server = new ConsoleServer({ source, machines: machineRegistry, host: 'browser', who: 'e2e' });
  const host = await startBrowserHost({ server, rendererDir, port: 0 });
  const profile = mkdtempSync(join(tmpdir(), 'alys-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
    headless: true,
    args: FLAGS,
    viewport: { width: 1280, height: 800 },
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.setDefaultTimeout(60_000);
  await page.goto(host.url);
  return {
    page,
    context,
    url: host.url,
    complaints,
    async close() {
      await context.close();
      await host.close();
      server.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
