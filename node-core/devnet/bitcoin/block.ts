import { concatBytes } from '@noble/hashes/utils.js';
import { BTCArray, RawTx } from '@scure/btc-signer/script.js';
import { assert } from '../../primitives/assert.ts';
import { hexToBytes } from '../../primitives/hex.ts';
import { type BitcoinBlockHash, bitcoinBlockHash } from '../../primitives/ids.ts';
import { compactSize, int32, uint32 } from './bytes.ts';
import { hashToText, sha256d, textToHash } from './hash.ts';
import {
  GENESIS_COINBASE_HEX,
  GENESIS_HASH,
  GENESIS_NONCE,
  GENESIS_TIME_SECONDS,
  REGTEST_BITS,
  REGTEST_TARGET,
  WITNESS_SCALE_FACTOR,
} from './regtest.ts';
import { Rejection, rejectUnless } from './rejection.ts';
import { type Tx, decodeTx } from './transaction.ts';

export interface BlockHeader {
  readonly version: number;
  readonly previousHash: BitcoinBlockHash;
  /** As Core prints it. */
  readonly merkleRoot: string;
  readonly timeSeconds: number;
  readonly bits: number;
  readonly nonce: number;
}

export interface Block {
  readonly hash: BitcoinBlockHash;
  readonly header: BlockHeader;
  /** The coinbase first. */
  readonly transactions: readonly Tx[];
}

const HEADER_BYTES = 80;
const BLOCK_TRANSACTIONS = BTCArray(RawTx);
/** What stands in the genesis block for the hash of a block before it. */
const NO_BLOCK = bitcoinBlockHash('00'.repeat(32));
/** Output script of a coinbase that commits to the witnesses: OP_RETURN, 36 bytes, this tag, the hash (BIP-141). */
export const WITNESS_COMMITMENT_PREFIX = hexToBytes('6a24aa21a9ed');

export function encodeHeader(header: BlockHeader): Uint8Array {
  return concatBytes(
    int32(header.version),
    textToHash(header.previousHash),
    textToHash(header.merkleRoot),
    uint32(header.timeSeconds),
    uint32(header.bits),
    uint32(header.nonce),
  );
}

function decodeHeader(bytes: Uint8Array): BlockHeader {
  assert(bytes.length === HEADER_BYTES, 'a block header has 80 bytes');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    version: view.getInt32(0, true),
    previousHash: bitcoinBlockHash(hashToText(bytes.subarray(4, 36))),
    merkleRoot: hashToText(bytes.subarray(36, 68)),
    timeSeconds: view.getUint32(68, true),
    bits: view.getUint32(72, true),
    nonce: view.getUint32(76, true),
  };
}

const hashHeader = (header: BlockHeader): BitcoinBlockHash =>
  bitcoinBlockHash(hashToText(sha256d(encodeHeader(header))));

export const meetsTarget = (hash: BitcoinBlockHash): boolean => BigInt(`0x${hash}`) <= REGTEST_TARGET;

/** Searches the nonce that makes the header a proof of work: two tries on average at regtest's target. */
export function mineHeader(header: Omit<BlockHeader, 'nonce'>): { header: BlockHeader; hash: BitcoinBlockHash } {
  for (let nonce = 0; nonce <= 0xffff_ffff; nonce++) {
    const candidate = { ...header, nonce };
    const hash = hashHeader(candidate);
    if (meetsTarget(hash)) return { header: candidate, hash };
  }
  throw new Error('no nonce gives a proof of work');
}

/** Root of the tree of pairwise double hashes; an odd level repeats its last node. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  assert(leaves.length > 0, 'a block has a transaction');
  let level = leaves;
  while (level.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Uint8Array;
      next.push(sha256d(left, level[i + 1] ?? left));
    }
    level = next;
  }
  return level[0] as Uint8Array;
}

export const transactionsRoot = (transactions: readonly Tx[]): string =>
  hashToText(merkleRoot(transactions.map((tx) => textToHash(tx.txid))));

/** BIP-141's commitment over the witnesses of a block whose coinbase holds `reserved`; the coinbase counts as zero. */
export function witnessCommitment(withoutCoinbase: readonly Tx[], reserved: Uint8Array): Uint8Array {
  const root = merkleRoot([new Uint8Array(32), ...withoutCoinbase.map((tx) => textToHash(tx.wtxid))]);
  return sha256d(root, reserved);
}

export const encodeBlock = (block: Block): Uint8Array =>
  concatBytes(
    encodeHeader(block.header),
    compactSize(block.transactions.length),
    ...block.transactions.map((tx) => tx.bytes),
  );

/** Reads a serialized block. @throws Rejection `block-decode-failed`, or Core's reason for an amount out of range. */
export function decodeBlock(bytes: Uint8Array): Block {
  rejectUnless(bytes.length > HEADER_BYTES, 'block-decode-failed');
  const header = decodeHeader(bytes.subarray(0, HEADER_BYTES));
  const transactions = readTransactions(bytes.subarray(HEADER_BYTES)).map((raw) => decodeTx(RawTx.encode(raw)));
  return { hash: hashHeader(header), header, transactions };
}

function readTransactions(bytes: Uint8Array): ReturnType<typeof BLOCK_TRANSACTIONS.decode> {
  try {
    return BLOCK_TRANSACTIONS.decode(bytes);
  } catch (error) {
    throw new Rejection('block-decode-failed', error instanceof Error ? error.message : String(error));
  }
}

/** Sizes of the serialized block without witnesses, with them, and its weight. */
export function blockSizes(block: Block): { strippedSize: number; size: number; weight: number } {
  const frame = HEADER_BYTES + compactSize(block.transactions.length).length;
  const strippedSize = block.transactions.reduce((sum, tx) => sum + tx.strippedSize, frame);
  const size = block.transactions.reduce((sum, tx) => sum + tx.bytes.length, frame);
  return { strippedSize, size, weight: strippedSize * (WITNESS_SCALE_FACTOR - 1) + size };
}

function makeGenesis(): Block {
  const transactions = [decodeTx(hexToBytes(GENESIS_COINBASE_HEX))];
  const header: BlockHeader = {
    version: 1,
    previousHash: NO_BLOCK,
    merkleRoot: transactionsRoot(transactions),
    timeSeconds: GENESIS_TIME_SECONDS,
    bits: REGTEST_BITS,
    nonce: GENESIS_NONCE,
  };
  const hash = hashHeader(header);
  assert(hash === GENESIS_HASH, "the genesis block has regtest's hash");
  return { hash, header, transactions };
}

export const GENESIS: Block = makeGenesis();
