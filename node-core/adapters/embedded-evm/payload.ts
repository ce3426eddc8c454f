import { type BlockHeader, createBlockHeader } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { Address } from '@ethereumjs/util';
import type { ExecutionPayload } from '../../domain/consensus/types.ts';
import { bytesToHex, hexToBytes } from '../../primitives/hex.ts';
import { type BlockRoot, type EvmBlockHash, evmBlockHash } from '../../primitives/ids.ts';
import { transactionsRoot, withdrawalsRoot } from './block-roots.ts';
import { blockSize } from './block-size.ts';
import type { ExecutedBlock } from './executed-block.ts';
import type { Receipt } from './receipts.ts';

/** A payload whose hash is still to be computed. */
export type UnhashedPayload = Omit<ExecutionPayload, 'blockHash'>;

/**
 * The header that a payload stands for. What a payload doesn't say is fixed or follows from its lists.
 * @throws Error when a field doesn't fit into a header.
 */
export function payloadHeader(common: Common, payload: UnhashedPayload, parentBeaconBlockRoot: BlockRoot): BlockHeader {
  return createBlockHeader(
    {
      parentHash: hexToBytes(payload.parentHash),
      coinbase: new Address(hexToBytes(payload.feeRecipient)),
      stateRoot: hexToBytes(payload.stateRoot),
      transactionsTrie: transactionsRoot(payload.transactions),
      receiptTrie: hexToBytes(payload.receiptsRoot),
      logsBloom: hexToBytes(payload.logsBloom),
      number: BigInt(payload.blockNumber),
      gasLimit: payload.gasLimit,
      gasUsed: payload.gasUsed,
      timestamp: BigInt(payload.timestampS),
      extraData: hexToBytes(payload.extraData),
      mixHash: hexToBytes(payload.prevRandao),
      baseFeePerGas: payload.baseFeePerGas,
      withdrawalsRoot: withdrawalsRoot(payload.withdrawals),
      blobGasUsed: payload.blobGasUsed,
      excessBlobGas: payload.excessBlobGas,
      parentBeaconBlockRoot: hexToBytes(parentBeaconBlockRoot),
    },
    { common },
  );
}

export const headerHash = (header: BlockHeader): EvmBlockHash => evmBlockHash(bytesToHex(header.hash()));

/** A valid block as it is kept. */
export function executedBlock(
  header: BlockHeader,
  payload: ExecutionPayload,
  parentBeaconBlockRoot: BlockRoot,
  receipts: readonly Receipt[],
): ExecutedBlock {
  return {
    payload,
    parentBeaconBlockRoot,
    transactionsRoot: bytesToHex(header.transactionsTrie),
    withdrawalsRoot: bytesToHex(header.withdrawalsRoot as Uint8Array),
    sizeBytes: blockSize(header, payload),
    receipts,
  };
}
