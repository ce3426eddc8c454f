import { Block } from 'bitcoinjs-lib';
import { bytesToBareHex } from '../../primitives/hex.ts';
import { type BitcoinBlockHash, type BitcoinHeight, bitcoinBlockHash } from '../../primitives/ids.ts';
import type { BitcoinBlock } from '../../ports/bitcoin.ts';
import { malformed } from './json-rpc.ts';

const NO_PARENT = '0'.repeat(64);

/**
 * Reads a block's serialized form and holds it against the hash that was asked for: its header hashes to that, its
 * transactions to its Merkle root and witness commitment, so that what was cut or changed on the way is never believed.
 * @throws ServiceError `BITCOIN_MALFORMED`
 */
export function decodeBlock(hex: string, hash: BitcoinBlockHash, height: BitcoinHeight): BitcoinBlock {
  const block = parse(hex);
  const { transactions, prevHash, timestamp } = block;
  if (transactions === undefined || prevHash === undefined || transactions.length === 0)
    throw malformed('getblock', 'it holds no transactions');
  if (block.getId() !== hash) throw malformed('getblock', `it is block ${block.getId()}, asked was ${hash}`);
  if (!block.checkTxRoots()) throw malformed('getblock', "its transactions don't match its header");
  const previous = bytesToBareHex(Uint8Array.from(prevHash).reverse());
  return {
    hash,
    height,
    previousHash: previous === NO_PARENT ? null : bitcoinBlockHash(previous),
    timeS: timestamp,
    transactions: transactions.map((transaction) => transaction.toHex()),
  };
}

function parse(hex: string): Block {
  try {
    return Block.fromHex(hex);
  } catch (error) {
    throw malformed('getblock', (error as Error).message);
  }
}
