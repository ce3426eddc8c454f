import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { bytesToHex, type Hex, hexToBytes } from '../../node-core/primitives/hex.ts';
import type { SignatureScheme } from '../../node-core/domain/consensus/scheme.ts';
import { possessionSigningRoot } from '../../node-core/domain/consensus/signing.ts';
import type { BlsPublicKey, BlsSignature } from '../../node-core/domain/consensus/types.ts';

export interface KeyedScheme extends SignatureScheme {
  /** Makes the key pair number `index` known to the scheme: only what was made here verifies. */
  keyPair(index: number): { readonly secretKey: Hex; readonly publicKey: BlsPublicKey };
  sign(secretKey: Hex, message: Uint8Array): BlsSignature;
  proofOfPossession(secretKey: Hex): BlsSignature;
}

/**
 * Stands in for BLS where a simulation needs a million signatures: a signature is a keyed hash, an aggregate the sum of
 * hashes by exclusive or. The scheme knows every secret and recomputes, so that a forgery fails as it does with BLS.
 */
export function createKeyedScheme(): KeyedScheme {
  const secrets = new Map<BlsPublicKey, Hex>();
  const mac = (secretKey: Hex, message: Uint8Array): Uint8Array => {
    const hash = sha256(concatBytes(hexToBytes(secretKey), message));
    return concatBytes(hash, hash, hash);
  };
  const publicKeyOf = (secretKey: Hex): BlsPublicKey => {
    const hash = sha256(concatBytes(hexToBytes(secretKey), Uint8Array.of(0xff)));
    return bytesToHex(concatBytes(hash, hash.slice(0, 16))) as BlsPublicKey;
  };
  const sign = (secretKey: Hex, message: Uint8Array): BlsSignature =>
    bytesToHex(mac(secretKey, message)) as BlsSignature;
  const sum = (parts: readonly Uint8Array[]): BlsSignature => {
    const total = new Uint8Array(96);
    for (const part of parts) for (let i = 0; i < total.length; i++) total[i] = (total[i] ?? 0) ^ (part[i] ?? 0);
    return bytesToHex(total) as BlsSignature;
  };
  return {
    keyPair(index) {
      const secretKey = bytesToHex(sha256(Uint8Array.of(index >> 8, index & 0xff)));
      const publicKey = publicKeyOf(secretKey);
      secrets.set(publicKey, secretKey);
      return { secretKey, publicKey };
    },
    sign,
    proofOfPossession: (secretKey) => sign(secretKey, possessionSigningRoot(publicKeyOf(secretKey))),
    verify(publicKey, message, signature) {
      const secretKey = secrets.get(publicKey);
      return secretKey !== undefined && sign(secretKey, message) === signature;
    },
    aggregate: (signatures) => sum(signatures.map(hexToBytes)),
    verifyAggregate(groups, signature) {
      const parts: Uint8Array[] = [];
      for (const { publicKeys, message } of groups)
        for (const publicKey of publicKeys) {
          const secretKey = secrets.get(publicKey);
          if (secretKey === undefined) return false;
          parts.push(mac(secretKey, message));
        }
      return parts.length > 0 && sum(parts) === signature;
    },
  };
}
