import { RLP } from '@ethereumjs/rlp';
import { type Hex, bytesToHex, hexToBytes } from '../../primitives/hex.ts';
import type { EvmAddress, EvmTxHash } from '../../primitives/ids.ts';
import { addToBloom } from './bloom.ts';

export interface ReceiptLog {
  readonly address: EvmAddress;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

/** What a transaction of a block did: what its receipt commits to, and what wallets ask for besides. */
export interface Receipt {
  readonly evmTxHash: EvmTxHash;
  /** EIP-2718 type, 0 for legacy. */
  readonly type: number;
  readonly sender: EvmAddress;
  readonly to: EvmAddress | null;
  /** Set when `to` is null, also when the creation failed. */
  readonly createdAddress: EvmAddress | null;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  /** Gas used in the block up to and with this transaction. */
  readonly cumulativeGasUsed: bigint;
  readonly effectiveGasPriceWei: bigint;
  readonly logs: readonly ReceiptLog[];
}

/** 256 bytes. */
export function receiptBloom(receipt: Receipt): Uint8Array {
  const bloom = new Uint8Array(256);
  for (const { address, topics } of receipt.logs) {
    addToBloom(bloom, hexToBytes(address));
    for (const topic of topics) addToBloom(bloom, hexToBytes(topic));
  }
  return bloom;
}

/** The receipt as the block's receipts root commits to it. Source: EIP-658, EIP-2718. */
export function consensusReceipt(receipt: Receipt, bloom: Uint8Array): Uint8Array {
  const fields = RLP.encode([
    receipt.succeeded ? 1 : 0,
    receipt.cumulativeGasUsed,
    bloom,
    receipt.logs.map(({ address, topics, data }) => [hexToBytes(address), topics.map(hexToBytes), hexToBytes(data)]),
  ]);
  if (receipt.type === 0) return fields;
  const typed = new Uint8Array(fields.length + 1);
  typed[0] = receipt.type;
  typed.set(fields, 1);
  return typed;
}

export const logItem = (log: ReceiptLog): Uint8Array[] => [
  hexToBytes(log.address),
  ...log.topics.map(hexToBytes),
  hexToBytes(log.data),
];

/** The inverse of `logItem`. */
export function logFromItem(item: readonly Uint8Array[]): ReceiptLog {
  return {
    address: bytesToHex(item[0] as Uint8Array) as EvmAddress,
    topics: item.slice(1, -1).map(bytesToHex),
    data: bytesToHex(item.at(-1) as Uint8Array),
  };
}
