import { describe, expect, it } from 'vitest';
import type { ChainView } from '../../node-core/index.ts';
import { eventually, startTestDevnet, type TestDevnet } from '../support/devnet.ts';
import { nodeOf } from './scenarios/play.ts';

const SLOT_MS = 1000;

const chainOf = (devnet: TestDevnet, index: number): ChainView =>
  nodeOf(devnet, index).system.view('ChainActor') as ChainView;
const finalOf = (devnet: TestDevnet, index: number): number => chainOf(devnet, index).finalized.height;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('three nodes that meet through libp2p alone', () => {
  it('stop finalizing when they are cut apart, and go on when they are joined', async () => {
    const devnet = await startTestDevnet();
    try {
      await eventually('a final block', () => finalOf(devnet, 0) >= 2);
      await devnet.setLinks('cut');
      // What was certified before the cut may still become final; then nothing does.
      await pause(2 * SLOT_MS);
      const stopped = [0, 1, 2].map((index) => finalOf(devnet, index));
      const slotBefore = chainOf(devnet, 0).slot;
      await eventually('five slots to pass', () => chainOf(devnet, 0).slot >= slotBefore + 5);
      expect([0, 1, 2].map((index) => finalOf(devnet, index))).toEqual(stopped);

      await devnet.setLinks('joined');
      await eventually('finality to go on at every node', () =>
        [0, 1, 2].every((index) => finalOf(devnet, index) > Math.max(...stopped) + 1),
      );
      const height = Math.min(...[0, 1, 2].map((index) => finalOf(devnet, index)));
      const roots = [0, 1, 2].map(
        (index) => chainOf(devnet, index).recentBlocks.find((block) => block.height === height)?.root,
      );
      expect(new Set(roots).size).toBe(1);
      expect(devnet.failures).toEqual([]);
    } finally {
      await devnet.close();
    }
  });

  it('take in a node that starts late, which catches up and votes', async () => {
    const devnet = await startTestDevnet({ startNodes: 2 });
    try {
      await eventually('the first two nodes to finalize', () => finalOf(devnet, 0) >= 4);
      await devnet.hosts[2]?.start();
      await eventually('the late node to catch up', () => {
        const late = chainOf(devnet, 2);
        return late.state !== 'Syncing' && late.finalized.height >= 4;
      });
      // Its turn comes within three slots: then the others have a final block of its making.
      await eventually('a final block of the late node', () =>
        chainOf(devnet, 0).recentBlocks.some(({ proposer, finalized }) => proposer === 2 && finalized),
      );
      expect(devnet.failures).toEqual([]);
    } finally {
      await devnet.close();
    }
  });

  it('make no block and give no vote while halted, still import, and the halt survives a restart (INV-13)', async () => {
    const devnet = await startTestDevnet();
    try {
      await eventually('a final block', () => finalOf(devnet, 0) >= 2);
      const [host] = devnet.hosts;
      const by = { who: 'test', reason: 'drill' };
      await host?.controls.halt(by);
      const haltedAt = chainOf(devnet, 0).slot;
      await eventually('six slots to pass', () => chainOf(devnet, 0).slot >= haltedAt + 6);
      const halted = chainOf(devnet, 0);
      expect(halted.recentBlocks.filter(({ proposer, slot }) => proposer === 0 && slot > haltedAt)).toEqual([]);
      // The other two are a quorum: the halted node follows them.
      expect(halted.head.slot).toBeGreaterThan(haltedAt);

      await host?.controls.stop(by);
      await host?.controls.start(by);
      await eventually('the chain to be loaded', () => chainOf(devnet, 0).head.height > 0);
      expect(chainOf(devnet, 0).halted).toBe(true);
      await expect(host?.controls.resume(by, 'yes')).rejects.toThrow('RESUME devnet');
      await host?.controls.resume(by, 'RESUME devnet');
      const resumedAt = chainOf(devnet, 0).slot;
      await eventually('a block of the first node', () =>
        chainOf(devnet, 0).recentBlocks.some(({ proposer, slot }) => proposer === 0 && slot > resumedAt),
      );
      const actions = (await host?.controls.auditLog(10))?.map(({ action }) => action);
      expect(actions).toEqual(['end halt', 'start', 'stop', 'emergency halt']);
    } finally {
      await devnet.close();
    }
  });
});
