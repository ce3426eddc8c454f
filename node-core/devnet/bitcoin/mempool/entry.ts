import type { Txid } from '../../../primitives/ids.ts';
import type { Sats } from '../../../primitives/units.ts';
import { type Tx, vsizeOf } from '../transaction.ts';

/** A transaction that waits for its block. */
export interface MempoolEntry {
  readonly tx: Tx;
  readonly feeSats: Sats;
  /** Virtual size; more than the transaction's own if it has many signature operations for its size. */
  readonly vsize: number;
  /** Signature operations as blocks count them. */
  readonly sigops: number;
  readonly timeSeconds: number;
  /** Height of the tip when it came. */
  readonly height: number;
  /** Those in the mempool whose outputs it spends. */
  readonly parents: Set<Txid>;
  /** Those in the mempool that spend its outputs. */
  readonly children: Set<Txid>;
}

/** Source: Bitcoin Core, `DEFAULT_BYTES_PER_SIGOP`. */
const BYTES_PER_SIGOP = 20;

export const relayVsize = (tx: Tx, sigops: number): number => vsizeOf(Math.max(tx.weight, sigops * BYTES_PER_SIGOP));

/** Fee for that many virtual bytes at a rate in sat per 1000 of them, rounded up. */
export const feeAt = (satsPerKvb: bigint, vsize: number): bigint => (satsPerKvb * BigInt(vsize) + 999n) / 1000n;

/** Sequences up to this announce that a transaction may be replaced (BIP-125). */
const MAX_REPLACEABLE_SEQUENCE = 0xffff_fffd;

export const signalsReplacement = (tx: Tx): boolean =>
  tx.inputs.some((input) => input.sequence <= MAX_REPLACEABLE_SEQUENCE);

/** Compares fee rates without division: positive if `a` pays more for each virtual byte. */
export function compareFeeRates(
  a: { readonly feeSats: bigint; readonly vsize: number },
  b: { readonly feeSats: bigint; readonly vsize: number },
): number {
  const difference = a.feeSats * BigInt(b.vsize) - b.feeSats * BigInt(a.vsize);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}
