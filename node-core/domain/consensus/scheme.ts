import type { BlsPublicKey, BlsSignature } from './types.ts';

/** One message and those who signed it. */
export interface SignedGroup {
  readonly publicKeys: readonly BlsPublicKey[];
  /** 32 bytes. */
  readonly message: Uint8Array;
}

/**
 * Aggregatable signatures, synchronous and without throwing on foreign bytes. Aggregates are sound only for keys whose
 * possession was proved. The node runs BLS; simulations run a keyed stand-in whose forgeries fail too.
 */
export interface SignatureScheme {
  verify(publicKey: BlsPublicKey, message: Uint8Array, signature: BlsSignature): boolean;
  /** Signatures that were verified, one at least. Their order doesn't matter. */
  aggregate(signatures: readonly BlsSignature[]): BlsSignature;
  /** Whether each key of each group signed its group's message. Messages are distinct, no group is empty. */
  verifyAggregate(groups: readonly SignedGroup[], signature: BlsSignature): boolean;
}
