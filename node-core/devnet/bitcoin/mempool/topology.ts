import { rejectUnless } from '../rejection.ts';
import type { MempoolEntry } from './entry.ts';
import { type Mempool, totalVsize } from './mempool.ts';

/** How long and heavy chains of waiting transactions may grow. Source: Bitcoin Core 28, `policy/policy.h`. */
const MAX_CHAIN_LENGTH = 25;
const MAX_CHAIN_VBYTES = 101_000;
/** Transactions of this version promise to stay in pairs (BIP-431). */
const TRUC_VERSION = 3;
const MAX_TRUC_VBYTES = 10_000;
const MAX_TRUC_CHILD_VBYTES = 1_000;

/** Limits on the family of a transaction in the mempool. @throws Rejection */
export function checkTopology(pool: Mempool, entry: MempoolEntry, conflicts: readonly MempoolEntry[]): void {
  const ancestors = pool.ancestors(entry.parents);
  const limits = 'too-long-mempool-chain';
  rejectUnless(ancestors.length + 1 <= MAX_CHAIN_LENGTH, limits, 'too many unconfirmed ancestors');
  rejectUnless(totalVsize(ancestors) + entry.vsize <= MAX_CHAIN_VBYTES, limits, 'exceeds ancestor size limit');
  const leaving = new Set(pool.descendants(conflicts.map((conflict) => conflict.tx.txid)));
  for (const ancestor of ancestors) {
    const family = pool.descendants([ancestor.tx.txid]).filter((member) => !leaving.has(member));
    rejectUnless(family.length + 1 <= MAX_CHAIN_LENGTH, limits, 'too many descendants');
    rejectUnless(totalVsize(family) + entry.vsize <= MAX_CHAIN_VBYTES, limits, 'exceeds descendant size limit');
  }
  checkPair(pool, entry, ancestors, leaving);
}

function checkPair(
  pool: Mempool,
  entry: MempoolEntry,
  ancestors: readonly MempoolEntry[],
  leaving: ReadonlySet<MempoolEntry>,
): void {
  const isTruc = entry.tx.version === TRUC_VERSION;
  const alike = ancestors.every((ancestor) => (ancestor.tx.version === TRUC_VERSION) === isTruc);
  rejectUnless(alike, 'TRUC-violation', 'only version 3 spends unconfirmed version 3, and nothing else');
  if (!isTruc) return;
  rejectUnless(entry.vsize <= MAX_TRUC_VBYTES, 'TRUC-violation', 'too big');
  rejectUnless(ancestors.length <= 1, 'TRUC-violation', 'too many ancestors');
  for (const parent of ancestors) {
    rejectUnless(entry.vsize <= MAX_TRUC_CHILD_VBYTES, 'TRUC-violation', 'child too big');
    const siblings = pool.descendants([parent.tx.txid]).filter((member) => member !== parent && !leaving.has(member));
    rejectUnless(siblings.length === 0, 'TRUC-violation', 'the parent has a child already');
  }
}
