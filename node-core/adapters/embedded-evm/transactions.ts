import type { Common } from '@ethereumjs/common';
import { type TypedTransaction, createTxFromRLP } from '@ethereumjs/tx';
import { Address } from '@ethereumjs/util';
import { type Hex, bytesToHex, hexToBytes } from '../../primitives/hex.ts';
import { type EvmAddress, type EvmTxHash, evmAddress, evmTxHash } from '../../primitives/ids.ts';
import { keccak256 } from './crypto.ts';

/** EIP-4844's type: a block with one is invalid. Source: protocol.md, execution. */
const BLOB_TYPE = 3;

/** A decoded, signed transaction with its recovered sender. */
export interface Transaction {
  readonly raw: Hex;
  readonly evmTxHash: EvmTxHash;
  readonly sender: EvmAddress;
  readonly tx: TypedTransaction;
  /** Highest price for a unit of gas. */
  readonly maxFeeWei: bigint;
  /** Highest part of it for the proposer. */
  readonly maxTipWei: bigint;
  /** The most that it can take from its sender, in wei. */
  readonly cost: bigint;
  readonly byteLength: number;
}

export const rawTxHash = (raw: Hex): EvmTxHash => evmTxHash(bytesToHex(keccak256(hexToBytes(raw))));

/**
 * Decodes a transaction in its EIP-2718 form and recovers its sender, unless this function has done so before.
 * @throws Error with what is wrong, for anything that can't be in a block of this chain.
 */
export function decodeTransaction(raw: Hex, common: Common, knownSender: EvmAddress | null = null): Transaction {
  const bytes = hexToBytes(raw);
  if (bytes[0] === BLOB_TYPE) throw new Error('transaction type not supported: blobs are not part of this chain');
  // Not frozen, so that it can be told its sender below; nobody changes it after that.
  const tx = createTxFromRLP(bytes, { common, freeze: false });
  const sender = new Address(knownSender === null ? recoverSender(tx, bytes) : hexToBytes(knownSender));
  // The library would hash the key again, in JavaScript, each time that the transaction runs.
  tx.getSenderAddress = () => sender;
  const priced = 'maxFeePerGas' in tx;
  const maxFeeWei = priced ? tx.maxFeePerGas : tx.gasPrice;
  return {
    raw,
    evmTxHash: evmTxHash(bytesToHex(keccak256(bytes))),
    sender: evmAddress(sender.toString()),
    tx,
    maxFeeWei,
    maxTipWei: priced ? tx.maxPriorityFeePerGas : tx.gasPrice,
    cost: tx.gasLimit * maxFeeWei + tx.value,
    byteLength: bytes.length,
  };
}

function recoverSender(tx: TypedTransaction, bytes: Uint8Array): Uint8Array {
  if (Buffer.compare(tx.serialize(), bytes) !== 0) throw new Error('transaction is not in its canonical encoding');
  return keccak256(tx.getSenderPublicKey()).subarray(12);
}

/** What the proposer gets for a unit of gas; negative when the base fee isn't paid. */
export function effectiveTip(transaction: Transaction, baseFeeWei: bigint): bigint {
  const left = transaction.maxFeeWei - baseFeeWei;
  return left < transaction.maxTipWei ? left : transaction.maxTipWei;
}
