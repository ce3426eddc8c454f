import type { Chain } from '../chain/chain.ts';
import {
  checkAmounts,
  checkScripts,
  checkTransaction,
  findCoins,
  isFinal,
  relativeLocksPassed,
  sigopCost,
} from '../chain/rules.ts';
import type { Coin } from '../chain/coins.ts';
import { rejectUnless } from '../rejection.ts';
import type { Tx } from '../transaction.ts';
import { type MempoolEntry, feeAt, relayVsize } from './entry.ts';
import { type Mempool, MEMPOOL_HEIGHT, totalVsize } from './mempool.ts';
import { MIN_RELAY_FEE_SATS_PER_KVB, checkInputsStandard, checkSigops, checkStandard } from './policy.ts';
import { checkReplacement } from './replacement.ts';
import { checkTopology } from './topology.ts';

/** What the mempool will do with a transaction that it takes. */
export interface Admission {
  readonly entry: MempoolEntry;
  /** What the transaction drives out. */
  readonly replaced: readonly MempoolEntry[];
}

export interface AdmissionRules {
  /** Whether transactions that don't announce it can be replaced too (Core's `-mempoolfullrbf`). */
  readonly fullRbf: boolean;
  /** Largest number of virtual bytes that the mempool holds. */
  readonly maxMempoolVbytes: number;
  /** Says which transactions' scripts were found right before. */
  readonly scriptsKnown: (tx: Tx) => boolean;
}

/**
 * Whether the mempool takes a transaction: the rules of consensus and of relay, in the order of Core's
 * `MemPoolAccept::PreChecks`. Changes nothing.
 * @throws Rejection with Core's reason.
 */
export function assess(tx: Tx, chain: Chain, pool: Mempool, rules: AdmissionRules, nowSeconds: number): Admission {
  const { tip } = chain;
  checkTransaction(tx);
  rejectUnless(!tx.isCoinbase, 'coinbase');
  checkStandard(tx);
  rejectUnless(isFinal(tx, tip.height + 1, tip.medianTimeSeconds), 'non-final');

  const present = pool.get(tx.txid);
  rejectUnless(present === undefined || present.tx.wtxid !== tx.wtxid, 'txn-already-in-mempool');
  rejectUnless(present === undefined, 'txn-same-nonwitness-data-in-mempool');
  const conflicts = pool.conflictsOf(tx);

  rejectUnless(
    tx.inputs.every((input) => coinFor(input.outpoint) !== undefined) ||
      !chain.coins.hasOutputOf(tx.txid, tx.outputs.length),
    'txn-already-known',
  );
  function coinFor(at: Tx['inputs'][number]['outpoint']): Coin | undefined {
    return chain.coins.get(at) ?? pool.coin(at);
  }
  // What waits counts for locks as in the next block.
  const coins = findCoins(tx, coinFor).map((coin) =>
    coin.height === MEMPOOL_HEIGHT ? { ...coin, height: tip.height + 1 } : coin,
  );
  rejectUnless(relativeLocksPassed(tx, coins, tip), 'non-BIP68-final');
  const feeSats = checkAmounts(tx, coins, tip.height + 1);
  checkInputsStandard(tx, coins);
  const sigops = sigopCost(tx, coins);
  checkSigops(sigops);

  const entry: MempoolEntry = {
    tx,
    feeSats,
    vsize: relayVsize(tx, sigops),
    sigops,
    timeSeconds: nowSeconds,
    height: tip.height,
    parents: pool.parentsOf(tx),
    children: new Set(),
  };
  const relayFee = feeAt(MIN_RELAY_FEE_SATS_PER_KVB, entry.vsize);
  rejectUnless(feeSats >= relayFee, 'min relay fee not met', `${feeSats} < ${relayFee}`);
  checkTopology(pool, entry, conflicts);
  const replaced = conflicts.length === 0 ? [] : checkReplacement(pool, entry, conflicts, rules.fullRbf);
  const vbytes = pool.totalVsize - totalVsize(replaced) + entry.vsize;
  rejectUnless(vbytes <= rules.maxMempoolVbytes, 'mempool full');
  if (!rules.scriptsKnown(tx)) checkScripts(tx, coins, true);
  return { entry, replaced };
}
