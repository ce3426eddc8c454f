import type { Request } from '../kernel/ref.ts';
import type { SignedBlock, Vote } from '../domain/consensus/types.ts';
import type { Hex } from '../primitives/hex.ts';
import type { BlockHeight } from '../primitives/ids.ts';
import type { PeerEvent, PeerId, PeerStatus } from '../ports/peers.ts';
import type { PeerStatusResponse } from './chain.ts';
import type { BlocksRead, StorageFailure } from './storage.ts';

export interface PropagateBlock {
  readonly type: 'PropagateBlock';
  readonly signedBlock: SignedBlock;
}
export interface PropagateVote {
  readonly type: 'PropagateVote';
  readonly vote: Vote;
}
export interface PropagateTransaction {
  readonly type: 'PropagateTransaction';
  readonly raw: Hex;
}
export interface GetConnectedPeers extends Request<PeerList> {
  readonly type: 'GetConnectedPeers';
}
export interface PeerList {
  readonly type: 'PeerList';
  readonly peers: readonly { readonly peer: PeerId; readonly headHeight: BlockHeight }[];
}
/** SyncActor needs more than its peers have: asks every peer for its status again. */
export interface RequestMoreBlocks extends Request<PeerList> {
  readonly type: 'RequestMoreBlocks';
  readonly fromHeight: BlockHeight;
}
/** A peer's answers were wrong: its connection ends. */
export interface PenalizePeer {
  readonly type: 'PenalizePeer';
  readonly peer: PeerId;
  readonly reason: string;
}

export interface PeerEventReceived {
  readonly type: 'PeerEventReceived';
  readonly event: PeerEvent;
}
export interface PeerEventsEnded {
  readonly type: 'PeerEventsEnded';
  readonly reason: string;
}
export interface PeerStatusRead {
  readonly type: 'PeerStatusRead';
  readonly peer: PeerId;
  readonly status: PeerStatus | null;
  /** Unix ms at which it was asked for. */
  readonly sentMs: number;
  readonly failure: string | null;
}
export interface Published {
  readonly type: 'Published';
  readonly what: 'block' | 'vote' | 'transaction' | 'answer' | 'disconnect';
  readonly failure: string | null;
}
/** Every peer's status is asked for at this interval. */
export interface StatusDue {
  readonly type: 'StatusDue';
}
export interface NetworkTimeout {
  readonly type: 'NetworkTimeout';
  readonly key: string;
}

export type NetworkMessage =
  | PropagateBlock
  | PropagateVote
  | PropagateTransaction
  | GetConnectedPeers
  | RequestMoreBlocks
  | PenalizePeer
  | PeerEventReceived
  | PeerEventsEnded
  | PeerStatusRead
  | PeerStatusResponse
  | BlocksRead
  | StorageFailure
  | Published
  | StatusDue
  | NetworkTimeout;
