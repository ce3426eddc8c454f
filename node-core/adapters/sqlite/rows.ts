import type { OperationRecord } from '../../ports/store.ts';

/** What of a block crosses both ways; amounts are decimal text. */
export interface StoredBlockRow {
  readonly root: string;
  readonly burnedFeesWei: string;
  readonly totalMintCount: string;
  readonly totalMintedSats: string;
  readonly totalBurnedFeesWei: string;
  readonly data: Uint8Array;
}

/** A block on its way to the writer's thread: already encoded, its state packed by `packPairs`. */
export interface BlockRow extends StoredBlockRow {
  readonly parentRoot: string;
  readonly height: number;
  readonly slot: number;
  readonly evmHash: string;
  /** The outpoints that it mints. */
  readonly mints: readonly string[];
  readonly staged: StagedRow | null;
}

/** `StagedState`: pairs packed by `packPairs`, hashes by `packHashes`. */
export interface StagedRow {
  readonly blockHash: string;
  readonly nodes: Uint8Array;
  readonly created: Uint8Array;
  readonly replaced: Uint8Array;
  readonly keepBlocks: number | null;
  readonly receipts: Uint8Array;
}

export interface PointersRow {
  readonly headRoot: string;
  readonly finalizedRoot: string;
  /** JSON text. */
  readonly highCertificate: string;
}

/** `terms` are what the operation is found by. */
export type OperationRow = OperationRecord & { readonly terms: readonly string[] };

/** What the console asks of the operations. All conditions hold together; newest first. */
export interface OperationFilter {
  /** The beginning of a txid, an outpoint, an address, an EVM hash or an operation id. */
  readonly text?: string;
  readonly kind?: OperationRecord['kind'];
  readonly terminal?: boolean;
  /** 100,000 is the most that one page holds. */
  readonly limit: number;
  /** The last record of the page before. */
  readonly before?: { readonly createdAtMs: number; readonly id: string };
}
