import type { NodeStatus } from '../adapters/eth-rpc/node-status.ts';
import type { ActorSystem } from '../kernel/system.ts';
import type { ChainView, NetworkView, SyncView } from '../protocol/views.ts';

/** What wallets are told of the node, from the actors' views. */
export function nodeStatus(system: Pick<ActorSystem, 'view'>): NodeStatus {
  const peers = (): NetworkView['peers'] => (system.view('NetworkActor') as NetworkView | undefined)?.peers ?? [];
  return {
    peerCount: () => peers().length,
    syncing: () => {
      const chain = system.view('ChainActor') as ChainView | undefined;
      if (chain?.state !== 'Syncing') return null;
      const sync = system.view('SyncActor') as SyncView | undefined;
      const heights = [chain.head.height, sync?.targetHeight ?? 0, ...peers().map(({ headHeight }) => headHeight ?? 0)];
      return { currentBlock: chain.head.height, highestBlock: Math.max(...heights) };
    },
  };
}
