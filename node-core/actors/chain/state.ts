import type { BlockTree } from '../../domain/consensus/block-tree.ts';
import type { ChainEvent, ChainState } from '../../domain/consensus/chain-machine.ts';
import { chainMachine } from '../../domain/consensus/chain-machine.ts';
import type { SignatureScheme } from '../../domain/consensus/scheme.ts';
import type { VoteCollector } from '../../domain/consensus/votes.ts';
import type {
  Block,
  BlsPublicKey,
  BlsSignature,
  EquivocationEvidence,
  PegOutEntry,
  QuorumCertificate,
  SignedBlock,
} from '../../domain/consensus/types.ts';
import type { checkApprovalAt, RecordedMemberSet } from '../../domain/federation/succession.ts';
import { type HaltLedger, isHalted } from '../../domain/governance/halt.ts';
import type { Network } from '../../config/network.ts';
import type { Ctx } from '../../kernel/behaviour.ts';
import type { Trace } from '../../kernel/envelope.ts';
import type { Ref, ReplyTo } from '../../kernel/ref.ts';
import type { AuthorityIndex, BlockHeight, BlockRoot, EvmAddress, Outpoint, Slot, Txid } from '../../primitives/ids.ts';
import type { NodePorts } from '../../ports/node-ports.ts';
import type { PeerId, PeerStatus } from '../../ports/peers.ts';
import type { GuardRecord } from '../../ports/signer.ts';
import type { ChainTotals } from '../../ports/store.ts';
import type { BridgeMessage } from '../../protocol/bridge.ts';
import type {
  BatchImported,
  ChainMessage,
  EmergencyHaltRequest,
  HaltApplied,
  ResumeRequest,
} from '../../protocol/chain.ts';
import type { BlockTemplate, EngineMessage } from '../../protocol/engine.ts';
import type { NetworkMessage } from '../../protocol/network.ts';
import type { StorageMessage } from '../../protocol/storage.ts';
import type { StreamMessage } from '../../protocol/stream.ts';
import type { SyncMessage } from '../../protocol/sync.ts';

export interface ChainArgs {
  readonly network: Network;
  /** SHA-256 of the network file's RFC 8785 form, bare hex. */
  readonly networkHash: string;
  readonly scheme: SignatureScheme;
  readonly genesis: SignedBlock;
  /** The key that this node signs with, at the heights at which it is an authority's; null for an observer. */
  readonly self: { readonly publicKey: BlsPublicKey } | null;
  /** For tests without members' keys; absent: `checkApprovalAt`. */
  readonly checkApproval?: typeof checkApprovalAt;
  /** What building a payload may take. */
  readonly buildBudgetMs: number;
}

/** A block that this node imported, with what was counted up to it. */
export interface ChainBlock {
  readonly root: BlockRoot;
  readonly signedBlock: SignedBlock;
  readonly totals: ChainTotals;
}

/** A block on its way in: executed, persisted, then adopted. One at a time. */
export interface ImportJob {
  readonly root: BlockRoot;
  readonly signedBlock: SignedBlock;
  readonly source:
    { readonly kind: 'peer'; readonly peer: PeerId } | { readonly kind: 'own' } | { readonly kind: 'governance' };
  readonly trace: Trace;
  /** By how many ms it came before its slot, by this node's clock; not above 0 for one in time. */
  readonly earlyMs: number;
  totals: ChainTotals | null;
}
export type WaitingBlock = Omit<ImportJob, 'totals'>;

/** A block of ours on its way out, from the slot's tick to the signature. */
export interface ProductionJob {
  readonly slot: Slot;
  /** This node's place among the authorities at the block's height. */
  readonly self: { readonly index: AuthorityIndex; readonly feeRecipient: EvmAddress };
  readonly parent: ChainBlock;
  readonly trace: Trace;
  template: BlockTemplate | null;
  block: Block | null;
  root: BlockRoot | null;
  /** Deposits that this node's Bitcoin view contests: left out of the next attempt. */
  excluded: readonly Outpoint[];
  attempts: number;
  /** Asked for without time to fill it. */
  hurried: boolean;
}

/** A synced run of blocks, imported one after the other. */
export interface BatchJob {
  readonly peer: PeerId;
  readonly to: ReplyTo<BatchImported>;
  readonly remaining: SignedBlock[];
  reached: BlockHeight;
}

/** A halt or its end that waits for what it has to be judged by. */
export interface HeldRequest {
  readonly message: EmergencyHaltRequest | ResumeRequest;
  readonly to: ReplyTo<HaltApplied>;
  readonly sinceMs: number;
}

/** How far the halt ledger in memory is on disk. */
export interface HaltWriting {
  /** What the disk holds; null before it is read. */
  onDisk: HaltLedger | null;
  /** The write under way, and who is answered by it. */
  current: {
    readonly key: string;
    readonly ledger: HaltLedger;
    readonly answers: readonly ReplyTo<HaltApplied>[];
  } | null;
  /** Who is answered by the next write. */
  next: ReplyTo<HaltApplied>[];
  /** Why the last write failed; null after one that succeeded. */
  failure: string | null;
}

/** The first block of a slot and key that this node was given, whatever became of it. */
export interface SeenBlock {
  readonly root: BlockRoot;
  readonly block: Pick<Block, 'slot' | 'height' | 'proposer'>;
  readonly signature: BlsSignature;
}

export interface ChainActorState {
  readonly args: ChainArgs;
  readonly engine: Ref<EngineMessage>;
  readonly bridge: Ref<BridgeMessage>;
  readonly network: Ref<NetworkMessage>;
  readonly storage: Ref<StorageMessage>;
  readonly sync: Ref<SyncMessage>;
  readonly stream: Ref<StreamMessage>;
  readonly genesisRoot: BlockRoot;
  machine: ChainState;
  /** What the chain is being loaded from, in this order; null when it stands. */
  loading: 'halts' | 'members' | 'chain' | 'genesis' | null;
  /** Why the load stands still; null while it is under way. */
  loadFailure: string | null;
  tree: BlockTree;
  /** The finalized block and what descends from it. */
  readonly blocks: Map<BlockRoot, ChainBlock>;
  /** Member sets that final blocks have recorded, and whether all of them are on disk. */
  readonly members: { final: readonly RecordedMemberSet[]; written: boolean };
  /** Outpoints minted by final blocks (INV-2). */
  readonly minted: Set<Outpoint>;
  votes: VoteCollector;
  /** Certificates whose block has not arrived yet; bounded. */
  readonly certificates: Map<BlockRoot, QuorumCertificate>;
  halts: HaltLedger;
  readonly haltWriting: HaltWriting;
  /** Halts and resumes that came before the ledger was read; bounded. */
  readonly heldHalts: HeldRequest[];
  guard: GuardRecord | null;
  /** Why a key whose record was lost to an old backup is not armed again yet; null for one that is armed. */
  disarmed: string | null;
  rearmTriedAt: Slot | null;
  /** Why the guard record can't be read; this node signs nothing then. */
  guardFailure: string | null;
  /** The last slot in which each of the schedule's keys was seen to sign a block or a vote. */
  readonly lastSigned: Map<BlsPublicKey, Slot>;
  /** Certified and finalized root that the execution client was told last; null before the first. */
  choice: string | null;
  /** One that could not execute a block is asked again with the next slot, and is well when it has executed one. */
  client: 'well' | 'failed' | 'triedAgain';
  /** Blocks that wait for their slot, their turn, their parent or the execution client; bounded. */
  readonly waiting: Map<BlockRoot, WaitingBlock>;
  /** Blocks that came earlier than clocks may differ, oldest first; bounded. */
  readonly early: { readonly slot: Slot; readonly authority: AuthorityIndex; readonly earlyMs: number }[];
  importing: ImportJob | null;
  producing: ProductionJob | null;
  /** Own turns that are still to be built without time, and how many they were after the last refused payload; 0 when well. */
  hurry: { readonly turnsLeft: number; readonly turns: number };
  batch: BatchJob | null;
  /** Payouts that this node's bridge would propose, by id. */
  readonly payouts: Map<Txid, PegOutEntry>;
  /** What each peer last said of its head, to know whether this node has caught up. */
  readonly peerHeads: Map<PeerId, PeerStatus>;
  /** A sync has been asked for and is not over. */
  syncing: boolean;
  /** Vote in the making: asked of the bridge, then of the signer. */
  readonly voting: Map<BlockRoot, { readonly trace: Trace }>;
  slot: Slot;
  /** Highest final block that was told to bridge and engine. */
  toldHeight: BlockHeight;
  /** The last slots, newest last, at most 60. */
  readonly slots: {
    readonly slot: Slot;
    readonly authority: AuthorityIndex;
    outcome: 'ours' | 'others' | 'missed' | 'pending';
  }[];
  /** Newest first; bounded. */
  evidence: readonly EquivocationEvidence[];
  /** The first block of each slot and key, by both; bounded. */
  readonly seen: Map<string, SeenBlock>;
  nextKey: number;
  /** The current slot's tick, while it may still lead to a block of ours. */
  due: { readonly slot: Slot; readonly trace: Trace } | null;
}

export type ChainCtx = Ctx<ChainMessage, Pick<NodePorts, 'signer'>>;

/** Before the halt ledger is read a node counts as halted: it must never act against a halt that it doesn't know of (INV-13). */
export const isHaltedNow = ({ halts, haltWriting }: ChainActorState): boolean =>
  haltWriting.onDisk === null || isHalted(halts);

/** Takes the machine's arrow for `event`. @throws LogicError where the declaration has none. */
export function step(state: ChainActorState, event: ChainEvent): void {
  state.machine = chainMachine.next(state.machine, event);
}
