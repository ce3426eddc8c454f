import type { Request } from '../kernel/ref.ts';
import type { Burn, CertifiedPegIn, PegOutEntry } from '../domain/consensus/types.ts';
import type { BitcoinBlock, BitcoinTip } from '../ports/bitcoin.ts';
import type {
  BitcoinHeight,
  BlockHeight,
  BlockRoot,
  EvmAddress,
  EvmBlockHash,
  OperationId,
  Outpoint,
  Slot,
  Txid,
} from '../primitives/ids.ts';
import type { Sats } from '../primitives/units.ts';
import type { FinalizeBlock } from './chain.ts';
import type { ApprovalProgress, CollectedSignatures, GovernanceApproval, SignatureProgress } from './stream.ts';
import type { StorageAnswer } from './storage.ts';
import type { OperationView } from './views.ts';

/**
 * ChainActor asks whether this node may propose or vote for these peg operations, by its own Bitcoin view.
 * To propose, the answer names what to leave out; to vote, it accepts all or refuses.
 */
export interface ValidatePegOperations extends Request<PegValidationResult> {
  readonly type: 'ValidatePegOperations';
  readonly purpose: 'propose' | 'vote';
  readonly requestId: string;
  readonly slot: Slot;
  readonly height: BlockHeight;
  readonly pegIns: readonly CertifiedPegIn[];
  /** To propose: this node's candidates. Entries that conflict with an unfinal ancestor are ChainActor's to leave out. */
  readonly pegOuts: readonly PegOutEntry[];
}
export interface PegValidationResult {
  readonly type: 'PegValidationResult';
  readonly requestId: string;
  /** For a vote: whether to vote. For a proposal: true, with what may stay below. */
  readonly accepted: boolean;
  readonly reason: string | null;
  /** Deposits to leave out of this proposal. */
  readonly contested: readonly Outpoint[];
  /** The peg-out entries to put into this proposal. */
  readonly pegOuts: readonly PegOutEntry[];
}

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
/** Governance's new member set, JSON text, authenticated by StreamActor. */
export interface FederationConfigUpdate {
  readonly type: 'FederationConfigUpdate';
  readonly update: string;
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
/** A block on the way to the tip; null when it could not be had. */
export interface BitcoinBlockObserved {
  readonly type: 'BitcoinBlockObserved';
  readonly height: BitcoinHeight;
  readonly block: BitcoinBlock | null;
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
/** An operation's word to BridgeActor that its record changed. */
export interface OperationChanged {
  readonly type: 'OperationChanged';
  readonly view: OperationView;
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
  | HaltChanged
  | PollBitcoin
  | BitcoinTipObserved
  | BitcoinBlockObserved
  | BitcoinTransactionDetected
  | CreateBitcoinTransaction
  | OperationChanged
  | StorageAnswer
  | BridgeTimeout;

/** What a peg-in's own actor is sent. */
export type PegInMessage =
  | BitcoinTransactionDetected
  | { readonly type: 'ValidatePegInTransaction' }
  | { readonly type: 'ConfirmationsChanged'; readonly confirmations: number; readonly tipHeight: BitcoinHeight }
  | { readonly type: 'DepositReorganized' }
  | GovernanceApproval
  | ApprovalProgress
  | PegInComplete
  | HaltChanged
  | { readonly type: 'Resubmit' }
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
      readonly type: 'TransactionConfirmed';
      readonly txid: Txid;
      readonly confirmations: number;
      readonly height: BitcoinHeight;
      readonly deep: boolean;
    }
  | { readonly type: 'PayoutReorganized'; readonly txid: Txid }
  | HaltChanged
  | { readonly type: 'Resubmit' }
  | StorageAnswer
  | BridgeTimeout;
