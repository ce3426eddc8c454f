import { assert } from './assert.ts';

/** Lower-case hex with `0x` in front: the form of everything on the EVM side. */
export type Hex = `0x${string}`;

const HEX_PAIR = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The value of a digit by its character code, -1 for other characters below 128. */
const DIGITS = Int8Array.from({ length: 128 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(digit) ? -1 : digit;
});

/** Bytes as lower-case hex without `0x`: the form of everything on the Bitcoin side. */
export function bytesToBareHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX_PAIR[byte];
  return text;
}

export const bytesToHex = (bytes: Uint8Array): Hex => `0x${bytesToBareHex(bytes)}`;

/** Whether `text` is hex with `0x` in front and, if given, exactly `byteLength` bytes. */
export function isHex(text: unknown, byteLength?: number): text is Hex {
  return (
    typeof text === 'string' &&
    /^0x(?:[0-9a-fA-F]{2})*$/.test(text) &&
    (byteLength === undefined || text.length === 2 + 2 * byteLength)
  );
}

/**
 * Reads hex with or without `0x`.
 * @throws LogicError for anything else: check foreign text with `isHex` first.
 */
export function hexToBytes(text: string): Uint8Array {
  const start = text.startsWith('0x') ? 2 : 0;
  const bytes = new Uint8Array((text.length - start) >> 1);
  // Sum of all digits' look-ups by or: -1, and so negative, if one of them isn't a digit.
  let seen = (text.length - start) % 2 === 0 ? 0 : -1;
  for (let i = 0, at = start; i < bytes.length; i++, at += 2) {
    const high = DIGITS[text.charCodeAt(at)] ?? -1;
    const low = DIGITS[text.charCodeAt(at + 1)] ?? -1;
    seen |= high | low;
    bytes[i] = (high << 4) | low;
  }
  assert(seen >= 0, 'not a string of hex bytes');
  return bytes;
}
