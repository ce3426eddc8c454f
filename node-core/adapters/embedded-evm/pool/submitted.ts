import type { Common } from '@ethereumjs/common';
import { type Hex, isHex } from '../../../primitives/hex.ts';
import { type Transaction, decodeTransaction } from '../transactions.ts';
import { transactionRefused } from './refusal.ts';

/** What the library says of a transaction, and geth's words for it. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/blobs are not part of this chain/, 'transaction type not supported: blobs are not part of this chain'],
  [/TypedTransaction with ID|not enabled/, 'transaction type not supported'],
  [/maxFeePerGas cannot be less/, 'max priority fee per gas higher than max fee per gas'],
  [/initcode size/, 'max initcode size exceeded'],
  [/[Ss]ignature|s-values|public key/, 'invalid sender'],
];
const UNREADABLE = 'the transaction can not be decoded';

/**
 * Decodes what a wallet or a peer submits.
 * @throws ServiceError `TRANSACTION_REFUSED`, in words that wallets know.
 */
export function decodeSubmitted(raw: Hex, common: Common, maxBytes: number): Transaction {
  if (!isHex(raw)) throw transactionRefused('the transaction is not hex');
  if (raw.length > 2 + 2 * maxBytes) throw transactionRefused(`oversized data: limit ${maxBytes}`);
  let transaction: Transaction;
  try {
    transaction = decodeTransaction(raw, common);
  } catch (error) {
    throw transactionRefused(inKnownWords((error as Error).message, common));
  }
  if (transaction.tx.type === 0 && transaction.tx.v !== undefined && transaction.tx.v < 35n) {
    throw transactionRefused('only replay-protected (EIP-155) transactions allowed over RPC');
  }
  return transaction;
}

function inKnownWords(message: string, common: Common): string {
  if (/chain ID|EIP155-based V/.test(message)) return `invalid chain id for signer: want ${common.chainId()}`;
  return WORDS.find(([pattern]) => pattern.test(message))?.[1] ?? UNREADABLE;
}
