import type { Request } from '../kernel/ref.ts';
import type { BlsSignature, CertifiedPegIn, PegOutEntry, SignedBlock, Vote } from '../domain/consensus/types.ts';
import type { BlockHeight, BlockRoot, Slot } from '../primitives/ids.ts';
import type { ChainStatusReport } from '../ports/governance.ts';
import type { PeerId, PeerStatus } from '../ports/peers.ts';
import type { GuardRecord } from '../ports/signer.ts';
import type { BlockExecuted, BlockTemplate, BlockTemplateFailed, MintResult } from './engine.ts';
import type { PegValidationResult } from './peg-validation.ts';
import type { StorageAnswer } from './storage.ts';

/** The Aura timer's word that a slot has begun. */
export interface SlotTick {
  readonly type: 'SlotTick';
  readonly slot: Slot;
}

/** A block from a peer. */
export interface ProcessBlock {
  readonly type: 'ProcessBlock';
  readonly signedBlock: SignedBlock;
  readonly peer: PeerId;
}
/** A vote from a peer. */
export interface ProcessVote {
  readonly type: 'ProcessVote';
  readonly vote: Vote;
  readonly peer: PeerId;
}
/** What a peer says of itself at the handshake and later; tells whether this node is behind. */
export interface PeerStatusReceived {
  readonly type: 'PeerStatusReceived';
  readonly peer: PeerId;
  readonly status: PeerStatus;
}
/** A peer, through NetworkActor, asks what this node has. */
export interface RequestPeerStatus extends Request<PeerStatusResponse> {
  readonly type: 'RequestPeerStatus';
  readonly requestId: number;
}
export interface PeerStatusResponse {
  readonly type: 'PeerStatusResponse';
  readonly requestId: number;
  readonly status: PeerStatus;
}

/** BridgeActor asks for the final blocks that it has not processed: `FinalizeBlock` is told for each from this height on. */
export interface ReplayFinalized {
  readonly type: 'ReplayFinalized';
  readonly fromHeight: BlockHeight;
}

/** An approved deposit, for the next block. Asked again it changes nothing. */
export interface PegInOperation {
  readonly type: 'PegInOperation';
  readonly pegIn: CertifiedPegIn;
}
/** A payout put before the chain: what this node would propose for burns not yet in a block. */
export interface PegOutOperation {
  readonly type: 'PegOutOperation';
  readonly entry: PegOutEntry;
}

/** A synced run of linked blocks, each signed by its slot's authority. */
export interface ValidatedBlockBatch extends Request<BatchImported> {
  readonly type: 'ValidatedBlockBatch';
  readonly blocks: readonly SignedBlock[];
  readonly peer: PeerId;
}
export interface BatchImported {
  readonly type: 'BatchImported';
  /** Highest height of the batch that is now imported; the batch failed above it when `failure` is set. */
  readonly toHeight: BlockHeight;
  readonly failure: { readonly code: string; readonly reason: string } | null;
  readonly peer: PeerId;
}
export interface SyncCompleted {
  readonly type: 'SyncCompleted';
  readonly height: BlockHeight;
}
export interface SyncFailed {
  readonly type: 'SyncFailed';
  readonly reason: string;
}

/** Halts at once and durably: no block, no vote, no signature asked. Control lane. */
export interface EmergencyHaltRequest extends Request<HaltApplied> {
  readonly type: 'EmergencyHaltRequest';
  readonly source: 'operator' | 'governance' | 'node';
  readonly reason: string;
  /** Governance's halt generation; null for others. */
  readonly generation: number | null;
}
/**
 * Ends the halts that its source may end, the node's own by the operator's once their cause is gone. The sender has
 * authenticated it: a quorum for governance, a second confirmation for the operator.
 */
export interface ResumeRequest extends Request<HaltApplied> {
  readonly type: 'ResumeRequest';
  readonly source: 'operator' | 'governance' | 'node';
  readonly reason: string;
  readonly generation: number | null;
}
/** The change of the halt ledger is on disk, or why there was none. */
export interface HaltApplied {
  readonly type: 'HaltApplied';
  readonly halted: boolean;
  readonly failure: string | null;
}
export interface RequestChainStatus extends Request<ChainStatusResponse> {
  readonly type: 'RequestChainStatus';
  readonly requestId: string | null;
}
export interface ChainStatusResponse {
  readonly type: 'ChainStatusResponse';
  readonly report: ChainStatusReport;
}
/** A block that governance proposes: imported only when signed by its slot's authority. */
export interface GovernanceBlockProposal {
  readonly type: 'GovernanceBlockProposal';
  readonly signedBlock: SignedBlock;
}

/** Outcomes of the signer's calls, back at ChainActor. */
/** Whether this node's store came from a backup, so that its guard may lack the newest signatures. */
export interface GuardChecked {
  readonly type: 'GuardChecked';
  readonly disarmed: boolean;
  readonly failure: string | null;
}
export interface GuardLoaded {
  readonly type: 'GuardLoaded';
  readonly record: GuardRecord | null;
  readonly failure: string | null;
}
export interface BlockSigned {
  readonly type: 'BlockSigned';
  readonly root: BlockRoot;
  readonly signature: BlsSignature | null;
  readonly refusal: string | null;
}
export interface VoteSigned {
  readonly type: 'VoteSigned';
  readonly root: BlockRoot;
  readonly slot: Slot;
  readonly vote: { readonly clean: boolean; readonly signature: BlsSignature } | null;
  readonly refusal: string | null;
}
/** A request to another actor went unanswered. */
export interface ChainTimeout {
  readonly type: 'ChainTimeout';
  readonly what: 'build' | 'execute' | 'pegs' | 'persist' | 'load' | 'halts' | 'evidence';
  readonly key: string;
}

export type ChainMessage =
  | SlotTick
  | ProcessBlock
  | ProcessVote
  | PeerStatusReceived
  | RequestPeerStatus
  | ReplayFinalized
  | PegInOperation
  | PegOutOperation
  | ValidatedBlockBatch
  | SyncCompleted
  | SyncFailed
  | EmergencyHaltRequest
  | ResumeRequest
  | RequestChainStatus
  | GovernanceBlockProposal
  | BlockTemplate
  | BlockTemplateFailed
  | BlockExecuted
  | MintResult
  | PegValidationResult
  | StorageAnswer
  | GuardChecked
  | GuardLoaded
  | BlockSigned
  | VoteSigned
  | ChainTimeout;
