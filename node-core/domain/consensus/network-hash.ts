import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import canonicalize from 'canonicalize';
import { assert } from '../../primitives/assert.ts';
import { bytesToBareHex } from '../../primitives/hex.ts';

/**
 * SHA-256 of the network file's RFC 8785 form, bare hex. It stands in every handshake and under every signature, so that
 * members with different parameters neither peg together nor count each other's votes (HOLE-12).
 */
export const networkHash = (network: object): string => canonicalHash(network);

/** The same for each field of the file by itself, so that a handshake can say which one differs. */
export const networkFieldHashes = (network: object): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(network).map(([name, value]) => [name, canonicalHash(value)]));

/** The names of the fields that two files don't hold alike. */
export const differingFields = (
  ours: Readonly<Record<string, string>>,
  theirs: Readonly<Record<string, string>>,
): readonly string[] =>
  [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].filter((name) => ours[name] !== theirs[name]);

function canonicalHash(value: unknown): string {
  const canonical = canonicalize(value);
  assert(canonical !== undefined, 'a network file holds JSON alone');
  return bytesToBareHex(sha256(utf8ToBytes(canonical)));
}
