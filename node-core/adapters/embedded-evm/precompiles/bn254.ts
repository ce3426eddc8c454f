import { EVMError, type ExecResult, type PrecompileInput } from '@ethereumjs/evm';
import mcl, { type Fp, type G1, type G2 } from 'mcl-bn254';
import { outOfGas } from './out-of-gas.ts';

/** The library computes on these points in JavaScript, several times as long, and knows no other way that could be set. */
await mcl.init(mcl.BN_SNARK1);

const WORD = 32;
const PAIR_BYTES = 6 * WORD;
/** Prices. Source: EIP-1108. */
const ADD_GAS = 150n;
const MULTIPLY_GAS = 6000n;
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

function refused(error: unknown, gasLimit: bigint): ExecResult {
  if (!(error instanceof EVMError)) throw error;
  return { executionGasUsed: gasLimit, returnValue: new Uint8Array(0), exceptionError: error };
}

/** A precompile of one price, whose input goes on with zeros for ever. */
const computing =
  (executionGasUsed: bigint, words: number, compute: (input: Uint8Array) => G1) =>
  ({ data, gasLimit }: PrecompileInput): ExecResult => {
    if (executionGasUsed > gasLimit) return outOfGas(gasLimit);
    const input = new Uint8Array(words * WORD);
    input.set(data.subarray(0, input.length));
    try {
      return { executionGasUsed, returnValue: encoded(compute(input)) };
    } catch (error) {
      return refused(error, gasLimit);
    }
  };

/** The precompile 0x06. Source: EIP-196. */
export const bn254Add = computing(ADD_GAS, 4, (input) => mcl.add(firstGroup(input, 0), firstGroup(input, 2 * WORD)));

/** The precompile 0x07. Source: EIP-196. */
export const bn254Multiply = computing(MULTIPLY_GAS, 3, (input) => {
  const scalar = new mcl.Fr();
  // The group has that many points.
  scalar.setBigEndianMod(input.subarray(2 * WORD));
  return mcl.mul(firstGroup(input, 0), scalar);
});

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
      return refused(error, gasLimit);
    }
  };
}
