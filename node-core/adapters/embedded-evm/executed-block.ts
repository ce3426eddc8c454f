import { RLP, type Input, type NestedUint8Array } from '@ethereumjs/rlp';
import type { ExecutionPayload, Withdrawal } from '../../domain/consensus/types.ts';
import { ServiceError } from '../../primitives/errors.ts';
import { type Hex, bytesToHex, hexToBytes } from '../../primitives/hex.ts';
import {
  type BlockRoot,
  type EvmAddress,
  type EvmBlockHash,
  type EvmTxHash,
  blockHeight,
} from '../../primitives/ids.ts';
import { type Gwei, type Wei, wei } from '../../primitives/units.ts';
import { type Receipt, logFromItem, logItem } from './receipts.ts';

/** A valid block with what its execution gave: all that the wallet RPC and its children need. */
export interface ExecutedBlock {
  readonly payload: ExecutionPayload;
  readonly parentBeaconBlockRoot: BlockRoot;
  /** What the header says besides the payload's fields. */
  readonly transactionsRoot: Hex;
  readonly withdrawalsRoot: Hex;
  /** Bytes of the block's RLP. */
  readonly sizeBytes: number;
  readonly receipts: readonly Receipt[];
}

/** First item of an encoded block; another shape gets another number. */
const FORMAT = 1;

/** What the store keeps with a block, as RLP: format, payload, parent Alys root, the two other roots, size, receipts. */
export function encodeExecutedBlock(block: ExecutedBlock): Uint8Array {
  return RLP.encode([
    FORMAT,
    payloadItem(block.payload),
    hexToBytes(block.parentBeaconBlockRoot),
    hexToBytes(block.transactionsRoot),
    hexToBytes(block.withdrawalsRoot),
    block.sizeBytes,
    block.receipts.map(receiptItem),
  ]);
}

/** @throws ServiceError `STATE_FORMAT` when the bytes are in another format. */
export function decodeExecutedBlock(bytes: Uint8Array): ExecutedBlock {
  const items = RLP.decode(bytes) as NestedUint8Array;
  const field = (at: number): Uint8Array => items[at] as Uint8Array;
  const format = toNumber(field(0));
  if (format !== FORMAT) {
    throw new ServiceError('STATE_FORMAT', 'a stored block is in a format that this build does not read', { format });
  }
  return {
    payload: payloadFromItem(items[1] as NestedUint8Array),
    parentBeaconBlockRoot: bytesToHex(field(2)) as BlockRoot,
    transactionsRoot: bytesToHex(field(3)),
    withdrawalsRoot: bytesToHex(field(4)),
    sizeBytes: toNumber(field(5)),
    receipts: (items[6] as NestedUint8Array[]).map(receiptFromItem),
  };
}

const toBigInt = (bytes: Uint8Array): bigint => (bytes.length === 0 ? 0n : BigInt(bytesToHex(bytes)));
const toNumber = (bytes: Uint8Array): number => Number(toBigInt(bytes));
const toAddress = (bytes: Uint8Array): EvmAddress => bytesToHex(bytes) as EvmAddress;
const toOptionalAddress = (bytes: Uint8Array): EvmAddress | null => (bytes.length === 0 ? null : toAddress(bytes));

function payloadItem(payload: ExecutionPayload): Input {
  return [
    hexToBytes(payload.parentHash),
    hexToBytes(payload.feeRecipient),
    hexToBytes(payload.stateRoot),
    hexToBytes(payload.receiptsRoot),
    hexToBytes(payload.logsBloom),
    hexToBytes(payload.prevRandao),
    payload.blockNumber,
    payload.gasLimit,
    payload.gasUsed,
    payload.timestampS,
    hexToBytes(payload.extraData),
    payload.baseFeePerGas,
    hexToBytes(payload.blockHash),
    payload.transactions.map(hexToBytes),
    payload.withdrawals.map((each) => [each.index, each.validatorIndex, hexToBytes(each.address), each.amountGwei]),
    payload.blobGasUsed,
    payload.excessBlobGas,
  ];
}

function payloadFromItem(item: NestedUint8Array): ExecutionPayload {
  const field = (at: number): Uint8Array => item[at] as Uint8Array;
  return {
    parentHash: bytesToHex(field(0)) as EvmBlockHash,
    feeRecipient: toAddress(field(1)),
    stateRoot: bytesToHex(field(2)),
    receiptsRoot: bytesToHex(field(3)),
    logsBloom: bytesToHex(field(4)),
    prevRandao: bytesToHex(field(5)),
    blockNumber: blockHeight(toNumber(field(6))),
    gasLimit: toBigInt(field(7)),
    gasUsed: toBigInt(field(8)),
    timestampS: toNumber(field(9)),
    extraData: bytesToHex(field(10)),
    baseFeePerGas: wei(toBigInt(field(11))),
    blockHash: bytesToHex(field(12)) as EvmBlockHash,
    transactions: (item[13] as Uint8Array[]).map(bytesToHex),
    withdrawals: (item[14] as Uint8Array[][]).map((each): Withdrawal => ({
      index: toBigInt(each[0] as Uint8Array),
      validatorIndex: toBigInt(each[1] as Uint8Array),
      address: toAddress(each[2] as Uint8Array),
      amountGwei: toBigInt(each[3] as Uint8Array) as Gwei,
    })),
    blobGasUsed: toBigInt(field(15)),
    excessBlobGas: toBigInt(field(16)),
  };
}

const optional = (address: EvmAddress | null): Uint8Array =>
  address === null ? new Uint8Array(0) : hexToBytes(address);

function receiptItem(receipt: Receipt): Input {
  return [
    hexToBytes(receipt.evmTxHash),
    receipt.type,
    hexToBytes(receipt.sender),
    optional(receipt.to),
    optional(receipt.createdAddress),
    receipt.succeeded ? 1 : 0,
    receipt.gasUsed,
    receipt.cumulativeGasUsed,
    receipt.effectiveGasPriceWei,
    receipt.logs.map(logItem),
  ];
}

function receiptFromItem(item: NestedUint8Array): Receipt {
  const field = (at: number): Uint8Array => item[at] as Uint8Array;
  return {
    evmTxHash: bytesToHex(field(0)) as EvmTxHash,
    type: toNumber(field(1)),
    sender: toAddress(field(2)),
    to: toOptionalAddress(field(3)),
    createdAddress: toOptionalAddress(field(4)),
    succeeded: toNumber(field(5)) === 1,
    gasUsed: toBigInt(field(6)),
    cumulativeGasUsed: toBigInt(field(7)),
    effectiveGasPriceWei: toBigInt(field(8)),
    logs: (item[9] as Uint8Array[][]).map(logFromItem),
  };
}

/** What the base fee took out of the supply. */
export const burnedFees = ({ gasUsed, baseFeePerGas }: ExecutionPayload): Wei => wei(gasUsed * baseFeePerGas);
