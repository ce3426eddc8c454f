import type { Request } from '../kernel/ref.ts';
import type { MemberSignature, SchnorrSignature } from '../domain/consensus/types.ts';
import type { MemberSet } from '../domain/federation/member-set.ts';
import type {
  ApprovalRequest,
  ApprovalVote,
  GovernanceLinkEvent,
  MemberSignatures,
  SignatureRequest,
} from '../ports/governance.ts';
import type { Epoch, MemberIndex, Outpoint, Txid } from '../primitives/ids.ts';
import type { ChainStatusResponse, ChainTimeout, HaltApplied } from './chain.ts';
import type { StorageAnswer } from './storage.ts';

/** Asks the federation's members to approve a deposit. Answered when a threshold approved, or can't any more. */
export interface GovernanceApprovalRequest extends Request<GovernanceApproval | ApprovalProgress> {
  readonly type: 'GovernanceApprovalRequest';
  readonly request: ApprovalRequest;
}
export interface GovernanceApproval {
  readonly type: 'GovernanceApproval';
  readonly outpoint: Outpoint;
  readonly approved: boolean;
  /** At least the threshold when approved: verified, in ascending member order. */
  readonly certificate: readonly MemberSignature[];
  readonly reason: string | null;
}
/** One member's answer on the way to the whole. */
export interface ApprovalProgress {
  readonly type: 'ApprovalProgress';
  readonly outpoint: Outpoint;
  readonly member: MemberIndex;
  readonly approved: boolean;
  readonly reason: string | null;
  /** Verified; null when the member refused. */
  readonly signature: SchnorrSignature | null;
}

/** Asks the members to sign a payout that stands in a final block. */
export interface RequestFederationSignatures extends Request<CollectedSignatures | SignatureProgress> {
  readonly type: 'RequestFederationSignatures';
  readonly request: SignatureRequest;
}
export interface CollectedSignatures {
  readonly type: 'CollectedSignatures';
  readonly txid: Txid;
  /** At least the threshold, each verified against every input; null when a threshold can't be reached. */
  readonly members: readonly MemberSignatures[] | null;
  readonly reason: string | null;
}
export interface SignatureProgress {
  readonly type: 'SignatureProgress';
  readonly txid: Txid;
  readonly member: MemberIndex;
  readonly signed: boolean;
  readonly reason: string | null;
  /** One for each input, verified, to be kept as they come (HOLE-7); null when the member refused. */
  readonly signatures: readonly SchnorrSignature[] | null;
}

/** The federation's member sets, from BridgeActor, which keeps them: at its start and at each change. */
export interface FederationSchedule {
  readonly type: 'FederationSchedule';
  readonly schedule: readonly MemberSet[];
  readonly activeEpoch: Epoch;
}

/** As BridgeActor heard it: while halted nothing is asked of members, what waits for the link included (INV-13). Control lane. */
export interface StreamHaltChanged {
  readonly type: 'HaltChanged';
  readonly halted: boolean;
}

/** Tells governance what the operator did, as a halt. */
export interface ReportChainStatus {
  readonly type: 'ReportChainStatus';
}

/** Items and ends of the link's source and of requests, back at StreamActor. */
export interface GovernanceLink {
  readonly type: 'GovernanceLink';
  readonly event: GovernanceLinkEvent;
}
/** Named as flow 5 names what comes in on the link. */
export interface GovernanceMessageReceived {
  readonly type: 'GovernanceMessage';
  readonly event: Extract<GovernanceLinkEvent, { readonly kind: 'message' }>;
}
export interface GovernanceLinkEnded {
  readonly type: 'GovernanceLinkEnded';
  readonly reason: string;
}
export interface ApprovalResponse {
  readonly type: 'ApprovalResponse';
  readonly outpoint: Outpoint;
  readonly vote: ApprovalVote;
}
export interface ApprovalEnded {
  readonly type: 'ApprovalEnded';
  readonly outpoint: Outpoint;
  readonly reason: string;
}
export interface SignatureResponse {
  readonly type: 'SignatureResponse';
  readonly txid: Txid;
  readonly signatures: MemberSignatures;
}
export interface SignaturesEnded {
  readonly type: 'SignaturesEnded';
  readonly txid: Txid;
  readonly reason: string;
}
export interface ReconnectDue {
  readonly type: 'ReconnectDue';
}
export interface HeartbeatDue {
  readonly type: 'HeartbeatDue';
}
export interface RequestExpired {
  readonly type: 'RequestExpired';
  readonly what: 'approval' | 'signatures';
  readonly key: string;
}
export interface SentToGovernance {
  readonly type: 'SentToGovernance';
  readonly what: string;
  readonly failure: string | null;
}

/** A request of this actor to another went unanswered. */
export interface StreamTimeout {
  readonly type: 'StreamTimeout';
  readonly what: 'seen' | 'halt' | 'status';
  readonly key: string;
}

export type StreamMessage =
  | GovernanceApprovalRequest
  | RequestFederationSignatures
  | FederationSchedule
  | StreamHaltChanged
  | ReportChainStatus
  | ChainStatusResponse
  | ChainTimeout
  | GovernanceLink
  | GovernanceMessageReceived
  | GovernanceLinkEnded
  | ApprovalResponse
  | ApprovalEnded
  | SignatureResponse
  | SignaturesEnded
  | ReconnectDue
  | HeartbeatDue
  | RequestExpired
  | SentToGovernance
  | HaltApplied
  | StorageAnswer
  | StreamTimeout;
