import { OFFSET_BYTES, TRANSACTION_ROOM_BYTES } from '../../domain/consensus/block-room.ts';
import { type Hex, hexToBytes } from '../../primitives/hex.ts';

/** Share of the transactions' room that is kept for heavy ones: enough for the largest transaction, and some more. */
const HEAVY_SHARE = 0.25;

/** Prices of Cancun. Source: EIP-2, EIP-2028, EIP-3860. */
const TRANSFER_GAS = 21_000;
const CREATION_GAS = 53_000;
const ZERO_BYTE_GAS = 4;
const OTHER_BYTE_GAS = 16;
const INIT_CODE_WORD_GAS = 2;

/** A transaction by what it takes of a block. */
export interface Weight {
  /** With its offset in the block's encoding. */
  readonly bytes: number;
  readonly leastGas: number;
}

/** Whom a transaction calls, null for a creation, and with what data: hex with `0x` in front. */
export interface Called {
  readonly to: string | null;
  readonly data: string;
}

export interface BlockShares {
  /** What the heavy transactions of a block may take together. */
  readonly heavyBytes: number;
  readonly isLight: (weight: Weight) => boolean;
}

/**
 * Splits the room for transactions in a block of at most `gasLimit` between light ones, of which a client may choose as
 * it likes, and heavy ones, of which it is given no more than fit.
 *
 * A transaction is light when it has a fair share of the block's gas for its bytes: `leastGas / gasLimit >= bytes /
 * lightBytes`. The gas of all transactions in a block is `gasLimit` at most, so the left sides of all light ones in it add
 * up to 1 at most, and with them the right sides: together light ones have `lightBytes` at most, however many there are.
 * `lightBytes + heavyBytes` is the transactions' room. None has fewer than 64 bytes, so that there are fewer than
 * `MAX_TRANSACTIONS` then, too.
 *
 * With 10 million gas the floor is 15 gas a byte: below what code and other dense data cost, and above what zeros do.
 * Plain transfers are light up to a limit of 110 million gas.
 */
export function sharesOf(gasLimit: bigint): BlockShares {
  const heavyBytes = Math.floor(TRANSACTION_ROOM_BYTES * HEAVY_SHARE);
  const lightBytes = TRANSACTION_ROOM_BYTES - heavyBytes;
  return {
    heavyBytes,
    isLight: ({ bytes, leastGas }) => BigInt(leastGas) * BigInt(lightBytes) >= BigInt(bytes) * gasLimit,
  };
}

/**
 * Gas that a transaction takes of its block's limit whatever it executes: Cancun's intrinsic gas without the access list.
 * What the list costs may come back: a slot that is listed (1900 gas) and cleared (2900) is refunded 4800. No refund is
 * above what the slot itself has cost. Source: EIP-3529.
 */
export function leastGasOf({ to, data }: Called): number {
  const bytes = hexToBytes(data);
  const zeros = bytes.reduce((count, byte) => (byte === 0 ? count + 1 : count), 0);
  const dataGas = zeros * ZERO_BYTE_GAS + (bytes.length - zeros) * OTHER_BYTE_GAS;
  if (to !== null) return TRANSFER_GAS + dataGas;
  return CREATION_GAS + dataGas + Math.ceil(bytes.length / 32) * INIT_CODE_WORD_GAS;
}

export const weightOf = (raw: Hex, called: Called): Weight => ({
  bytes: raw.length / 2 - 1 + OFFSET_BYTES,
  leastGas: leastGasOf(called),
});
