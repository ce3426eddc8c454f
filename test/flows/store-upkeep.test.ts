import { mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { openNodeStore } from '../../node-core/composition/create-node.ts';
import { type ChainView, devnetConsoleSource } from '../../node-core/index.ts';
import { eventually, startTestDevnet } from '../support/devnet.ts';
import { nodeOf } from './scenarios/play.ts';

const by = { who: 'test', reason: 'before the update' };

it('an operator backs up and checks the store of a node that goes on, and of a stopped one', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'alys-upkeep-'));
  const devnet = await startTestDevnet({ dataDir, nodes: 1 });
  try {
    const { controls } = devnetConsoleSource(devnet, 'test');
    const finalHeight = (): number => (nodeOf(devnet).system.view('ChainActor') as ChainView).finalized.height;
    await eventually('a final block', () => finalHeight() >= 2);
    const reached = finalHeight();
    const [path, second] = await Promise.allSettled([controls.backup(by), controls.backup(by)]);
    if (path.status === 'rejected') throw path.reason;
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'UPKEEP_RUNS' } });
    expect(dirname(path.value)).toBe(join(dataDir, 'node-1'));
    expect(statSync(path.value).mode & 0o777).toBe(0o600);
    expect(await controls.checkStore(by)).toEqual([]);
    expect(await controls.auditLog(2)).toMatchObject([
      { action: 'check store', actor: 'test' },
      { action: 'back up store', reason: 'before the update', detail: expect.stringContaining(path.value) },
    ]);
    await eventually('the next final block', () => finalHeight() > reached);

    const restored = mkdtempSync(join(dataDir, 'restored-'));
    renameSync(path.value, join(restored, 'node.db'));
    const store = await openNodeStore(restored, (error) => {
      throw error;
    });
    const chain = await store.port.loadChain();
    const finalized = chain && (await store.port.readBlock(chain.pointers.finalizedRoot));
    expect(finalized?.signedBlock.block.height).toBeGreaterThanOrEqual(reached);
    expect(await store.guard.disarmed()).toBe(true);
    await store.close();

    await controls.stop(by);
    expect(await controls.backup(by)).not.toBe(path.value);
    expect(await controls.checkStore(by)).toEqual([]);
    expect(devnet.failures).toEqual([]);
  } finally {
    await devnet.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
});
