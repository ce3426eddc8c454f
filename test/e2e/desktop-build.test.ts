import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { buildElectron } from '../../electron/build.ts';
import type { openSource as OpenSource } from '../../electron/host/open-source.ts';
import type { ChainView } from '../../node-core/index.ts';
import { eventually } from '../support/devnet.ts';

const built = fileURLToPath(new URL('../../dist/electron/host/open-source.js', import.meta.url));

it('what Electron would run starts a node that makes blocks, with everything it reads beside it', async () => {
  await buildElectron();
  const { openSource } = (await import(/* @vite-ignore */ pathToFileURL(built).href)) as {
    openSource: typeof OpenSource;
  };
  const dataDir = mkdtempSync(join(tmpdir(), 'alys-desktop-'));
  const failures: string[] = [];
  const source = await openSource(
    { mode: 'desktop', network: 'devnet', configFile: null, dataDir, nodes: 1, port: 0 },
    (sentence) => failures.push(sentence),
  );
  const head = (): number | undefined =>
    (source.node()?.system.view('ChainActor') as ChainView | undefined)?.head.height;
  await eventually('a second block', () => (head() ?? 0) > 1);
  await source.close();
  rmSync(dataDir, { recursive: true });
  expect(failures).toEqual([]);
});
