import type { SignedBlock } from '../domain/consensus/types.ts';
import type { BlockHeight } from '../primitives/ids.ts';
import type { PeerId } from '../ports/peers.ts';
import type { BatchImported } from './chain.ts';
import type { PeerList } from './network.ts';

/** ChainActor is behind: blocks above `fromHeight` up to `targetHeight` are missing. */
export interface SyncRequiredNotification {
  readonly type: 'SyncRequiredNotification';
  readonly fromHeight: BlockHeight;
  readonly targetHeight: BlockHeight;
}
/** Governance wants this node synced first. */
export interface GovernanceSyncRequest {
  readonly type: 'GovernanceSyncRequest';
  readonly targetHeight: BlockHeight | null;
}
/** The sync, split into ranges for several peers. */
export interface ParallelBlockDownloadRequest {
  readonly type: 'ParallelBlockDownloadRequest';
  readonly ranges: readonly { readonly from: BlockHeight; readonly to: BlockHeight; readonly peer: PeerId }[];
}
export interface BlockBatch {
  readonly type: 'BlockBatch';
  readonly from: BlockHeight;
  readonly to: BlockHeight;
  readonly peer: PeerId;
  readonly blocks: readonly SignedBlock[] | null;
  readonly failure: string | null;
}
export interface CheckSyncProgress {
  readonly type: 'CheckSyncProgress';
}
export interface SyncTimeout {
  readonly type: 'SyncTimeout';
  readonly key: string;
}

export type SyncMessage =
  | SyncRequiredNotification
  | GovernanceSyncRequest
  | ParallelBlockDownloadRequest
  | BlockBatch
  | PeerList
  | BatchImported
  | CheckSyncProgress
  | SyncTimeout;
