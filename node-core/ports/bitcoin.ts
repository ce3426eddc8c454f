import type { BitcoinBlockHash, BitcoinHeight, Txid } from '../primitives/ids.ts';

export interface BitcoinTip {
  readonly chain: 'main' | 'test' | 'signet' | 'regtest';
  readonly hash: BitcoinBlockHash;
  readonly height: BitcoinHeight;
}

/** A block with its transactions in full, each as bare hex of its BIP-144 form. */
export interface BitcoinBlock {
  readonly hash: BitcoinBlockHash;
  readonly height: BitcoinHeight;
  readonly previousHash: BitcoinBlockHash | null;
  /** Header time, Unix seconds. */
  readonly timeS: number;
  readonly transactions: readonly string[];
}

/**
 * A Bitcoin Core node over JSON-RPC. Errors: NetworkError (`BITCOIN_UNREACHABLE`, `BITCOIN_TIMEOUT`),
 * ServiceError (`BITCOIN_RPC` with Core's code and message, `BITCOIN_MALFORMED`, `BITCOIN_UNAUTHORIZED`, `BITCOIN_NOT_FOUND`).
 */
export interface BitcoinPort {
  getTip(): Promise<BitcoinTip>;
  getBlockHash(height: BitcoinHeight): Promise<BitcoinBlockHash>;
  getBlock(hash: BitcoinBlockHash): Promise<BitcoinBlock>;
  /** Whether the node would relay each transaction (bare hex), with Core's reason when not. */
  testMempoolAccept(transaction: string): Promise<{ readonly allowed: boolean; readonly reason: string | null }>;
  /** "Already known" and "already in a block" are successes. */
  broadcast(transaction: string): Promise<{ readonly txid: Txid; readonly alreadyKnown: boolean }>;
  /** Whole sat/vB, rounded up, for confirmation within `targetBlocks`; null when the node has no estimate. */
  estimateFeeRate(targetBlocks: number): Promise<number | null>;
}
