import type { LocalConfig } from '../../config/local.ts';
import type { GovernanceMember, Network } from '../../config/network.ts';
import type { LinkState } from '../../domain/governance/link.ts';
import type { SignedGovernanceMessage } from '../../domain/governance/message.ts';
import type { SeenMessages } from '../../domain/governance/seen.ts';
import type { Federation } from '../../domain/federation/address.ts';
import type { Ctx } from '../../kernel/behaviour.ts';
import type { ActorPath, CorrelationId, Message, Trace } from '../../kernel/envelope.ts';
import type { Ref, ReplyTo } from '../../kernel/ref.ts';
import type { Epoch, MemberIndex, Outpoint, Txid } from '../../primitives/ids.ts';
import type { ApprovalRequest, ApprovalVote, MemberSignatures, SignatureRequest } from '../../ports/governance.ts';
import type { NodePorts } from '../../ports/node-ports.ts';
import type { BridgeMessage } from '../../protocol/bridge.ts';
import type { ChainMessage } from '../../protocol/chain.ts';
import type { EngineMessage } from '../../protocol/engine.ts';
import type { StorageMessage } from '../../protocol/storage.ts';
import type {
  ApprovalProgress,
  CollectedSignatures,
  FederationSchedule,
  GovernanceApproval,
  SignatureProgress,
  StreamMessage,
} from '../../protocol/stream.ts';
import type { SyncMessage } from '../../protocol/sync.ts';
import type { StreamView } from '../../protocol/views.ts';

export interface StreamArgs {
  readonly network: Network;
  /** SHA-256 of the network file's RFC 8785 form, bare hex. */
  readonly networkHash: string;
  readonly local: Pick<LocalConfig, 'governance'>;
}

export type StreamCtx = Ctx<StreamMessage, Pick<NodePorts, 'governance'>>;

/** A member set that messages and answers are judged by. */
export interface MemberSet {
  readonly members: readonly GovernanceMember[];
  readonly threshold: number;
  readonly federation: Federation;
}

/** A request that waits for members. */
interface Pending<Request, Answer, Reply extends Message> {
  readonly request: Request;
  /** The story in which it was first asked. */
  readonly trace: Trace;
  /** Who waits, by actor path: an operation that asks again takes its own place again. */
  readonly askers: Map<ActorPath, ReplyTo<Reply>>;
  /** Verified, one a member. */
  readonly answers: Map<MemberIndex, Answer>;
  /** Whether it is out on the link. */
  open: boolean;
}
export type PendingApproval = Pending<ApprovalRequest, ApprovalVote, GovernanceApproval | ApprovalProgress>;
export type PendingSignatures = Pending<SignatureRequest, MemberSignatures, CollectedSignatures | SignatureProgress>;

/** An accepted message that waits for its id to be on disk, and the story that it began. */
export interface AcceptedMessage {
  readonly message: SignedGovernanceMessage;
  readonly trace: Trace;
}

export interface StreamActorState {
  readonly args: StreamArgs;
  readonly chain: Ref<ChainMessage>;
  readonly bridge: Ref<BridgeMessage>;
  readonly sync: Ref<SyncMessage>;
  readonly engine: Ref<EngineMessage>;
  readonly storage: Ref<StorageMessage>;
  link: LinkState;
  roundTripMs: number | null;
  schedule: FederationSchedule['schedule'];
  epoch: Epoch;
  /** Member sets by epoch, derived when they are first needed. */
  readonly sets: Map<Epoch, MemberSet>;
  /** Ids of accepted messages; null until they are read from the store, and no message is accepted before (INV-19). */
  seen: SeenMessages | null;
  halted: boolean;
  /** What waits for members, oldest first, each at most `MAX_PENDING`; the operations ask again for what is dropped. */
  readonly approvals: Map<Outpoint, PendingApproval>;
  readonly signatures: Map<Txid, PendingSignatures>;
  /** Accepted messages that wait for their id to be on disk, by the write's key. */
  readonly accepted: Map<string, AcceptedMessage>;
  /** Halts and resumes that ChainActor writes down, by their story: governance is told when that is done. */
  readonly acknowledging: Map<CorrelationId, string>;
  /** Heartbeats since the last answer to one. */
  unanswered: number;
  readonly lastAnswers: Map<MemberIndex, number>;
  recent: StreamView['recent'];
  nextKey: number;
}
