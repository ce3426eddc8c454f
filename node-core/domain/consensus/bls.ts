import {
  aggregatePublicKeys,
  aggregateSerializedSignatures,
  aggregateVerify,
  PublicKey,
  SecretKey,
  Signature,
  verify,
} from '@chainsafe/blst';
import { bytesToHex, type Hex, hexToBytes } from '../../primitives/hex.ts';
import { MAX_AUTHORITIES } from './schedule.ts';
import type { SignatureScheme } from './scheme.ts';
import { possessionSigningRoot } from './signing.ts';
import type { BlsPublicKey, BlsSignature } from './types.ts';

/** Keys of a few successive authority sets; above this the oldest is forgotten and only costs its check again. */
const MAX_CACHED_KEYS = 4 * MAX_AUTHORITIES;

/**
 * BLS12-381 with public keys in G1 and signatures in G2, in blst's proof-of-possession ciphersuite
 * (`BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_`). A public key is decompressed and checked to be in its subgroup once.
 */
export function createBlsScheme(): SignatureScheme {
  const keys = new Map<BlsPublicKey, PublicKey>();

  const keyOf = (publicKey: BlsPublicKey): PublicKey => {
    const known = keys.get(publicKey);
    if (known !== undefined) return known;
    const key = PublicKey.fromBytes(hexToBytes(publicKey), true);
    const oldest = keys.keys().next();
    if (keys.size >= MAX_CACHED_KEYS && !oldest.done) keys.delete(oldest.value);
    keys.set(publicKey, key);
    return key;
  };

  return {
    verify: (publicKey, message, signature) =>
      holds(() => verify(message, keyOf(publicKey), Signature.fromBytes(hexToBytes(signature), true))),
    aggregate: (signatures) =>
      bytesToHex(aggregateSerializedSignatures(signatures.map(hexToBytes)).toBytes()) as BlsSignature,
    verifyAggregate: (groups, signature) =>
      holds(() =>
        aggregateVerify(
          groups.map(({ message }) => message),
          groups.map(({ publicKeys }) => aggregatePublicKeys(publicKeys.map(keyOf))),
          Signature.fromBytes(hexToBytes(signature), true),
        ),
      ),
  };
}

/** blst throws where bytes are no point of the curve or its subgroup: such a signature is simply not valid. */
function holds(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

const secretKeyOf = (secretKey: Hex): SecretKey => SecretKey.fromBytes(hexToBytes(secretKey));

/** @throws Error of blst when `secretKey` isn't 32 bytes below the group's order, not zero. */
export const blsPublicKey = (secretKey: Hex): BlsPublicKey =>
  bytesToHex(secretKeyOf(secretKey).toPublicKey().toBytes()) as BlsPublicKey;

/** Signs 32 bytes. Only the guard of an authority's key calls this. */
export const blsSign = (secretKey: Hex, message: Uint8Array): BlsSignature =>
  bytesToHex(secretKeyOf(secretKey).sign(message).toBytes()) as BlsSignature;

export const blsProofOfPossession = (secretKey: Hex): BlsSignature =>
  blsSign(secretKey, possessionSigningRoot(blsPublicKey(secretKey)));

/** A secret key from at least 32 random bytes, by the KeyGen of the IETF's BLS draft. */
export const blsSecretKey = (seed: Uint8Array): Hex => bytesToHex(SecretKey.fromKeygen(seed).toBytes());
