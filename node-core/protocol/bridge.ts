import type { Request } from '../kernel/ref.ts';
import type { Burn, FederationUpdate, PegOutEntry } from '../domain/consensus/types.ts';
import type { Federation, FederationMember } from '../domain/federation/address.ts';
import type { BlockFindings } from '../domain/utxo/view.ts';
import type { BitcoinTip } from '../ports/bitcoin.ts';
import type { SignatureRequest } from '../ports/governance.ts';
import type { OperationRecord } from '../ports/store.ts';
import type {
  BitcoinBlockHash,
  BitcoinHeight,
  BlockHeight,
  BlockRoot,
  Epoch,
  EvmAddress,
  EvmBlockHash,
  OperationId,
  Outpoint,
  Txid,
} from '../primitives/ids.ts';
import type { Sats } from '../primitives/units.ts';
import type { ChainStatusResponse } from './chain.ts';
import type { FinalizeBlock } from './finality.ts';
import type { ValidatePegOperations } from './peg-validation.ts';
import type { ApprovalProgress, CollectedSignatures, GovernanceApproval, SignatureProgress } from './stream.ts';
import type { StorageAnswer } from './storage.ts';
import type { OperationView } from './views.ts';

/** A mint is in a final block. */
export interface PegInComplete {
  readonly type: 'PegInComplete';
  readonly outpoint: Outpoint;
  readonly amountSats: Sats;
  readonly recipient: EvmAddress;
  readonly root: BlockRoot;
  readonly blockHash: EvmBlockHash;
  readonly height: BlockHeight;
}
/** A burn in a final block. */
export interface BurnEventDetected {
  readonly type: 'BurnEventDetected';
  readonly burn: Burn;
}
/** Every burn of this and all lower final heights has been told. */
export interface BurnScanCompleted {
  readonly type: 'BurnScanCompleted';
  readonly height: BlockHeight;
}
/** StreamActor has started and needs the member sets, and whether the chain is halted. */
export interface RequestFederationSchedule {
  readonly type: 'RequestFederationSchedule';
}
/** Governance's new member set, authenticated by StreamActor: to be put into a block, from which on it counts. */
export interface FederationConfigUpdate {
  readonly type: 'FederationConfigUpdate';
  readonly update: FederationUpdate;
}
/** ChainActor's halt flag, so that nothing is asked to be signed while halted (INV-13). Control lane. */
export interface HaltChanged {
  readonly type: 'HaltChanged';
  readonly halted: boolean;
}

/** Bitcoin's tip was asked for by the poll timer. */
export interface PollBitcoin {
  readonly type: 'PollBitcoin';
}
export interface BitcoinTipObserved {
  readonly type: 'BitcoinTipObserved';
  readonly tip: BitcoinTip | null;
  readonly feeRateSatsPerVbyte: number | null;
  readonly failure: string | null;
}
export interface FeeRateObserved {
  readonly type: 'FeeRateObserved';
  /** Null when the Bitcoin node has no estimate. */
  readonly feeRateSatsPerVbyte: number | null;
}
/** The hash of the next block to scan; null when it could not be had. */
export interface BitcoinBlockHashObserved {
  readonly type: 'BitcoinBlockHashObserved';
  readonly height: BitcoinHeight;
  readonly hash: BitcoinBlockHash | null;
  readonly failure: string | null;
}
/** A block on the way to the tip, and what it holds for the federation; null when it could not be had. */
export interface BitcoinBlockObserved {
  readonly type: 'BitcoinBlockObserved';
  readonly height: BitcoinHeight;
  readonly previousHash: BitcoinBlockHash | null;
  readonly findings: BlockFindings | null;
  readonly failure: string | null;
}
/** An output that pays the federation, in a block. Told by BitcoinNetwork, one message and one story a deposit. */
export interface BitcoinTransactionDetected {
  readonly type: 'BitcoinTransactionDetected';
  readonly operation: OperationId;
  readonly txid: Txid;
  readonly vout: number;
  readonly amountSats: Sats;
  readonly height: BitcoinHeight;
  /** The address that its OP_RETURN names, or why there is none to mint to. */
  readonly recipient: EvmAddress | null;
  readonly rejection: string | null;
}

/** An operation asks BridgeActor to build the unsigned transaction for its burn. */
export interface CreateBitcoinTransaction {
  readonly type: 'CreateBitcoinTransaction';
  readonly operation: OperationId;
}
/** An operation's word to BridgeActor that its record changed, and is on disk. */
export interface OperationChanged {
  readonly type: 'OperationChanged';
  readonly view: OperationView;
  readonly record: OperationRecord;
}
/** An operation's actor was restarted: BridgeActor gives it its record again. */
export interface OperationRestarted {
  readonly type: 'OperationRestarted';
  readonly operation: OperationId;
}
/** An operation's actor has ended. */
export interface OperationEnded {
  readonly type: 'OperationEnded';
  readonly operation: OperationId;
}
/**
 * An operation asks whether governance may be asked now: not while halted, frozen or short by a sat. For signatures the
 * payout and the cap are checked once more.
 */
export interface RequestClearance extends Request<Clearance> {
  readonly type: 'RequestClearance';
  readonly operation: OperationId;
  readonly what: 'approval' | 'signatures';
}
/** The members of an epoch, by which a deposit is approved. */
export interface AskedMembers {
  readonly epoch: Epoch;
  readonly members: readonly FederationMember[];
  readonly threshold: number;
}
export interface Clearance {
  readonly type: 'Clearance';
  readonly what: 'approval' | 'signatures';
  readonly granted: boolean;
  readonly reason: string | null;
  /** Who is asked, when an approval was granted: the members at the final height. */
  readonly members: AskedMembers | null;
  /** What to ask for, and whose output every input is, when signatures were granted. */
  readonly signing: { readonly request: SignatureRequest; readonly federation: Federation } | null;
}
/** The operator has looked into a freeze: it ends if its cause is gone. */
export interface ResolveFreeze {
  readonly type: 'ResolveFreeze';
  readonly reason: string;
}
export interface BridgeTimeout {
  readonly type: 'BridgeTimeout';
  readonly what: string;
  readonly key: string;
}

export type BridgeMessage =
  | ValidatePegOperations
  | PegInComplete
  | BurnEventDetected
  | BurnScanCompleted
  | FinalizeBlock
  | FederationConfigUpdate
  | RequestFederationSchedule
  | HaltChanged
  | PollBitcoin
  | BitcoinTipObserved
  | FeeRateObserved
  | BitcoinBlockHashObserved
  | BitcoinBlockObserved
  | BitcoinTransactionDetected
  | CreateBitcoinTransaction
  | OperationChanged
  | OperationRestarted
  | OperationEnded
  | RequestClearance
  | ResolveFreeze
  | ChainStatusResponse
  | StorageAnswer
  | BridgeTimeout;

/** BridgeActor gives a restarted operation its record. */
export interface ResumeOperation {
  readonly type: 'ResumeOperation';
  readonly record: OperationRecord;
}
/** Bitcoin has a payout's transaction in the block that it names, as `BitcoinNetwork` says. */
export interface TransactionConfirmed {
  readonly type: 'TransactionConfirmed';
  readonly txid: Txid;
  readonly confirmations: number;
  readonly height: BitcoinHeight;
  readonly deep: boolean;
}

/** What a peg-in's own actor is sent. */
export type PegInMessage =
  | BitcoinTransactionDetected
  | { readonly type: 'ValidatePegInTransaction' }
  | {
      readonly type: 'ConfirmationsChanged';
      readonly height: BitcoinHeight;
      readonly confirmations: number;
      readonly tipHeight: BitcoinHeight;
    }
  | { readonly type: 'DepositReorganized' }
  | GovernanceApproval
  | ApprovalProgress
  | PegInComplete
  | HaltChanged
  | { readonly type: 'Resubmit' }
  | ResumeOperation
  | Clearance
  | StorageAnswer
  | BridgeTimeout;

/** What a peg-out's own actor is sent. */
export type PegOutMessage =
  | BurnEventDetected
  | { readonly type: 'PayoutPlanned'; readonly entry: PegOutEntry }
  | { readonly type: 'PayoutBlocked'; readonly reason: string }
  | {
      /** The payout of this burn stands in a final block. */
      readonly type: 'PayoutFinal';
      readonly payout: Extract<PegOutEntry, { readonly shares: unknown }>;
      readonly root: BlockRoot;
      readonly height: BlockHeight;
    }
  | CollectedSignatures
  | SignatureProgress
  | { readonly type: 'BroadcastDone'; readonly txid: Txid | null; readonly failure: string | null }
  | {
      /** The scan has seen a version of the payout in a block: Bitcoin is asked to confirm it. */
      readonly type: 'PayoutSeen';
      readonly txid: Txid;
      readonly height: BitcoinHeight;
      /** Null when the block is too old for its hash to be kept. */
      readonly hash: BitcoinBlockHash | null;
      readonly confirmations: number;
      readonly deep: boolean;
    }
  | TransactionConfirmed
  | { readonly type: 'PayoutReorganized'; readonly txid: Txid }
  | HaltChanged
  | { readonly type: 'Resubmit' }
  | ResumeOperation
  | Clearance
  | StorageAnswer
  | BridgeTimeout;
