import { failUnless } from './failure.ts';

/** Longest number that arithmetic takes, in bytes. */
const NUMBER_BYTES = 4;
/** Longest number that the lock-time opcodes take, in bytes. */
export const LOCK_TIME_BYTES = 5;

/**
 * Reads a stack item as a number: little-endian magnitude, sign in the top bit.
 * @throws ScriptFailure SCRIPT_NUMBER if it is longer than `maxBytes`, or not minimal where `minimal` is asked for.
 */
export function decodeNumber(item: Uint8Array, minimal: boolean, maxBytes = NUMBER_BYTES): number {
  failUnless(item.length <= maxBytes, 'SCRIPT_NUMBER');
  const top = item.at(-1);
  if (top === undefined) return 0;
  // The top byte may hold nothing but the sign only if the byte below needs its own top bit.
  const signAlone = (top & 0x7f) === 0;
  if (minimal && signAlone) failUnless(item.length > 1 && ((item.at(-2) as number) & 0x80) !== 0, 'SCRIPT_NUMBER');
  let magnitude = 0;
  for (let i = item.length - 1; i >= 0; i--) {
    const byte = item[i] as number;
    magnitude = magnitude * 256 + (i === item.length - 1 ? byte & 0x7f : byte);
  }
  return (top & 0x80) === 0 ? magnitude : -magnitude;
}

export function encodeNumber(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = Math.abs(value); rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256);
  const top = bytes.at(-1);
  if (top === undefined) return new Uint8Array(0);
  if ((top & 0x80) !== 0) bytes.push(value < 0 ? 0x80 : 0);
  else if (value < 0) bytes[bytes.length - 1] = top | 0x80;
  return Uint8Array.from(bytes);
}

/** False is zero of either sign, of any length. */
export function isTrue(item: Uint8Array): boolean {
  return item.some((byte, index) => byte !== 0 && !(index === item.length - 1 && byte === 0x80));
}
