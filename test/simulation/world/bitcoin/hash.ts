import { createHash } from 'node:crypto';

/** The simulator's own hashing, by the runtime's OpenSSL: nothing of the node's, so that one mistake can't satisfy both sides. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

export const sha256d = (...parts: readonly Uint8Array[]): Uint8Array => sha256(sha256(...parts));

const tags = new Map<string, Uint8Array>();

/** BIP-340's tagged hash. */
export function taggedHash(tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  let prefix = tags.get(tag);
  if (prefix === undefined) {
    prefix = sha256(utf8(tag));
    tags.set(tag, prefix);
  }
  return sha256(prefix, prefix, ...parts);
}

export const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const bytesOf = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
/** A hash as it is printed: its bytes backwards. */
export const reversedHex = (bytes: Uint8Array): string => Buffer.from(bytes).reverse().toString('hex');

/** An unsigned integer of so many bytes, little-endian as on Bitcoin's wire. */
export function littleEndian(value: bigint | number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let rest = BigInt(value), at = 0; at < length; at++, rest >>= 8n) bytes[at] = Number(rest & 0xffn);
  return bytes;
}

/** The same, big-endian as in the digests that members sign. */
export const bigEndian = (value: bigint | number, length: number): Uint8Array => littleEndian(value, length).reverse();
