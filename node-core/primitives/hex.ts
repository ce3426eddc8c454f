import { assert } from './assert.ts';

/** Lower-case hex with `0x` in front: the form of everything on the EVM side. */
export type Hex = `0x${string}`;

const HEX_PAIR = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

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
  const digits = text.startsWith('0x') ? text.slice(2) : text;
  assert(/^(?:[0-9a-fA-F]{2})*$/.test(digits), 'not a string of hex bytes');
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
