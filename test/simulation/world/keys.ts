import type { Signing } from '../../../node-core/adapters/signer/signer.ts';
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
import { sha256, utf8 } from './bitcoin/hash.ts';

export interface AuthorityKeys {
  readonly secretKey: Hex;
  readonly publicKey: BlsPublicKey;
  readonly proofOfPossession: BlsSignature;
}

/** The authorities' signatures: BLS in a share of the seeds, keyed stand-ins whose forgeries fail in the rest. */
export interface Keys {
  readonly scheme: SignatureScheme;
  readonly signing: Signing;
  readonly authorities: readonly AuthorityKeys[];
}

export function blsKeys(count: number): Keys {
  const authorities = Array.from({ length: count }, (_, index) => {
    const secretKey = blsSecretKey(sha256(utf8(`authority ${index}`)));
    return { secretKey, publicKey: blsPublicKey(secretKey), proofOfPossession: blsProofOfPossession(secretKey) };
  });
  return { scheme: createBlsScheme(), signing: { publicKey: blsPublicKey, sign: blsSign }, authorities };
}

export function keyedKeys(count: number): Keys {
  const scheme = createKeyedScheme();
  const authorities = Array.from({ length: count }, (_, index) => {
    const { secretKey, publicKey } = scheme.keyPair(index);
    return { secretKey, publicKey, proofOfPossession: scheme.proofOfPossession(secretKey) };
  });
  const publicKeys = new Map(authorities.map(({ secretKey, publicKey }) => [secretKey, publicKey]));
  const publicKey = (secretKey: Hex): BlsPublicKey => publicKeys.get(secretKey) as BlsPublicKey;
  return { scheme, signing: { publicKey, sign: (secretKey, message) => scheme.sign(secretKey, message) }, authorities };
}
