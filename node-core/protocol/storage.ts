import type { Request } from '../kernel/ref.ts';
import type { EquivocationEvidence } from '../domain/consensus/types.ts';
import type { BlockHeight, BlockRoot } from '../primitives/ids.ts';
import type {
  AuditEntry,
  BlockRecord,
  BlockWrite,
  ChainPointers,
  OperationRecord,
  StoredChain,
} from '../ports/store.ts';

/** The asker's own name for its request; comes back in the answer. */
type Key = string;

/** Saves one block with its state and indexes, atomically. */
export interface PersistBlock extends Request<BlockPersisted | StorageFailure> {
  readonly type: 'PersistBlock';
  readonly key: Key;
  readonly block: BlockWrite;
  readonly pointers: ChainPointers | null;
}
export interface BlockPersisted {
  readonly type: 'BlockPersisted';
  readonly key: Key;
}
/** Saves a synced run of blocks in one database transaction. */
export interface PersistBlockBatch extends Request<BlockBatchPersisted | StorageFailure> {
  readonly type: 'PersistBlockBatch';
  readonly key: Key;
  readonly blocks: readonly BlockWrite[];
  readonly pointers: ChainPointers | null;
}
export interface BlockBatchPersisted {
  readonly type: 'BlockBatchPersisted';
  readonly key: Key;
}
/** Moves head, finalized block and highest certificate without a new block. */
export interface PersistPointers extends Request<PointersPersisted | StorageFailure> {
  readonly type: 'PersistPointers';
  readonly key: Key;
  readonly pointers: ChainPointers;
}
export interface PointersPersisted {
  readonly type: 'PointersPersisted';
  readonly key: Key;
}
export interface LoadChain extends Request<ChainLoaded | StorageFailure> {
  readonly type: 'LoadChain';
  readonly key: Key;
}
export interface ChainLoaded {
  readonly type: 'ChainLoaded';
  readonly key: Key;
  readonly chain: StoredChain | null;
}
export interface ReadBlocks extends Request<BlocksRead | StorageFailure> {
  readonly type: 'ReadBlocks';
  readonly key: Key;
  readonly fromHeight: BlockHeight;
  readonly limit: number;
}
export interface ReadBlock extends Request<BlocksRead | StorageFailure> {
  readonly type: 'ReadBlock';
  readonly key: Key;
  readonly root: BlockRoot;
}
export interface BlocksRead {
  readonly type: 'BlocksRead';
  readonly key: Key;
  readonly blocks: readonly BlockRecord[];
}
/** Saves the state of peg operations before any effect of it is visible. */
export interface PersistOperation extends Request<OperationPersisted | StorageFailure> {
  readonly type: 'PersistOperation';
  readonly key: Key;
  readonly records: readonly OperationRecord[];
}
export interface OperationPersisted {
  readonly type: 'OperationPersisted';
  readonly key: Key;
}
/** Saves what a scan found together with the cursor that says how far it got. */
export interface PersistScan extends Request<ScanPersisted | StorageFailure> {
  readonly type: 'PersistScan';
  readonly key: Key;
  readonly operations: readonly OperationRecord[];
  readonly values: readonly (readonly [key: string, value: string])[];
}
export interface ScanPersisted {
  readonly type: 'ScanPersisted';
  readonly key: Key;
}
export interface LoadOperations extends Request<OperationsLoaded | StorageFailure> {
  readonly type: 'LoadOperations';
  readonly key: Key;
  readonly terminal?: boolean;
  readonly limit: number;
}
export interface OperationsLoaded {
  readonly type: 'OperationsLoaded';
  readonly key: Key;
  readonly records: readonly OperationRecord[];
}
export interface PutValue extends Request<ValuePut | StorageFailure> {
  readonly type: 'PutValue';
  readonly key: Key;
  readonly name: string;
  readonly value: string | null;
}
export interface ValuePut {
  readonly type: 'ValuePut';
  readonly key: Key;
}
export interface GetValue extends Request<ValueRead | StorageFailure> {
  readonly type: 'GetValue';
  readonly key: Key;
  readonly name: string;
}
export interface ValueRead {
  readonly type: 'ValueRead';
  readonly key: Key;
  readonly value: string | null;
}
export interface PersistEvidence {
  readonly type: 'PersistEvidence';
  readonly evidence: EquivocationEvidence;
}
export interface LoadEvidence extends Request<EvidenceLoaded | StorageFailure> {
  readonly type: 'LoadEvidence';
  readonly key: Key;
  readonly limit: number;
}
export interface EvidenceLoaded {
  readonly type: 'EvidenceLoaded';
  readonly key: Key;
  /** Newest first. */
  readonly evidence: readonly EquivocationEvidence[];
}
export interface AppendAudit extends Request<AuditAppended | StorageFailure> {
  readonly type: 'AppendAudit';
  readonly key: Key;
  readonly entry: AuditEntry;
}
export interface AuditAppended {
  readonly type: 'AuditAppended';
  readonly key: Key;
}
/** A write or read that the store refused; the request had no effect. */
export interface StorageFailure {
  readonly type: 'StorageFailure';
  readonly key: Key;
  readonly code: string;
  readonly reason: string;
}

export type StorageRequest =
  | PersistBlock
  | PersistBlockBatch
  | PersistPointers
  | LoadChain
  | ReadBlocks
  | ReadBlock
  | PersistOperation
  | PersistScan
  | LoadOperations
  | PutValue
  | GetValue
  | LoadEvidence
  | AppendAudit;

export type StorageAnswer =
  | BlockPersisted
  | BlockBatchPersisted
  | PointersPersisted
  | ChainLoaded
  | BlocksRead
  | OperationPersisted
  | ScanPersisted
  | OperationsLoaded
  | ValuePut
  | ValueRead
  | EvidenceLoaded
  | AuditAppended
  | StorageFailure;

/** The answer of a port call, back at StorageActor. */
export interface StoreAnswered {
  readonly type: 'StoreAnswered';
  readonly request: number;
  readonly answer: StorageAnswer;
}
/** Evidence is kept or it is logged that it was not. */
export interface EvidenceKept {
  readonly type: 'EvidenceKept';
  readonly failure: string | null;
}

export type StorageMessage = StorageRequest | PersistEvidence | StoreAnswered | EvidenceKept;
