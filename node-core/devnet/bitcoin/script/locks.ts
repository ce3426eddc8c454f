import type { Tx, TxInput } from '../transaction.ts';

/** Lock times below this are heights, from it on they are Unix seconds. */
export const LOCK_TIME_THRESHOLD = 500_000_000;
/** The sequence of an input that takes no part in locks. */
export const SEQUENCE_FINAL = 0xffff_ffff;
/** Fields of a relative lock (BIP-68). */
export const RELATIVE_LOCK = {
  disabled: 1 << 31,
  isTime: 1 << 22,
  valueMask: 0xffff,
  granularitySeconds: 512,
} as const;
/** The first transaction version with relative locks. */
const RELATIVE_LOCK_VERSION = 2;

/** Versions count as unsigned in lock rules. */
export const hasRelativeLocks = (tx: Tx): boolean => tx.version >>> 0 >= RELATIVE_LOCK_VERSION;

/** OP_CHECKLOCKTIMEVERIFY's question (BIP-65): is the transaction locked until `lockTime` or later? */
export function satisfiesLockTime(tx: Tx, input: TxInput, lockTime: number): boolean {
  return (
    lockTime < LOCK_TIME_THRESHOLD === tx.lockTime < LOCK_TIME_THRESHOLD &&
    lockTime <= tx.lockTime &&
    input.sequence !== SEQUENCE_FINAL
  );
}

/** OP_CHECKSEQUENCEVERIFY's question (BIP-112): is the input locked for `sequence` or longer? */
export function satisfiesSequence(tx: Tx, input: TxInput, sequence: number): boolean {
  if (!hasRelativeLocks(tx) || (input.sequence & RELATIVE_LOCK.disabled) !== 0) return false;
  return (
    (sequence & RELATIVE_LOCK.isTime) === (input.sequence & RELATIVE_LOCK.isTime) &&
    (sequence & RELATIVE_LOCK.valueMask) <= (input.sequence & RELATIVE_LOCK.valueMask)
  );
}
