import type { BlockHeader } from '@ethereumjs/block';
import { RLP } from '@ethereumjs/rlp';
import type { ExecutionPayload } from '../../domain/consensus/types.ts';
import { withdrawalItem } from './block-roots.ts';

/** From this byte on an RLP item is a list: legacy transactions are, typed ones are wrapped as strings. */
const FIRST_LIST_BYTE = 0xc0;

/** Length of the RLP of a list or string whose content has `length` bytes (and isn't a single byte under 0x80). */
function withPrefix(length: number): number {
  if (length < 56) return length + 1;
  return length + 1 + Math.ceil((32 - Math.clz32(length)) / 8);
}

/** Length of the block's RLP: header, transactions, no uncles, withdrawals. */
export function blockSize(header: BlockHeader, { transactions, withdrawals }: ExecutionPayload): number {
  const transactionBytes = transactions.reduce((sum, raw) => {
    const length = (raw.length - 2) / 2;
    return sum + (Number.parseInt(raw.slice(2, 4), 16) >= FIRST_LIST_BYTE ? length : withPrefix(length));
  }, 0);
  const withdrawalBytes = withdrawals.reduce((sum, each) => sum + RLP.encode(withdrawalItem(each)).length, 0);
  const uncles = 1;
  return withPrefix(
    RLP.encode(header.raw()).length + withPrefix(transactionBytes) + uncles + withPrefix(withdrawalBytes),
  );
}
