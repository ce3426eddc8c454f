import type { Source } from '../kernel/behaviour.ts';
import type { PeerStatus, SignedBlock, Vote } from '../domain/consensus/types.ts';
import type { BlockHeight } from '../primitives/ids.ts';
import type { Hex } from '../primitives/hex.ts';

export type { PeerStatus };

export type PeerId = string;

export type PeerEvent =
  | {
      readonly kind: 'connected';
      readonly peer: PeerId;
      readonly address: string;
      readonly direction: 'inbound' | 'outbound';
    }
  | { readonly kind: 'disconnected'; readonly peer: PeerId }
  /** A peer of another network was sent away; `reason` names the fields of the network file that differ (HOLE-12). */
  | { readonly kind: 'refused'; readonly peer: PeerId; readonly reason: string }
  | { readonly kind: 'block'; readonly peer: PeerId; readonly signedBlock: SignedBlock }
  | { readonly kind: 'vote'; readonly peer: PeerId; readonly vote: Vote }
  | { readonly kind: 'transaction'; readonly peer: PeerId; readonly raw: Hex }
  /** A peer asks; the answer goes back by `answer` under the same id within 10 s. */
  | { readonly kind: 'statusRequest'; readonly peer: PeerId; readonly requestId: number }
  | {
      readonly kind: 'blocksRequest';
      readonly peer: PeerId;
      readonly requestId: number;
      readonly fromHeight: BlockHeight;
      readonly toHeight: BlockHeight;
    };

/**
 * The libp2p network: gossip topics for blocks, votes and transactions, and request protocols for status and blocks.
 * What can't be decoded is refused before it is forwarded and lowers its sender's score.
 * Errors: NetworkError (`PEER_UNREACHABLE`, `PEER_TIMEOUT`, `PEER_MALFORMED`, `NO_PEERS`).
 */
export interface PeersPort {
  events(): Source<PeerEvent>;
  publishBlock(signedBlock: SignedBlock): Promise<{ readonly recipients: number }>;
  publishVote(vote: Vote): Promise<{ readonly recipients: number }>;
  publishTransaction(raw: Hex): Promise<{ readonly recipients: number }>;
  requestStatus(peer: PeerId): Promise<PeerStatus>;
  /** Consecutive heights, both ends included, at most 1024; may return fewer from the start of the range. */
  requestBlocks(peer: PeerId, fromHeight: BlockHeight, toHeight: BlockHeight): Promise<readonly SignedBlock[]>;
  answerStatus(requestId: number, status: PeerStatus): Promise<void>;
  answerBlocks(requestId: number, blocks: readonly SignedBlock[]): Promise<void>;
  /** Ends the connection of a peer that misbehaved. */
  disconnect(peer: PeerId): Promise<void>;
}
