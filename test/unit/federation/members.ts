import { schnorr } from '@noble/curves/secp256k1.js';
import { bytesToBareHex, hexToBytes } from '../../../node-core/primitives/hex.ts';
import { memberIndex } from '../../../node-core/primitives/ids.ts';
import { type Federation, type FederationMember, federationOf } from '../../../node-core/domain/federation/address.ts';
import { schnorrSignature } from '../../../node-core/domain/federation/schnorr.ts';

/** The integer as a secret key: the vectors of protocol.md use 1, 2, 3. */
export const secret = (integer: number): Uint8Array => hexToBytes(integer.toString(16).padStart(64, '0'));

export const publicKey = (integer: number): string => bytesToBareHex(schnorr.getPublicKey(secret(integer)));

/** Member i has Bitcoin secret i + 1 and identity secret i + 101. */
export const membersOf = (count: number): FederationMember[] =>
  Array.from({ length: count }, (_, index) => ({
    bitcoinKey: publicKey(index + 1),
    identityKey: publicKey(index + 101),
  }));

export const federation = (required: number, count: number): Federation => federationOf(membersOf(count), required);

/** Deterministic: the same key and digest give the same signature. */
export const signWith = (integer: number, digest: Uint8Array) =>
  schnorrSignature(bytesToBareHex(schnorr.sign(digest, secret(integer), new Uint8Array(32))));

/** One member's signatures over the digests of a payout's inputs. */
export const inputSignatures = (member: number, digests: readonly Uint8Array[]) => ({
  member: memberIndex(member),
  signatures: digests.map((digest) => signWith(member + 1, digest)),
});
