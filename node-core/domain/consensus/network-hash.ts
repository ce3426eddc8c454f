import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import canonicalize from 'canonicalize';
import { assert } from '../../primitives/assert.ts';
import { bytesToBareHex } from '../../primitives/hex.ts';

/**
 * SHA-256 of the network file's RFC 8785 form, bare hex. It stands in every handshake and under every signature, so that
 * members with different parameters neither peg together nor count each other's votes (HOLE-12).
 */
export function networkHash(network: object): string {
  const canonical = canonicalize(network);
  assert(canonical !== undefined, 'a network file is a JSON object');
  return bytesToBareHex(sha256(utf8ToBytes(canonical)));
}
