import { addSats, type Sats } from '../../../primitives/units.ts';
import {
  type Block,
  WITNESS_COMMITMENT_PREFIX,
  blockSizes,
  meetsTarget,
  transactionsRoot,
  witnessCommitment,
} from '../block.ts';
import { equalBytes, withLength } from '../bytes.ts';
import { MAX_BLOCK_SIGOP_COST, MAX_BLOCK_WEIGHT, REGTEST_BITS, subsidySats } from '../regtest.ts';
import { rejectUnless } from '../rejection.ts';
import { encodeNumber } from '../script/number.ts';
import type { Tx } from '../transaction.ts';
import type { BlockNode } from './block-node.ts';
import type { Coin, CoinSet } from './coins.ts';
import {
  checkAmounts,
  checkScripts,
  checkTransaction,
  findCoins,
  isFinal,
  outputTotal,
  relativeLocksPassed,
  sigopCost,
} from './rules.ts';

/** How far a block's time may be ahead of this node's clock. */
const MAX_FUTURE_SECONDS = 2 * 60 * 60;

/**
 * The script that a coinbase begins with: the block's height as a push (BIP-34).
 * Core writes the small heights with their own opcodes, OP_1 to OP_16.
 */
export function heightPush(height: number): Uint8Array {
  if (height >= 1 && height <= 16) return Uint8Array.of(0x50 + height);
  return withLength(encodeNumber(height));
}

/** What holds for a block on top of `parent`, whatever is unspent. @throws Rejection */
export function checkBlock(block: Block, parent: BlockNode, nowSeconds: number): void {
  const { header, transactions } = block;
  const height = parent.height + 1;
  rejectUnless(header.bits === REGTEST_BITS, 'bad-diffbits');
  rejectUnless(meetsTarget(block.hash), 'high-hash');
  rejectUnless(header.timeSeconds > parent.medianTimeSeconds, 'time-too-old');
  rejectUnless(header.timeSeconds <= nowSeconds + MAX_FUTURE_SECONDS, 'time-too-new');
  rejectUnless(header.version >= 4, `bad-version(0x${(header.version >>> 0).toString(16).padStart(8, '0')})`);

  const [coinbase, ...others] = transactions;
  rejectUnless(coinbase !== undefined && coinbase.isCoinbase, 'bad-cb-missing');
  rejectUnless(!others.some((tx) => tx.isCoinbase), 'bad-cb-multiple');
  rejectUnless(new Set(transactions.map((tx) => tx.txid)).size === transactions.length, 'bad-txns-duplicate');
  rejectUnless(transactionsRoot(transactions) === header.merkleRoot, 'bad-txnmrklroot');
  rejectUnless(blockSizes(block).weight <= MAX_BLOCK_WEIGHT, 'bad-blk-weight');
  for (const tx of transactions) checkTransaction(tx);

  const prefix = heightPush(height);
  const script = coinbase.inputs[0]?.scriptSig ?? new Uint8Array(0);
  rejectUnless(equalBytes(script.subarray(0, prefix.length), prefix), 'bad-cb-height');
  for (const tx of transactions) {
    rejectUnless(isFinal(tx, height, parent.medianTimeSeconds), 'bad-txns-nonfinal');
  }
  checkCommitment(coinbase, others);
}

function checkCommitment(coinbase: Tx, others: readonly Tx[]): void {
  const commitment = coinbase.outputs.findLast(({ script }) =>
    equalBytes(script.subarray(0, WITNESS_COMMITMENT_PREFIX.length), WITNESS_COMMITMENT_PREFIX),
  );
  if (commitment === undefined) {
    const anyWitness = [coinbase, ...others].some((tx) => tx.inputs.some((input) => input.witness.length > 0));
    rejectUnless(!anyWitness, 'unexpected-witness');
    return;
  }
  const [reserved, ...rest] = coinbase.inputs[0]?.witness ?? [];
  rejectUnless(reserved?.length === 32 && rest.length === 0, 'bad-witness-nonce-size');
  const hash = commitment.script.subarray(WITNESS_COMMITMENT_PREFIX.length, WITNESS_COMMITMENT_PREFIX.length + 32);
  rejectUnless(equalBytes(hash, witnessCommitment(others, reserved)), 'bad-witness-merkle-match');
}

/** The coins that each transaction of a connected block spent, in the order of its inputs. */
export type BlockUndo = readonly (readonly Coin[])[];

/**
 * Applies a checked block to the coins.
 * @param scriptsKnown says which transactions' scripts were found right before.
 * @throws Rejection with the coins as they were.
 */
export function connectBlock(
  block: Block,
  parent: BlockNode,
  coins: CoinSet,
  scriptsKnown: (tx: Tx) => boolean,
): BlockUndo {
  const height = parent.height + 1;
  const undo: (readonly Coin[])[] = [];
  try {
    let sigops = 0;
    const fees: Sats[] = [];
    for (const tx of block.transactions) {
      const spent = tx.isCoinbase ? [] : findCoins(tx, coins.get);
      sigops += sigopCost(tx, spent);
      rejectUnless(sigops <= MAX_BLOCK_SIGOP_COST, 'bad-blk-sigops');
      if (!tx.isCoinbase) {
        fees.push(checkAmounts(tx, spent, height));
        rejectUnless(relativeLocksPassed(tx, spent, parent), 'bad-txns-nonfinal');
        if (!scriptsKnown(tx)) checkScripts(tx, spent, false);
      }
      undo.push(coins.apply(tx, height));
    }
    const reward = addSats(subsidySats(height), ...fees);
    const paid = outputTotal(block.transactions[0] as Tx);
    rejectUnless(paid <= reward, 'bad-cb-amount', `coinbase pays too much (actual=${paid} vs limit=${reward})`);
    return undo;
  } catch (error) {
    disconnectBlock(block, height, coins, undo);
    throw error;
  }
}

/** Undoes `connectBlock`. */
export function disconnectBlock(block: Block, height: number, coins: CoinSet, undo: BlockUndo): void {
  for (let i = undo.length - 1; i >= 0; i--) {
    coins.revert(block.transactions[i] as Tx, height, undo[i] as readonly Coin[]);
  }
}
