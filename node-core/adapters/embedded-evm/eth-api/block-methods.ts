import type { ExecutedBlock } from '../executed-block.ts';
import { type EthContext, type MethodTable, findBlock } from './context.ts';
import { blockJson, minedTransactionJson, receiptJson, toQuantity, transactionJson } from './json.ts';
import { blockChoice, blockHash, flag, smallQuantity, transactionHash } from './params.ts';

/** What geth gives for the bytes of a transaction that isn't there. */
const NO_TRANSACTION = '0x';

/** Blocks, transactions and receipts. What isn't there is null. */
export function blockMethods(context: EthContext): MethodTable {
  const { chain, pool, common } = context;
  const byHash = (value: unknown): ExecutedBlock | undefined => chain.block(blockHash(value));
  const byNumber = (value: unknown): ExecutedBlock | undefined => findBlock(context, blockChoice(value));
  const orNull = <T>(block: ExecutedBlock | undefined, read: (block: ExecutedBlock) => T): T | null =>
    block === undefined ? null : read(block);
  const transactionAt = (block: ExecutedBlock | undefined, at: unknown): unknown => {
    const index = smallQuantity(at, 'index');
    return orNull(block, (found) =>
      index < found.receipts.length ? minedTransactionJson(found, index, common) : null,
    );
  };
  const rawAt = (block: ExecutedBlock | undefined, at: unknown): unknown => {
    const index = smallQuantity(at, 'index');
    return block?.payload.transactions[index] ?? NO_TRANSACTION;
  };
  const uncleAt = (_block: ExecutedBlock | undefined, at: unknown): null => {
    smallQuantity(at, 'index');
    return null;
  };
  return {
    eth_getBlockByHash: ([hash, full]) => orNull(byHash(hash), (block) => blockJson(block, common, flag(full, 'full'))),
    eth_getBlockByNumber: ([at, full]) => orNull(byNumber(at), (block) => blockJson(block, common, flag(full, 'full'))),
    eth_getBlockTransactionCountByHash: ([hash]) => orNull(byHash(hash), (block) => toQuantity(block.receipts.length)),
    eth_getBlockTransactionCountByNumber: ([at]) => orNull(byNumber(at), (block) => toQuantity(block.receipts.length)),
    // Blocks have no uncles since the merge.
    eth_getUncleByBlockHashAndIndex: ([hash, at]) => uncleAt(byHash(hash), at),
    eth_getUncleByBlockNumberAndIndex: ([number, at]) => uncleAt(byNumber(number), at),
    eth_getUncleCountByBlockHash: ([hash]) => orNull(byHash(hash), () => '0x0'),
    eth_getUncleCountByBlockNumber: ([at]) => orNull(byNumber(at), () => '0x0'),
    eth_getBlockReceipts: ([at]) =>
      orNull(byNumber(at), (block) => block.receipts.map((_, index) => receiptJson(block, index))),
    eth_getTransactionByBlockHashAndIndex: ([hash, at]) => transactionAt(byHash(hash), at),
    eth_getTransactionByBlockNumberAndIndex: ([number, at]) => transactionAt(byNumber(number), at),
    eth_getRawTransactionByBlockHashAndIndex: ([hash, at]) => rawAt(byHash(hash), at),
    eth_getRawTransactionByBlockNumberAndIndex: ([number, at]) => rawAt(byNumber(number), at),
    eth_getRawTransactionByHash: ([value]) => {
      const hash = transactionHash(value);
      const place = chain.transaction(hash);
      return place === undefined ? (pool.get(hash)?.raw ?? NO_TRANSACTION) : rawAt(place.block, place.index);
    },
    eth_getTransactionByHash: ([value]) => {
      const hash = transactionHash(value);
      const place = chain.transaction(hash);
      if (place !== undefined) return minedTransactionJson(place.block, place.index, common);
      const waiting = pool.get(hash);
      return waiting === undefined ? null : transactionJson(waiting, null);
    },
    eth_getTransactionReceipt: ([value]) => {
      const place = chain.transaction(transactionHash(value));
      return place === undefined ? null : receiptJson(place.block, place.index);
    },
  };
}
