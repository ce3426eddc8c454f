import type { NodeStatus } from '../../node-core/adapters/eth-rpc/node-status.ts';

/** A node without peers that has all blocks. */
export const QUIET_NODE: NodeStatus = { peerCount: () => 0, syncing: () => null };
