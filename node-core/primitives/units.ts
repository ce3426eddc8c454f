import { assert } from './assert.ts';
import type { Brand } from './brand.ts';

/** Bitcoin amount in satoshi, 0 to 21e14. */
export type Sats = Brand<bigint, 'Sats'>;
/** Amount of an EIP-4895 withdrawal, 1 gwei = 10^9 wei. */
export type Gwei = Brand<bigint, 'Gwei'>;
/** EVM amount. */
export type Wei = Brand<bigint, 'Wei'>;

/** 1 sat = 10 gwei = 10^10 wei, because 1 BTC is 10^8 sat and 10^18 wei on Alys. Source: protocol.md, Units. */
const WEI_PER_SAT = 10_000_000_000n;
const GWEI_PER_SAT = 10n;
/** 21 million BTC: no amount of sats is ever above it. */
export const MAX_SATS = 2_100_000_000_000_000n;

/** @throws LogicError outside 0 to 21e14 sat. */
export function sats(value: bigint): Sats {
  assert(value >= 0n && value <= MAX_SATS, `an amount of ${value} sat is outside 0 to 21e14`);
  return value as Sats;
}

/** @throws LogicError below zero. */
export function wei(value: bigint): Wei {
  assert(value >= 0n, `an amount of ${value} wei is negative`);
  return value as Wei;
}

export const satsToWei = (amount: Sats): Wei => (amount * WEI_PER_SAT) as Wei;
export const satsToGwei = (amount: Sats): Gwei => (amount * GWEI_PER_SAT) as Gwei;

/** The only inverse of `satsToWei`. The remainder is never paid (INV-8) and never lost from the books. */
export function weiToSats(amount: Wei): { readonly quotientSats: Sats; readonly remainderWei: Wei } {
  return { quotientSats: sats(amount / WEI_PER_SAT), remainderWei: (amount % WEI_PER_SAT) as Wei };
}

export function addSats(...amounts: readonly Sats[]): Sats {
  return sats(amounts.reduce<bigint>((sum, amount) => sum + amount, 0n));
}
