import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openNodeStore } from '../../node-core/composition/create-node.ts';
import { type ChainView, devnetConsoleSource } from '../../node-core/index.ts';
import { overview } from '../../node-core/read-model/overview.ts';
import { readViews } from '../../node-core/read-model/node-views.ts';
import { eventually, startTestDevnet, type TestDevnet } from '../support/devnet.ts';
import { nodeOf } from './scenarios/play.ts';

const chainOf = (devnet: TestDevnet, index: number): ChainView =>
  nodeOf(devnet, index).system.view('ChainActor') as ChainView;

/** What the first node's operator reads of its health. */
function reasonsOf(devnet: TestDevnet): readonly string[] {
  const { system, rpcUrl } = nodeOf(devnet);
  const running = { views: readViews(system), tree: system.tree(), rpcUrl, messagesPerSecond: 0 };
  const source = devnetConsoleSource(devnet, 'test');
  return overview({ source, running, reserveHistory: [], nowMs: Date.now() }).health.reasons.map(({ text }) => text);
}

/** The node's disk is lost, and what comes back is a backup. */
async function restoreFromBackup(folder: string): Promise<void> {
  const store = await openNodeStore(folder, (error) => {
    throw error;
  });
  const backup = join(folder, 'backup.db');
  await store.backup(backup);
  await store.close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(folder, `node.db${suffix}`), { force: true });
  renameSync(backup, join(folder, 'node.db'));
}

it('a restored backup says that its key is disarmed and what it waits for, until its peers have reported (INV-11)', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'alys-restored-'));
  try {
    const before = await startTestDevnet({ dataDir });
    await eventually('a final block', () => chainOf(before, 0).finalized.height >= 2);
    await before.close();
    await restoreFromBackup(join(dataDir, 'node-1'));

    const devnet = await startTestDevnet({ dataDir, startNodes: 1 });
    try {
      await eventually('the first slot', () => chainOf(devnet, 0).head.height > 0 && chainOf(devnet, 0).slot > 0);
      const { slot, head } = chainOf(devnet, 0);
      await eventually('a turn of its own to pass', () => chainOf(devnet, 0).slot >= slot + 4);
      expect(reasonsOf(devnet)).toContainEqual(
        expect.stringMatching(/key is disarmed.*restored from a backup: this node has not caught up/),
      );
      expect(chainOf(devnet, 0).head.height).toBe(head.height);

      for (const host of devnet.hosts.slice(1)) await host.start();
      await eventually('a block of the restored node', () =>
        chainOf(devnet, 1).recentBlocks.some((block) => block.proposer === 0 && block.slot > slot && block.finalized),
      );
      expect(reasonsOf(devnet).filter((text) => text.includes('disarmed'))).toEqual([]);
      expect(await devnet.hosts[0]?.controls.auditLog(10)).toContainEqual(
        expect.objectContaining({ actor: 'ChainActor', action: 'arm signing' }),
      );
      expect(devnet.failures).toEqual([]);
    } finally {
      await devnet.close();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});
