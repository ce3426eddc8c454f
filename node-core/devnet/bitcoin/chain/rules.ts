import { addSats, sats, type Sats } from '../../../primitives/units.ts';
import { COINBASE_MATURITY, MAX_BLOCK_WEIGHT, WITNESS_SCALE_FACTOR } from '../regtest.ts';
import { Rejection, btcText, rejectUnless } from '../rejection.ts';
import { ScriptFailure } from '../script/failure.ts';
import { LOCK_TIME_THRESHOLD, RELATIVE_LOCK, SEQUENCE_FINAL, hasRelativeLocks } from '../script/locks.ts';
import { verifySpend } from '../script/spend.ts';
import { classifyOutput, countSigops } from '../script/standard.ts';
import { type Tx, isNullOutpoint } from '../transaction.ts';
import type { BlockNode } from './block-node.ts';
import { lineage } from './block-node.ts';
import type { Coin, CoinLookup } from './coins.ts';

const COINBASE_SCRIPT_BYTES = { min: 2, max: 100 } as const;

/** What holds for a transaction by itself. Source: Bitcoin Core, `consensus/tx_check.cpp`. @throws Rejection */
export function checkTransaction(tx: Tx): void {
  rejectUnless(tx.inputs.length > 0, 'bad-txns-vin-empty');
  rejectUnless(tx.outputs.length > 0, 'bad-txns-vout-empty');
  rejectUnless(tx.strippedSize * WITNESS_SCALE_FACTOR <= MAX_BLOCK_WEIGHT, 'bad-txns-oversize');
  outputTotal(tx);
  rejectUnless(
    new Set(tx.inputs.map((input) => input.outpoint)).size === tx.inputs.length,
    'bad-txns-inputs-duplicate',
  );
  if (tx.isCoinbase) {
    const length = tx.inputs[0]?.scriptSig.length ?? 0;
    rejectUnless(length >= COINBASE_SCRIPT_BYTES.min && length <= COINBASE_SCRIPT_BYTES.max, 'bad-cb-length');
  } else {
    rejectUnless(!tx.inputs.some(isNullOutpoint), 'bad-txns-prevout-null');
  }
}

/** Sum of the outputs. @throws Rejection above 21 million BTC. */
export function outputTotal(tx: Tx): Sats {
  const total = tx.outputs.reduce((sum, output) => sum + output.amountSats, 0n);
  rejectUnless(total <= 2_100_000_000_000_000n, 'bad-txns-txouttotal-toolarge');
  return sats(total);
}

/** The coins that the inputs spend, in order. @throws Rejection `bad-txns-inputs-missingorspent` */
export function findCoins(tx: Tx, lookup: CoinLookup): readonly Coin[] {
  return tx.inputs.map((input) => {
    const coin = lookup(input.outpoint);
    rejectUnless(coin !== undefined, 'bad-txns-inputs-missingorspent');
    return coin;
  });
}

/** The fee of a transaction in a block at `height`. @throws Rejection for an immature coinbase or more out than in. */
export function checkAmounts(tx: Tx, coins: readonly Coin[], height: number): Sats {
  for (const coin of coins) {
    const depth = height - coin.height;
    rejectUnless(
      !coin.isCoinbase || depth >= COINBASE_MATURITY,
      'bad-txns-premature-spend-of-coinbase',
      `tried to spend coinbase at depth ${depth}`,
    );
  }
  const paidIn = addSats(...coins.map((coin) => coin.output.amountSats));
  const paidOut = outputTotal(tx);
  rejectUnless(
    paidIn >= paidOut,
    'bad-txns-in-belowout',
    `value in (${btcText(paidIn)}) < value out (${btcText(paidOut)})`,
  );
  return sats(paidIn - paidOut);
}

/** Whether the transaction's absolute lock allows a block at `height` on a chain of that median time. */
export function isFinal(tx: Tx, height: number, medianTimeSeconds: number): boolean {
  if (tx.lockTime === 0) return true;
  const reached = tx.lockTime < LOCK_TIME_THRESHOLD ? height : medianTimeSeconds;
  return tx.lockTime < reached || tx.inputs.every((input) => input.sequence === SEQUENCE_FINAL);
}

/** Whether the inputs' relative locks allow a block on top of `parent` (BIP-68). */
export function relativeLocksPassed(tx: Tx, coins: readonly Coin[], parent: BlockNode): boolean {
  if (!hasRelativeLocks(tx)) return true;
  return tx.inputs.every((input, index) => {
    const { sequence } = input;
    if ((sequence & RELATIVE_LOCK.disabled) !== 0) return true;
    const coinHeight = (coins[index] as Coin).height;
    const value = sequence & RELATIVE_LOCK.valueMask;
    if ((sequence & RELATIVE_LOCK.isTime) === 0) return parent.height + 1 >= coinHeight + value;
    const start = ancestorAt(parent, Math.max(coinHeight - 1, 0)).medianTimeSeconds;
    return parent.medianTimeSeconds >= start + value * RELATIVE_LOCK.granularitySeconds;
  });
}

function ancestorAt(node: BlockNode, height: number): BlockNode {
  for (const at of lineage(node)) if (at.height <= height) return at;
  return node;
}

/** Signature operations as blocks count them: those outside of witnesses fourfold (BIP-141). */
export function sigopCost(tx: Tx, coins: readonly Coin[]): number {
  const bare =
    tx.inputs.reduce((sum, input) => sum + countSigops(input.scriptSig), 0) +
    tx.outputs.reduce((sum, output) => sum + countSigops(output.script), 0);
  const keyHashes = coins.filter((coin) => classifyOutput(coin.output.script) === 'witness_v0_keyhash').length;
  return bare * WITNESS_SCALE_FACTOR + keyHashes;
}

/**
 * Runs the scripts of every input.
 * @throws Rejection in Core's words: `mandatory-…` where consensus forbids the spend, `non-mandatory-…` where only
 *   the rules of relay do.
 */
export function checkScripts(tx: Tx, coins: readonly Coin[], policy: boolean): void {
  const spent = coins.map((coin) => coin.output);
  for (const inputIndex of tx.inputs.keys()) {
    const failure = scriptFailure(() => verifySpend({ tx, inputIndex, spent, policy }));
    if (failure === null) continue;
    const onlyPolicy = policy && scriptFailure(() => verifySpend({ tx, inputIndex, spent, policy: false })) === null;
    const mandatory = !onlyPolicy && failure.code !== 'UNSUPPORTED_SPEND';
    throw new Rejection(
      mandatory
        ? `mandatory-script-verify-flag-failed (${failure.message})`
        : `non-mandatory-script-verify-flag (${failure.message})`,
    );
  }
}

function scriptFailure(run: () => void): ScriptFailure | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof ScriptFailure) return error;
    throw error;
  }
}
