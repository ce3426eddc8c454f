import { EVMError, type EVMOpts, type ExecResult, type PrecompileInput } from '@ethereumjs/evm';
import mcl, { type Fp, type G1, type G2 } from 'mcl-bn254';
import { outOfGas } from './out-of-gas.ts';

await mcl.init(mcl.BN_SNARK1);

const WORD = 32;
const PAIR_BYTES = 6 * WORD;
/** Source: EIP-1108. */
const PAIRING_GAS = 45_000n;
const PAIR_GAS = 34_000n;

const ONE = new mcl.Fp();
ONE.setInt(1);

/** Coordinates and points that are none. */
const invalid = (): EVMError => new EVMError(EVMError.errorMessages.BN254_FP_NOT_IN_FIELD);

/** A big-endian word below the field's modulus. @throws EVMError */
function coordinate(input: Uint8Array, at: number): Fp {
  const value = new mcl.Fp();
  try {
    value.deserialize(input.slice(at, at + WORD).reverse());
  } catch {
    throw invalid();
  }
  return value;
}

/** Two words; both zero is the point at infinity. @throws EVMError */
function firstGroup(input: Uint8Array, at: number): G1 {
  const [x, y] = [coordinate(input, at), coordinate(input, at + WORD)];
  const point = new mcl.G1();
  if (x.isZero() && y.isZero()) return point;
  point.setX(x);
  point.setY(y);
  point.setZ(ONE);
  if (!point.isValid()) throw invalid();
  return point;
}

/** Four words, imaginary parts first, of a point of the right subgroup. @throws EVMError */
function secondGroup(input: Uint8Array, at: number): G2 {
  const [x, y] = [at, at + 2 * WORD].map((place) => {
    const value = new mcl.Fp2();
    value.set_a(coordinate(input, place + WORD));
    value.set_b(coordinate(input, place));
    return value;
  }) as [InstanceType<typeof mcl.Fp2>, InstanceType<typeof mcl.Fp2>];
  const point = new mcl.G2();
  if (x.isZero() && y.isZero()) return point;
  const one = new mcl.Fp2();
  one.set_a(ONE);
  point.setX(x);
  point.setY(y);
  point.setZ(one);
  if (!point.isValid() || !point.isValidOrder()) throw invalid();
  return point;
}

function encoded(point: G1): Uint8Array {
  const bytes = new Uint8Array(2 * WORD);
  if (point.isZero()) return bytes;
  point.normalize();
  bytes.set(point.getX().serialize().reverse());
  bytes.set(point.getY().serialize().reverse(), WORD);
  return bytes;
}

function pairing(): never {
  throw new EVMError(EVMError.errorMessages.INTERNAL_ERROR);
}

/** For the precompiles 0x06 and 0x07, by WebAssembly: four to ten times as fast as the library's. Source: EIP-196. */
export const bn254: NonNullable<EVMOpts['bn254']> = {
  add: (input) => encoded(mcl.add(firstGroup(input, 0), firstGroup(input, 2 * WORD))),
  mul: (input) => {
    const scalar = new mcl.Fr();
    // The group has that many points.
    scalar.setBigEndianMod(input.slice(2 * WORD, 3 * WORD));
    return encoded(mcl.mul(firstGroup(input, 0), scalar));
  },
  /** Is a precompile of its own, below. */
  pairing,
};

/** The precompile 0x08, pair by pair. Source: EIP-197. */
export function bn254Pairing(pace: () => Promise<void> | undefined): (input: PrecompileInput) => Promise<ExecResult> {
  return async ({ data, gasLimit }) => {
    const executionGasUsed = PAIRING_GAS + PAIR_GAS * BigInt(Math.floor(data.length / PAIR_BYTES));
    if (data.length % PAIR_BYTES === 0 && executionGasUsed > gasLimit) return outOfGas(gasLimit);
    try {
      if (data.length % PAIR_BYTES !== 0) throw new EVMError(EVMError.errorMessages.INVALID_INPUT_LENGTH);
      let result = new mcl.GT();
      result.setInt(1);
      for (let at = 0; at < data.length; at += PAIR_BYTES) {
        const [first, second] = [firstGroup(data, at), secondGroup(data, at + 2 * WORD)];
        if (!first.isZero() && !second.isZero()) result = mcl.mul(result, mcl.millerLoop(first, second));
        const turn = pace();
        if (turn !== undefined) await turn;
      }
      const returnValue = new Uint8Array(WORD);
      if (mcl.finalExp(result).isOne()) returnValue[WORD - 1] = 1;
      return { executionGasUsed, returnValue };
    } catch (error) {
      if (!(error instanceof EVMError)) throw error;
      return { executionGasUsed: gasLimit, returnValue: new Uint8Array(0), exceptionError: error };
    }
  };
}
