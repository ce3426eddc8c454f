import type { BridgeState } from '../../domain/bridge-machine.ts';
import type { FederationMember } from '../../domain/federation/address.ts';
import type { MemberSet } from '../../domain/federation/member-set.ts';
import type { PayoutRules } from '../../domain/pegout/rules.ts';
import type { Burn, FederationUpdate } from '../../domain/consensus/types.ts';
import type { Books } from '../../domain/utxo/books.ts';
import type { PegLedger } from '../../domain/utxo/ledger.ts';
import type { Solvency } from '../../domain/utxo/solvency.ts';
import type { BitcoinView } from '../../domain/utxo/view.ts';
import type { Ctx } from '../../kernel/behaviour.ts';
import type { Trace } from '../../kernel/envelope.ts';
import type { Ref } from '../../kernel/ref.ts';
import type {
  BitcoinBlockHash,
  BitcoinHeight,
  BlockHeight,
  BurnId,
  Epoch,
  OperationId,
  Outpoint,
  Txid,
} from '../../primitives/ids.ts';
import type { BitcoinTip } from '../../ports/bitcoin.ts';
import type { NodePorts } from '../../ports/node-ports.ts';
import type { OperationRecord } from '../../ports/store.ts';
import type { BridgeMessage, PegInMessage, PegOutMessage } from '../../protocol/bridge.ts';
import type { ChainMessage } from '../../protocol/chain.ts';
import type { StorageMessage } from '../../protocol/storage.ts';
import type { StreamMessage } from '../../protocol/stream.ts';
import type { OperationView } from '../../protocol/views.ts';
import type { BridgeArgs, BridgeTiming } from './args.ts';
import type { pegInActor } from './peg-in/peg-in-actor.ts';
import type { pegOutActor } from './peg-out/peg-out-actor.ts';

export type BridgeCtx = Ctx<BridgeMessage, Pick<NodePorts, 'bitcoin'>>;

/** The federation's member sets and what follows from them. */
export interface FederationState {
  readonly schedule: readonly MemberSet[];
  readonly activeEpoch: Epoch;
  readonly members: readonly FederationMember[];
  readonly threshold: number;
  readonly rules: PayoutRules;
}

/** Stands until an operator has resolved it, also over a restart. */
export interface Alarm {
  readonly kind: 'shortage' | 'reorganisation';
  readonly reason: string;
  readonly sinceMs: number;
}

/** What operations are started as: made once, because the kernel knows a behaviour by what it is, not by its name. */
export interface OperationActors {
  readonly pegIn: typeof pegInActor;
  readonly pegOut: typeof pegOutActor;
}

/** An operation whose actor lives. */
export interface LiveOperation {
  readonly ref:
    | { readonly kind: 'pegIn'; readonly to: Ref<PegInMessage> }
    | { readonly kind: 'pegOut'; readonly to: Ref<PegOutMessage> };
  record: OperationRecord;
  view: OperationView;
}

/** What waits for a scan to be on disk, and the operations that are written with it. */
export type PendingScan = { readonly records: readonly OperationRecord[] } & (
  | { readonly kind: 'block'; readonly deposits: readonly Outpoint[] }
  | { readonly kind: 'undo'; readonly deposits: readonly Outpoint[]; readonly payouts: readonly Txid[] }
  | { readonly kind: 'burn'; readonly burn: Burn; readonly trace: Trace }
);

/** A burn whose transaction is to be built, with what its operation was last told. */
export interface WaitingBurn {
  readonly burn: BurnId;
  readonly trace: Trace;
  told: string | null;
}

export interface BridgeActorState {
  readonly args: BridgeArgs;
  readonly timing: BridgeTiming;
  readonly actors: OperationActors;
  readonly chain: Ref<ChainMessage>;
  readonly stream: Ref<StreamMessage>;
  readonly storage: Ref<StorageMessage>;
  machine: BridgeState;
  /** What is still to be read from the store; empty when the actor works. */
  readonly loading: Set<string>;
  /** Operations read so far. */
  readonly loaded: OperationRecord[];
  federation: FederationState;
  /** A member change that governance signed for and that waits for a block. */
  pendingUpdate: FederationUpdate | null;
  /** The next block to be searched once more, for a federation that was not known when it was scanned; null when none is. */
  searchAgainAt: BitcoinHeight | null;
  view: BitcoinView;
  ledger: PegLedger;
  alarm: Alarm | null;
  contradictions: readonly string[];
  solvency: Solvency | null;
  /** The Bitcoin node's tip, as it last said. */
  tip: BitcoinTip | null;
  /** The scan has reached the tip since the start: before it, this node's view is no view. */
  caughtUp: boolean;
  /** The tip at which operations were last told how deep they are. */
  toldTip: BitcoinBlockHash | null;
  /** Polls that failed in a row. */
  failures: number;
  feeRateSatsPerVbyte: number;
  /** A block is being fetched or written. */
  scanning: boolean;
  /** Blocks undone in the reorganisation that is under way. */
  reorgDepth: number;
  /** True until ChainActor has said otherwise: a node that was halted stays so over a restart (INV-13). */
  halted: boolean;
  /** ChainActor has told of a change since the start. */
  haltHeard: boolean;
  readonly operations: Map<OperationId, LiveOperation>;
  /** The newest operations that are over, oldest first, at most `MAX_FINISHED`. */
  readonly finished: Map<OperationId, { readonly record: OperationRecord; readonly view: OperationView }>;
  /** Operations whose actor is about to end, with what they are to be told when they are needed again after all. */
  readonly stopping: Map<OperationId, (PegInMessage | PegOutMessage)[]>;
  /** Stories of deposits that are not on disk yet. */
  readonly detections: Map<OperationId, Trace>;
  readonly pendingScans: Map<string, PendingScan>;
  readonly waitingBurns: Map<OperationId, WaitingBurn>;
  /** The payout that ChainActor was last told of. */
  offered: Txid | null;
  /** The highest final block with something for the books; set from the start, so that a first look is taken. */
  contentHeight: number;
  /** The highest final block that this actor knows of, whether or not it was told of those below it. */
  toldHeight: BlockHeight;
  /** When final blocks, and burns, were last asked for or got further. */
  finalMovedAtMs: number;
  burnsMovedAtMs: number;
  nextKey: number;
}

export const MAX_FINISHED = 500;

export const booksOf = ({ view, ledger, args }: BridgeActorState): Books => ({
  view,
  ledger,
  depth: args.network.bitcoin.depositConfirmations,
});
