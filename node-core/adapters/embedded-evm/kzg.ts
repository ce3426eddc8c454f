import type { KZG } from '@ethereumjs/util';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { LogicError } from '../../primitives/errors.ts';

const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;
const { Fp12 } = bls12_381.fields;
type PointG1 = InstanceType<typeof G1>;

/** `[tau]G2` of the KZG ceremony. Source: EIP-4844's `trusted_setup.json`, `g2_monomial[1]`. */
const TAU_G2 = G2.fromHex(
  'b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2',
);

/** A field element in its one valid form. */
function scalar(text: string): bigint {
  const value = BigInt(text);
  if (value >= G1.Fn.ORDER) throw new Error('a field element is at or above the modulus');
  return value;
}

/** A point of the right subgroup. */
function point(text: string): PointG1 {
  const decoded = G1.fromHex(text.slice(2));
  if (!decoded.is0()) decoded.assertValidity();
  return decoded;
}

const times = (factor: bigint, base: PointG1): PointG1 => (factor === 0n ? G1.ZERO : base.multiplyUnsafe(factor));

/** Whether `proof` shows that the polynomial of `commitment` is `y` at `z`. Source: EIP-4844, `verify_kzg_proof`. */
function verifyProof(commitment: string, z: string, y: string, proof: string): boolean {
  try {
    const quotient = point(proof);
    // e(C - yG1 + zQ, -G2) * e(Q, [tau]G2) = 1
    const left = point(commitment)
      .subtract(times(scalar(y), G1.BASE))
      .add(times(scalar(z), quotient));
    const pairs = [
      { g1: left, g2: G2.BASE.negate() },
      { g1: quotient, g2: TAU_G2 },
    ].filter(({ g1 }) => !g1.is0());
    return pairs.length === 0 || Fp12.eql(bls12_381.pairingBatch(pairs), Fp12.ONE);
  } catch {
    // What can't be decoded proves nothing.
    return false;
  }
}

function noBlobs(): never {
  throw new LogicError('NO_BLOBS', 'blob transactions are not part of this chain');
}

/**
 * KZG as far as the precompile 0x0a needs it. The WebAssembly of c-kzg-4844 verifies faster, and first prepares the whole
 * trusted setup for blobs, which this chain doesn't have: more than ten seconds at every start.
 */
export const pointEvaluation: KZG = {
  verifyProof,
  blobToKzgCommitment: noBlobs,
  computeBlobProof: noBlobs,
  verifyBlobProofBatch: noBlobs,
  computeCells: noBlobs,
  computeCellsAndProofs: noBlobs,
  recoverCellsAndProofs: noBlobs,
  verifyCellKzgProofBatch: noBlobs,
};
