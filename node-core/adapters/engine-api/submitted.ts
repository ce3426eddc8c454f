import { Transaction } from 'ethers';
import { ServiceError } from '../../primitives/errors.ts';
import type { Hex } from '../../primitives/hex.ts';

/** EIP-4844's type: a block with one is invalid. Source: protocol.md, execution. */
export const BLOB_TYPE_PREFIX = '0x03';
/** Geth's code for everything that is wrong with a transaction. */
const SERVER_ERROR = -32_000;
const REFUSED = 'TRANSACTION_REFUSED';

/** What a refused transaction's sender is told. */
export const transactionRefused = (rpcMessage: string, rpcCode = SERVER_ERROR): ServiceError =>
  new ServiceError(REFUSED, rpcMessage, { rpcCode, rpcMessage });

export const isRefusal = (error: unknown): boolean => error instanceof ServiceError && error.code === REFUSED;

/** @throws ServiceError `TRANSACTION_REFUSED` for what can't be in a block of this chain. */
export function decodeTransaction(raw: Hex): Transaction {
  if (raw.startsWith(BLOB_TYPE_PREFIX))
    throw transactionRefused('transaction type not supported: blobs are not part of this chain');
  try {
    return Transaction.from(raw);
  } catch {
    throw transactionRefused('the transaction can not be decoded');
  }
}
