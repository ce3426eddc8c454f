import type { Request } from '../kernel/ref.ts';
import type { ConfigUpdate } from '../kernel/system-messages.ts';
import type { CertifiedPegIn, ExecutionPayload } from '../domain/consensus/types.ts';
import type { Hex } from '../primitives/hex.ts';
import type { BlockHeight, BlockRoot, EvmAddress, EvmBlockHash, EvmTxHash, Outpoint, Slot } from '../primitives/ids.ts';
import type { Sats } from '../primitives/units.ts';
import type { Refusal } from '../primitives/errors.ts';
import type { ExecutionLog, ExecutionStatus, Reconfigured } from '../ports/execution.ts';
import type { FinalizeBlock } from './finality.ts';
import type { StorageAnswer } from './storage.ts';

/** Asks for a payload on `parentHash`: queued mints first come, first served by outpoint order, then pool transactions. */
export interface BuildBlockRequest extends Request<BlockTemplate | BlockTemplateFailed> {
  readonly type: 'BuildBlockRequest';
  readonly slot: Slot;
  readonly parentRoot: BlockRoot;
  readonly parentHash: EvmBlockHash;
  readonly timestampS: number;
  readonly prevRandao: Hex;
  readonly feeRecipient: EvmAddress;
  /** Running count of mints up to the parent. */
  readonly firstWithdrawalIndex: bigint;
  /** Outpoints not to mint now: in a block since the finalized one, or contested. */
  readonly excluded: readonly Outpoint[];
  /** At most 16; 0 for a block without mints. */
  readonly mintLimit: number;
  readonly timeBudgetMs: number;
}
export interface BlockTemplate {
  readonly type: 'BlockTemplate';
  readonly slot: Slot;
  readonly payload: ExecutionPayload;
  /** One for each withdrawal, in the same order. */
  readonly pegIns: readonly CertifiedPegIn[];
}
export interface BlockTemplateFailed {
  readonly type: 'BlockTemplateFailed';
  readonly slot: Slot;
  readonly reason: string;
}

/** Executes a payload; nothing is durable until the block is persisted with what this staged. */
export interface ExecuteBlock extends Request<BlockExecuted> {
  readonly type: 'ExecuteBlock';
  readonly root: BlockRoot;
  readonly parentRoot: BlockRoot;
  readonly payload: ExecutionPayload;
}
export interface BlockExecuted {
  readonly type: 'BlockExecuted';
  readonly root: BlockRoot;
  readonly result: ExecutionStatus | { readonly status: 'UNAVAILABLE'; readonly reason: string };
}

/** Queues a mint for the next block to build. Asked again it changes nothing. */
export interface MintTokensRequest {
  readonly type: 'MintTokensRequest';
  readonly pegIn: CertifiedPegIn;
}
/** Follows the final block that holds the mint. */
export interface MintResult {
  readonly type: 'MintResult';
  readonly success: true;
  readonly outpoint: Outpoint;
  readonly amountSats: Sats;
  readonly recipient: EvmAddress;
  readonly root: BlockRoot;
  readonly blockHash: EvmBlockHash;
  readonly height: BlockHeight;
}

/** Moves latest, safe and finalized of the execution client. */
export interface UpdateForkchoice {
  readonly type: 'UpdateForkchoice';
  readonly head: EvmBlockHash;
  readonly safe: EvmBlockHash;
  readonly finalized: EvmBlockHash;
  readonly headRoot: BlockRoot;
  readonly headHeight: BlockHeight;
  readonly finalizedHeight: BlockHeight;
}

/** A user's transaction that calls the bridge. `raw` is its EIP-2718 form. */
export interface BurnTransaction extends Request<TransactionAccepted | TransactionRefused> {
  readonly type: 'BurnTransaction';
  readonly raw: Hex;
}
/** Any other transaction of a user. */
export interface SubmitTransaction extends Request<TransactionAccepted | TransactionRefused> {
  readonly type: 'SubmitTransaction';
  readonly raw: Hex;
}
/** A transaction that a peer gossiped. */
export interface ImportTransaction {
  readonly type: 'ImportTransaction';
  readonly raw: Hex;
}
/** A peer has connected, who may lack what was gossiped before. */
export interface ShareTransactions {
  readonly type: 'ShareTransactions';
}
/** The peers that connect together are all there. */
export interface ShareDue {
  readonly type: 'ShareDue';
}
export interface TransactionAccepted {
  readonly type: 'TransactionAccepted';
  readonly evmTxHash: EvmTxHash;
}
export interface TransactionRefused {
  readonly type: 'TransactionRefused';
  /** JSON-RPC error code and message for the wallet. */
  readonly rpcCode: number;
  readonly rpcMessage: string;
}

/** Governance's new execution settings, JSON text; refused with reasons when invalid. */
export interface UpdateExecutionConfig {
  readonly type: 'UpdateExecutionConfig';
  readonly config: string;
}

/** New execution settings that the operator wants; answered when the client's verdict is in the audit log. */
export type ExecutionConfigUpdate = ConfigUpdate<OperatorSettings> & Request<ExecutionConfigured>;
export interface OperatorSettings {
  /** The asker's own name for its request; comes back in the answer. */
  readonly key: string;
  /** JSON text with the settings to change. */
  readonly settings: string;
  /** The host's user, and why: both for the audit log. */
  readonly who: string;
  readonly reason: string;
}
export interface ExecutionConfigured {
  readonly type: 'ExecutionConfigured';
  readonly key: string;
  /** Null when EngineActor did not answer: the audit log tells then what became of it. */
  readonly outcome: Reconfigured | null;
  /** What of the outcome could not be written down: the change, or its entry in the audit log; null when all is on disk. */
  readonly failure: string | null;
}

/** Outcomes of port calls, back at EngineActor. */
export interface PayloadBuilt {
  readonly type: 'PayloadBuilt';
  readonly request: number;
  readonly payload: ExecutionPayload | null;
  readonly failure: Refusal | null;
}
export interface PayloadExecuted {
  readonly type: 'PayloadExecuted';
  readonly request: number;
  readonly result: ExecutionStatus | ({ readonly status: 'UNAVAILABLE' } & Refusal);
}
export interface ForkchoiceMoved {
  readonly type: 'ForkchoiceMoved';
  readonly failure: Refusal | null;
}
/** Whether the client is of this chain and answers. `attempt` is the check's own number. */
export interface ClientChecked {
  readonly type: 'ClientChecked';
  readonly attempt: number;
  readonly failure: Refusal | null;
}
/** A stored block was executed again, to bring the client to where the store is. */
export interface ReplayExecuted {
  readonly type: 'ReplayExecuted';
  readonly attempt: number;
  readonly result: PayloadExecuted['result'];
}
export interface ReplayMoved {
  readonly type: 'ReplayMoved';
  readonly attempt: number;
  readonly failure: Refusal | null;
}
export interface ExecutionReconfigured {
  readonly type: 'ExecutionReconfigured';
  readonly config: string;
  /** EngineActor's own name of the change; null for those of before its start. */
  readonly key: string | null;
  readonly outcome: Reconfigured;
}
/** The settings in force. */
export interface SettingsRead {
  readonly type: 'SettingsRead';
  /** JSON text; null when the client did not tell. */
  readonly settings: string | null;
}
export interface BurnsFound {
  readonly type: 'BurnsFound';
  readonly height: BlockHeight;
  readonly blockHash: EvmBlockHash;
  readonly logs: readonly ExecutionLog[];
  /** Why the logs could not be read; the height is then asked for again. */
  readonly failure: string | null;
}
/** The client's pool forgot a transaction for good. */
export interface TransactionGivenUp {
  readonly type: 'TransactionGivenUp';
  readonly evmTxHash: EvmTxHash;
  readonly reason: string;
}
export interface TransactionsPending {
  readonly type: 'TransactionsPending';
  readonly raws: readonly Hex[];
  readonly failure: string | null;
}
export interface TransactionChecked {
  readonly type: 'TransactionChecked';
  readonly request: number;
  readonly raw: Hex;
  readonly evmTxHash: EvmTxHash | null;
  readonly alreadyKnown: boolean;
  readonly refusal: { readonly rpcCode: number; readonly rpcMessage: string } | null;
}
export interface RetryBurns {
  readonly type: 'RetryBurns';
}
/** A client that was away is asked again. */
export interface ClientDue {
  readonly type: 'ClientDue';
}
/** The store did not answer a replay. */
export interface ReplayTimeout {
  readonly type: 'ReplayTimeout';
  readonly key: string;
}
/** The store did not answer about the execution settings. */
export interface SettingsTimeout {
  readonly type: 'SettingsTimeout';
  readonly key: string;
}

export type EngineMessage =
  | BuildBlockRequest
  | ExecuteBlock
  | MintTokensRequest
  | UpdateForkchoice
  | FinalizeBlock
  | BurnTransaction
  | SubmitTransaction
  | ImportTransaction
  | ShareTransactions
  | ShareDue
  | TransactionsPending
  | TransactionGivenUp
  | UpdateExecutionConfig
  | ExecutionConfigUpdate
  | PayloadBuilt
  | PayloadExecuted
  | ForkchoiceMoved
  | BurnsFound
  | TransactionChecked
  | RetryBurns
  | ClientChecked
  | ClientDue
  | ReplayExecuted
  | ReplayMoved
  | ReplayTimeout
  | SettingsTimeout
  | ExecutionReconfigured
  | SettingsRead
  | StorageAnswer;
