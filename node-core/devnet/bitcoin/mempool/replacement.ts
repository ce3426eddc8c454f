import { btcText, rejectUnless } from '../rejection.ts';
import { type MempoolEntry, compareFeeRates, feeAt, signalsReplacement } from './entry.ts';
import { type Mempool, totalFee } from './mempool.ts';
import { INCREMENTAL_RELAY_FEE_SATS_PER_KVB } from './policy.ts';

const MAX_REPLACED = 100;

const rateText = (entry: Pick<MempoolEntry, 'feeSats' | 'vsize'>): string =>
  `${btcText((entry.feeSats * 1000n) / BigInt(entry.vsize))} BTC/kvB`;

/**
 * Whether a transaction may take the place of those it conflicts with (BIP-125, as Core checks it).
 * @param fullRbf whether those that don't announce it can be replaced too.
 * @returns what it replaces: the conflicts and all that rests on them.
 * @throws Rejection
 */
export function checkReplacement(
  pool: Mempool,
  candidate: MempoolEntry,
  conflicts: readonly MempoolEntry[],
  fullRbf: boolean,
): readonly MempoolEntry[] {
  const { txid } = candidate.tx;
  for (const conflict of conflicts) {
    rejectUnless(fullRbf || signalsReplacement(conflict.tx), 'txn-mempool-conflict');
  }
  const replaced = pool.descendants(conflicts.map((conflict) => conflict.tx.txid));
  const replacedIds = new Set(replaced.map((entry) => entry.tx.txid));
  for (const ancestor of pool.ancestors(candidate.parents)) {
    rejectUnless(
      !conflicts.includes(ancestor),
      'bad-txns-spends-conflicting-tx',
      `${txid} spends conflicting transaction ${ancestor.tx.txid}`,
    );
  }
  for (const conflict of conflicts) {
    rejectUnless(
      compareFeeRates(candidate, conflict) > 0,
      'insufficient fee',
      `rejecting replacement ${txid}; new feerate ${rateText(candidate)} <= old feerate ${rateText(conflict)}`,
    );
  }
  rejectUnless(
    replaced.length <= MAX_REPLACED,
    'too many potential replacements',
    `rejecting replacement ${txid}; too many potential replacements (${replaced.length} > ${MAX_REPLACED})`,
  );
  const oldParents = new Set(conflicts.flatMap((conflict) => [...conflict.parents]));
  for (const [index, input] of candidate.tx.inputs.entries()) {
    const isNew = candidate.parents.has(input.txid) && !oldParents.has(input.txid) && !replacedIds.has(input.txid);
    rejectUnless(!isNew, 'replacement-adds-unconfirmed', `replacement ${txid} adds unconfirmed input, idx ${index}`);
  }
  const oldFees = totalFee(replaced);
  rejectUnless(
    candidate.feeSats >= oldFees,
    'insufficient fee',
    `rejecting replacement ${txid}, less fees than conflicting txs; ${btcText(candidate.feeSats)} < ${btcText(oldFees)}`,
  );
  const additional = candidate.feeSats - oldFees;
  const relayFee = feeAt(INCREMENTAL_RELAY_FEE_SATS_PER_KVB, candidate.vsize);
  rejectUnless(
    additional >= relayFee,
    'insufficient fee',
    `rejecting replacement ${txid}, not enough additional fees to relay; ${btcText(additional)} < ${btcText(relayFee)}`,
  );
  return replaced;
}
