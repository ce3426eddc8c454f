import type { Common } from '@ethereumjs/common';
import { type Hex, bytesToHex } from '../../../primitives/hex.ts';
import type { EvmBlockHash } from '../../../primitives/ids.ts';
import { type ExecutedBlock } from '../executed-block.ts';
import { type Receipt, receiptBloom } from '../receipts.ts';
import { type Transaction, decodeTransaction, effectiveTip } from '../transactions.ts';

export type Json = Readonly<Record<string, unknown>>;

export const toQuantity = (value: bigint | number): Hex => `0x${value.toString(16)}`;
export const toWord = (value: bigint): Hex => `0x${value.toString(16).padStart(64, '0')}`;

const NO_NONCE = '0x0000000000000000';

/** Hash of the empty list of uncles. Source: EIP-3675. */
const NO_UNCLES = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347';

/** A block as geth shows it. */
export function blockJson(block: ExecutedBlock, common: Common, withTransactions: boolean): Json {
  const { payload, receipts } = block;
  return {
    number: toQuantity(payload.blockNumber),
    hash: payload.blockHash,
    parentHash: payload.parentHash,
    nonce: NO_NONCE,
    sha3Uncles: NO_UNCLES,
    logsBloom: payload.logsBloom,
    transactionsRoot: block.transactionsRoot,
    stateRoot: payload.stateRoot,
    receiptsRoot: payload.receiptsRoot,
    miner: payload.feeRecipient,
    difficulty: '0x0',
    totalDifficulty: '0x0',
    extraData: payload.extraData,
    size: toQuantity(block.sizeBytes),
    gasLimit: toQuantity(payload.gasLimit),
    gasUsed: toQuantity(payload.gasUsed),
    timestamp: toQuantity(payload.timestampS),
    mixHash: payload.prevRandao,
    baseFeePerGas: toQuantity(payload.baseFeePerGas),
    withdrawalsRoot: block.withdrawalsRoot,
    blobGasUsed: toQuantity(payload.blobGasUsed),
    excessBlobGas: toQuantity(payload.excessBlobGas),
    parentBeaconBlockRoot: block.parentBeaconBlockRoot,
    uncles: [],
    transactions: withTransactions
      ? receipts.map((_, index) => minedTransactionJson(block, index, common))
      : receipts.map(({ evmTxHash }) => evmTxHash),
    withdrawals: payload.withdrawals.map((each) => ({
      index: toQuantity(each.index),
      validatorIndex: toQuantity(each.validatorIndex),
      address: each.address,
      amount: toQuantity(each.amountGwei),
    })),
  };
}

export function minedTransactionJson(block: ExecutedBlock, index: number, common: Common): Json {
  const transaction = decodeTransaction(block.payload.transactions[index] as Hex, common);
  return transactionJson(transaction, { block, index });
}

export function transactionJson(
  transaction: Transaction,
  place: { readonly block: ExecutedBlock; readonly index: number } | null,
): Json {
  const { tx, evmTxHash, sender } = transaction;
  const json = tx.toJSON();
  const baseFee = place?.block.payload.baseFeePerGas;
  const price = baseFee === undefined ? transaction.maxFeeWei : baseFee + effectiveTip(transaction, baseFee);
  const isTyped = tx.type > 0;
  return {
    blockHash: place?.block.payload.blockHash ?? null,
    blockNumber: place === null ? null : toQuantity(place.block.payload.blockNumber),
    transactionIndex: place === null ? null : toQuantity(place.index),
    from: sender,
    gas: toQuantity(tx.gasLimit),
    gasPrice: toQuantity(price),
    ...('maxFeePerGas' in tx
      ? { maxFeePerGas: toQuantity(tx.maxFeePerGas), maxPriorityFeePerGas: toQuantity(tx.maxPriorityFeePerGas) }
      : {}),
    hash: evmTxHash,
    input: bytesToHex(tx.data),
    nonce: toQuantity(tx.nonce),
    to: tx.to === undefined ? null : tx.to.toString(),
    value: toQuantity(tx.value),
    type: toQuantity(tx.type),
    ...(isTyped || (tx.v ?? 0n) >= 35n ? { chainId: toQuantity(tx.common.chainId()) } : {}),
    ...(isTyped ? { accessList: json.accessList ?? [], yParity: toQuantity(tx.v ?? 0n) } : {}),
    v: toQuantity(tx.v ?? 0n),
    r: toQuantity(tx.r ?? 0n),
    s: toQuantity(tx.s ?? 0n),
  };
}

/** How many logs the block's earlier transactions made. */
export function firstLogIndex(receipts: readonly Receipt[], index: number): number {
  return receipts.slice(0, index).reduce((sum, { logs }) => sum + logs.length, 0);
}

export function receiptJson(block: ExecutedBlock, index: number): Json {
  const receipt = block.receipts[index] as Receipt;
  return {
    transactionHash: receipt.evmTxHash,
    transactionIndex: toQuantity(index),
    blockHash: block.payload.blockHash,
    blockNumber: toQuantity(block.payload.blockNumber),
    from: receipt.sender,
    to: receipt.to,
    cumulativeGasUsed: toQuantity(receipt.cumulativeGasUsed),
    gasUsed: toQuantity(receipt.gasUsed),
    effectiveGasPrice: toQuantity(receipt.effectiveGasPriceWei),
    contractAddress: receipt.createdAddress,
    logs: logsJson(block, index),
    logsBloom: bytesToHex(receiptBloom(receipt)),
    status: receipt.succeeded ? '0x1' : '0x0',
    type: toQuantity(receipt.type),
  };
}

/** Logs of one transaction. */
export function logsJson(block: ExecutedBlock, index: number): readonly Json[] {
  const { evmTxHash, logs } = block.receipts[index] as Receipt;
  const first = firstLogIndex(block.receipts, index);
  return logs.map((log, at) => ({
    address: log.address,
    topics: log.topics,
    data: log.data,
    blockNumber: toQuantity(block.payload.blockNumber),
    blockHash: block.payload.blockHash satisfies EvmBlockHash,
    blockTimestamp: toQuantity(block.payload.timestampS),
    transactionHash: evmTxHash,
    transactionIndex: toQuantity(index),
    logIndex: toQuantity(first + at),
    removed: false,
  }));
}
