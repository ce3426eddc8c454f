import type { EquivocationEvidence, QuorumCertificate, SignedBlock } from '../domain/consensus/types.ts';
import type { BlockHeight, BlockRoot, OperationId, Outpoint } from '../primitives/ids.ts';
import type { Sats, Wei } from '../primitives/units.ts';
import type { StagedState } from './execution.ts';

/** Sums from genesis to a block, that block included. */
export interface ChainTotals {
  /** How many mints: the index of the next withdrawal. */
  readonly mintCount: bigint;
  readonly mintedSats: Sats;
  readonly burnedFeesWei: Wei;
}

/** A block as the store keeps it. The store must keep `totals` with it (bigints as decimal text). */
export interface BlockRecord {
  readonly root: BlockRoot;
  readonly signedBlock: SignedBlock;
  /** Base fee times gas of this block: lowers the supply. */
  readonly burnedFeesWei: Wei;
  readonly totals: ChainTotals;
}

/** What is written with a block in one transaction: all or nothing (INV-17). */
export interface BlockWrite extends BlockRecord {
  readonly staged: StagedState | null;
}

/** Where the chain stands; written in the same transaction as the block that moves it, or alone. */
export interface ChainPointers {
  readonly headRoot: BlockRoot;
  readonly finalizedRoot: BlockRoot;
  readonly highCertificate: QuorumCertificate;
}

/** A peg operation as the store keeps it: `state` is a state of its declared machine, `data` its own JSON text. */
export interface OperationRecord {
  readonly id: OperationId;
  readonly kind: 'pegIn' | 'pegOut';
  readonly state: string;
  readonly terminal: boolean;
  /** JSON text; amounts as decimal text. */
  readonly data: string;
  /** Unix ms. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface AuditEntry {
  readonly atMs: number;
  readonly actor: string;
  readonly action: string;
  readonly reason: string;
  readonly detail: string;
}
/** `hash = SHA-256(previousHash || canonical JSON of the entry)`, bare hex; the first previous hash is 64 zeros. */
export interface ChainedAuditEntry extends AuditEntry {
  readonly sequence: number;
  readonly previousHash: string;
  readonly hash: string;
}

export interface StoredChain {
  readonly pointers: ChainPointers;
  /** The finalized block and all its known descendants, by height. */
  readonly recent: readonly BlockRecord[];
  /** Every outpoint that a block of the finalized chain mints, so that none is minted twice (INV-2). */
  readonly minted: readonly Outpoint[];
}

/**
 * The node's one database. Every promise that writes resolves after the sync to disk (INV-24).
 * Errors: ServiceError (`STORE_BUSY`, `STORE_FULL`, `STORE_CLOSED`), and `STORE_SYNC_FAILED`, `STORE_CORRUPT`, after which
 * everything is refused and nothing is signed; LogicError `UNKNOWN_BLOCK` for pointers to blocks that the store lacks or
 * that don't follow from each other. A read sees what was acknowledged before it was asked. What an actor begins with
 * (`load…`, `getValue`) sees all that was asked to be written before, by a generation that crashed while it waited too:
 * else the next one would write what was true before.
 */
export interface StorePort {
  /** All in one transaction. `pointers` null leaves them as they are. */
  persistBlocks(blocks: readonly BlockWrite[], pointers: ChainPointers | null): Promise<void>;
  persistPointers(pointers: ChainPointers): Promise<void>;
  loadChain(): Promise<StoredChain | null>;
  /** Blocks of the chain that ends in `pointers.headRoot`, from `fromHeight` on, by height: at most `limit`, fewer when they are large. */
  readBlocks(fromHeight: BlockHeight, limit: number): Promise<readonly BlockRecord[]>;
  readBlock(root: BlockRoot): Promise<BlockRecord | null>;
  persistOperations(records: readonly OperationRecord[]): Promise<void>;
  loadOperations(filter: { readonly terminal?: boolean; readonly limit: number }): Promise<readonly OperationRecord[]>;
  /** Small named values: halt flags, scan cursors. JSON text; null deletes. */
  putValue(key: string, value: string | null): Promise<void>;
  getValue(key: string): Promise<string | null>;
  /** Values and operations in one transaction: a scan's cursor moves with what it found. */
  persistScan(scan: {
    readonly operations: readonly OperationRecord[];
    readonly values: readonly (readonly [key: string, value: string])[];
  }): Promise<void>;
  /** Keeps one for each key, slot and kind, and a bounded number for each key; more change nothing. */
  putEvidence(evidence: EquivocationEvidence): Promise<void>;
  /** The newest by slot, newest first. */
  loadEvidence(limit: number): Promise<readonly EquivocationEvidence[]>;
  appendAudit(entry: AuditEntry): Promise<ChainedAuditEntry>;
  readAudit(limit: number): Promise<readonly ChainedAuditEntry[]>;
}
