import { isXOnlyPoint, verifySchnorr } from 'tiny-secp256k1';
import { assert } from '../../primitives/assert.ts';
import { hexToBytes } from '../../primitives/hex.ts';
import type { SchnorrSignature, XOnlyPublicKey } from '../consensus/types.ts';

const SIGNATURE = /^[0-9a-f]{128}$/;
const KEY = /^[0-9a-f]{64}$/;

/** Whether `text` has the form of a BIP-340 signature: 128 lower-case hex digits. */
export const isSchnorrSignature = (text: string): text is SchnorrSignature => SIGNATURE.test(text);

/** @throws LogicError for another form: check foreign text with `isSchnorrSignature` first. */
export function schnorrSignature(text: string): SchnorrSignature {
  assert(isSchnorrSignature(text), 'a Schnorr signature is 128 lower-case hex digits');
  return text;
}

/** Whether `text` is 64 lower-case hex digits and the x coordinate of a point of secp256k1. */
export const isXOnlyPublicKey = (text: string): text is XOnlyPublicKey =>
  KEY.test(text) && isXOnlyPoint(hexToBytes(text));

/** BIP-340 verification; false for anything that is no key, no signature or doesn't verify. `digest` is 32 bytes. */
export function verifySignature(digest: Uint8Array, key: string, signature: string): boolean {
  if (!isXOnlyPublicKey(key) || !isSchnorrSignature(signature)) return false;
  try {
    return verifySchnorr(digest, hexToBytes(key), hexToBytes(signature));
  } catch {
    // The library throws, and doesn't answer, for an `r` or `s` outside the group's order.
    return false;
  }
}
