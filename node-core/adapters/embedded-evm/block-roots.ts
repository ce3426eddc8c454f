import { RLP, type Input } from '@ethereumjs/rlp';
import { type Hex, hexToBytes } from '../../primitives/hex.ts';
import type { Withdrawal } from '../../domain/consensus/types.ts';
import { noChanges } from './state/node-store.ts';
import { EMPTY_ROOT, Trie } from './state/trie.ts';

/** A list as the header commits to it: the trie of its items by their RLP-encoded index. Source: yellow paper, 4.3. */
export function listRoot(items: readonly Uint8Array[]): Uint8Array {
  const trie = new Trie(() => undefined);
  return trie.update(
    EMPTY_ROOT,
    items.map((item, index) => [RLP.encode(index), item]),
    noChanges(),
  );
}

export const transactionsRoot = (transactions: readonly Hex[]): Uint8Array => listRoot(transactions.map(hexToBytes));

/** Source: EIP-4895. */
export function withdrawalsRoot(withdrawals: readonly Withdrawal[]): Uint8Array {
  return listRoot(withdrawals.map((withdrawal) => RLP.encode(withdrawalItem(withdrawal))));
}

export const withdrawalItem = ({ index, validatorIndex, address, amountGwei }: Withdrawal): Input => [
  index,
  validatorIndex,
  hexToBytes(address),
  amountGwei,
];
