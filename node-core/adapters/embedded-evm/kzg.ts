import type { KZG } from '@ethereumjs/util';
import mcl, { type Fr, type G1, type GT } from 'mcl-bls12-381';
import { LogicError } from '../../primitives/errors.ts';

await mcl.init(mcl.BLS12_381);
mcl.setETHserialization(true);

/** Generators of both groups. Source: EIP-2537, `G1` and `H`, compressed as in the consensus specification. */
const GENERATOR = point(
  '97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb',
);
const H = secondGroup(
  '93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8',
);
/** `[tau]G2` of the KZG ceremony. Source: EIP-4844's `trusted_setup.json`, `g2_monomial[1]`. */
const TAU_H = secondGroup(
  'b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2',
);

/** @throws Error when it is not a point of the right subgroup in its one valid form. */
function point(hex: string): G1 {
  const bytes = Buffer.from(hex, 'hex');
  const decoded = new mcl.G1();
  decoded.deserialize(bytes);
  if (!decoded.isValidOrder()) throw new Error('a point is of another subgroup');
  // The library reads the point at infinity by its first byte alone.
  if (Buffer.compare(decoded.serialize(), bytes) !== 0) throw new Error('a point is not in its canonical form');
  return decoded;
}

function secondGroup(hex: string): InstanceType<typeof mcl.PrecomputedG2> {
  const decoded = new mcl.G2();
  decoded.deserialize(Buffer.from(hex, 'hex'));
  return new mcl.PrecomputedG2(decoded);
}

/** A field element in its one valid form. @throws Error */
function scalar(hex: string): Fr {
  const value = new mcl.Fr();
  value.deserialize(Buffer.from(hex, 'hex'));
  return value;
}

/** Whether `proof` shows that the polynomial of `commitment` is `y` at `z`. Source: EIP-4844, `verify_kzg_proof`. */
function verifyProof(commitment: string, z: string, y: string, proof: string): boolean {
  try {
    const quotient = point(proof.slice(2));
    // e(C - yG + zQ, H) * e(-Q, [tau]H) = 1
    const value = mcl.mul(GENERATOR, scalar(y.slice(2)));
    const left = mcl.add(mcl.sub(point(commitment.slice(2)), value), mcl.mul(quotient, scalar(z.slice(2))));
    const loops: GT[] = [];
    if (!left.isZero()) loops.push(mcl.precomputedMillerLoop(left, H));
    if (!quotient.isZero()) loops.push(mcl.precomputedMillerLoop(mcl.neg(quotient), TAU_H));
    if (loops.length === 0) return true;
    return mcl.finalExp(loops.reduce((product, each) => mcl.mul(product, each))).isOne();
  } catch {
    // What can't be decoded proves nothing.
    return false;
  }
}

function noBlobs(): never {
  throw new LogicError('NO_BLOBS', 'blob transactions are not part of this chain');
}

/**
 * KZG as far as the precompile 0x0a needs it, by WebAssembly: many times as fast as in JavaScript. The WebAssembly of
 * c-kzg-4844 first prepares the whole trusted setup for blobs, which this chain doesn't have: more than ten seconds at
 * every start.
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
