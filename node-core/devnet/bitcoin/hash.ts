import { schnorr } from '@noble/curves/secp256k1.js';
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { bytesToBareHex, hexToBytes } from '../../primitives/hex.ts';

export { sha256 };

export const sha256d = (...parts: readonly Uint8Array[]): Uint8Array => sha256(sha256(concatBytes(...parts)));

export const hash160 = (bytes: Uint8Array): Uint8Array => ripemd160(sha256(bytes));

/** BIP-340's tagged hash. */
export const taggedHash = (tag: string, ...parts: readonly Uint8Array[]): Uint8Array =>
  schnorr.utils.taggedHash(tag, ...parts);

/** A hash as Core prints it: its bytes backwards, in hex. */
export const hashToText = (hash: Uint8Array): string => bytesToBareHex(hash.toReversed());

/** The bytes of a printed hash, in the order of the wire. */
export const textToHash = (text: string): Uint8Array => hexToBytes(text).reverse();
