import { concat, getBytes, sha256, toUtf8Bytes } from 'ethers';

/** `SHA-256(SHA-256(tag) || SHA-256(tag) || message)`: 32 bytes. Source: BIP-340, Tagged Hashes. */
export function taggedHash(tag: string, message: Uint8Array): Uint8Array {
  const prefix = sha256(toUtf8Bytes(tag));
  return getBytes(sha256(concat([prefix, prefix, message])));
}
