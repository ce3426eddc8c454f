import { ServiceError } from '../../../primitives/errors.ts';

/** Geth's code for everything that is wrong with a transaction. */
const SERVER_ERROR = -32000;

/** What a refused transaction's sender is told, in geth's words, which wallets know. */
export function transactionRefused(rpcMessage: string): ServiceError {
  return new ServiceError('TRANSACTION_REFUSED', rpcMessage, { rpcCode: SERVER_ERROR, rpcMessage });
}
