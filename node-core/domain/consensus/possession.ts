import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import type { SignatureScheme } from './scheme.ts';
import { possessionSigningRoot } from './signing.ts';
import type { BlsPublicKey, BlsSignature } from './types.ts';

/** An authority as the network file names it. */
export interface ProvedAuthority {
  readonly name: string;
  readonly blsPublicKey: string;
  readonly proofOfPossession: string;
}

/**
 * Checks every proof of possession, once, at start: an authority without one could choose a key that cancels others in
 * an aggregate. A key that stands twice would count twice towards a quorum.
 */
export function verifyPossession(
  authorities: readonly ProvedAuthority[],
  scheme: SignatureScheme,
): Checked<undefined, 'PROOF_OF_POSSESSION' | 'DUPLICATE_KEY'> {
  const keys = new Set<string>();
  for (const { name, blsPublicKey, proofOfPossession } of authorities) {
    if (keys.has(blsPublicKey)) return refuse('DUPLICATE_KEY', `the BLS key of ${name} stands twice`, { name });
    keys.add(blsPublicKey);
    const key = blsPublicKey as BlsPublicKey;
    if (!scheme.verify(key, possessionSigningRoot(key), proofOfPossession as BlsSignature))
      return refuse('PROOF_OF_POSSESSION', `${name} doesn't prove that it holds its BLS key`, { name });
  }
  return accept(undefined);
}
