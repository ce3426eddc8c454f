import { describe, expect, it } from 'vitest';
import { failAfter } from '../../../node-core/kernel/pump/simulation.ts';
import { ServiceError } from '../../../node-core/primitives/errors.ts';
import { startTree } from '../../support/silent-tree.ts';

/** A store that refuses everything, as on a full disk. */
const refusing = (): never =>
  new Proxy({}, { get: () => () => failAfter(0, new ServiceError('STORE_FULL', 'the disk is full')) }) as never;

describe('a failure of the store that is passed on', () => {
  it('opens the circuits of those that load from it; the store itself and the others go on', () => {
    const { pump, system } = startTree(refusing());
    const statusOf = (path: string) => system.tree().find((status) => status.path === path);
    pump.runFor(1_000);
    for (const path of ['BridgeActor', 'StreamActor']) {
      expect(statusOf(path)).toMatchObject({ lifecycle: 'Restarting', breaker: 'open', crashes: 5 });
      expect(statusOf(path)?.lastError?.code).toMatch(/_LOAD$/);
    }
    for (const path of ['StorageActor', 'ChainActor', 'EngineActor', 'SyncActor', 'NetworkActor'])
      expect(statusOf(path)).toMatchObject({ lifecycle: 'Running', crashes: 0, breaker: 'closed' });
    pump.runFor(30_000);
    expect(statusOf('BridgeActor'), 'half-open, its first probe failed').toMatchObject({ breaker: 'open', crashes: 6 });
  });
});
