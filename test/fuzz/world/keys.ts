import {
  blsProofOfPossession,
  blsPublicKey,
  blsSecretKey,
  blsSign,
  createBlsScheme,
} from '../../../node-core/domain/consensus/bls.ts';
import type { SignatureScheme } from '../../../node-core/domain/consensus/scheme.ts';
import type { BlsPublicKey, BlsSignature } from '../../../node-core/domain/consensus/types.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import { createKeyedScheme } from '../../support/keyed-scheme.ts';

export type SchemeName = 'keyed' | 'bls';

export interface KeyPair {
  readonly secretKey: Hex;
  readonly publicKey: BlsPublicKey;
  readonly proofOfPossession: BlsSignature;
}

/** The federation's signing keys, in one of the two schemes. */
export interface Keys {
  readonly scheme: SignatureScheme;
  readonly pairs: readonly KeyPair[];
  sign(authority: number, message: Uint8Array): BlsSignature;
}

export function createKeys(name: SchemeName, count: number): Keys {
  const { scheme, pairs, sign } = name === 'bls' ? blsKeys(count) : keyedKeys(count);
  return { scheme, pairs, sign: (authority, message) => sign((pairs[authority] as KeyPair).secretKey, message) };
}

function keyedKeys(count: number) {
  const scheme = createKeyedScheme();
  const pairs = Array.from({ length: count }, (_, index): KeyPair => {
    const pair = scheme.keyPair(index);
    return { ...pair, proofOfPossession: scheme.proofOfPossession(pair.secretKey) };
  });
  return { scheme, pairs, sign: scheme.sign };
}

function blsKeys(count: number) {
  const pairs = Array.from({ length: count }, (_, index): KeyPair => {
    const secretKey = blsSecretKey(new Uint8Array(32).fill(index + 1));
    return { secretKey, publicKey: blsPublicKey(secretKey), proofOfPossession: blsProofOfPossession(secretKey) };
  });
  return { scheme: createBlsScheme(), pairs, sign: blsSign };
}
