import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ConsoleModel, devnetConsoleSource, machineRegistry } from '../../node-core/index.ts';
import { eventually, rawRpc, startTestDevnet } from '../support/devnet.ts';
import { nodeOf } from './scenarios/play.ts';

const storeWorkerUrl = new URL('../unit/sqlite/failing-disk-worker.ts', import.meta.url);

it('a node whose disk fails stops, closes its RPC, and says why; its neighbours go on', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'alys-failed-store-'));
  const devnet = await startTestDevnet({ dataDir, nodes: 2, storeWorkerUrl });
  try {
    const source = devnetConsoleSource(devnet, 'test');
    const model = new ConsoleModel({ source, machines: machineRegistry, nowMs: Date.now });
    const { system, rpcUrl } = nodeOf(devnet);
    expect(await rawRpc(rpcUrl, 'eth_chainId', [])).toBe('0x1d97c');

    writeFileSync(join(dataDir, 'node-1', 'fail-sync'), '');
    await eventually('the node to stop', () => devnet.hosts[0]?.running() === null);
    await eventually('its actors to end', () => system.tree().every(({ lifecycle }) => lifecycle === 'Terminated'));
    await eventually('its RPC to close', () =>
      rawRpc(rpcUrl, 'eth_chainId', []).then(
        () => false,
        () => true,
      ),
    );
    const said = 'the store failed and the node stops: the disk failed under the store';
    expect(devnet.failures).toEqual([expect.stringContaining(`node-1: ${said}`)]);
    expect(source.failure()).toContain(said);
    model.poll();
    const { health, node } = model.overview();
    expect(node.running).toBe(false);
    expect(health).toMatchObject({ level: 'stopped', headline: expect.stringContaining(said) });

    // A store that failed is not taken up again in this process: what is on its disk is unknown.
    await expect(source.controls.start({ who: 'test', reason: 'again' })).rejects.toMatchObject({
      code: 'STORE_SYNC_FAILED',
    });
    expect(source.failure()).toContain(said);
    expect(
      nodeOf(devnet, 1)
        .system.tree()
        .every(({ lifecycle }) => lifecycle === 'Running'),
    ).toBe(true);
  } finally {
    await devnet.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
});
