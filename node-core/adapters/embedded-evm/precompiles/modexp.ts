import type { ExecResult, PrecompileInput } from '@ethereumjs/evm';
import { MAX_MODULUS_BYTES, Montgomery } from './montgomery.ts';
import { outOfGas } from './out-of-gas.ts';

/** The three lengths. */
const HEAD_BYTES = 96;
/** Bytes of the exponent whose highest bit counts for the price. */
const PRICED_BYTES = 32;
/** Shorter exponents don't pay for leaving BigInt. */
const SHORT_EXPONENT_BYTES = 2;

type Pace = () => Promise<void> | undefined;

const toBigInt = (bytes: Uint8Array): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`);

/** Bytes `from` to `from + length` of the input, which goes on with zeros for ever. */
function slice(data: Uint8Array, from: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(data.subarray(from, from + length));
  return bytes;
}

/**
 * The precompile 0x05 in time that is linear in the exponent's length: the library's shifts the whole exponent for each
 * of its bits, so that a cheap call takes minutes. Source: EIP-198; its price: EIP-2565.
 */
export function modexp(pace: Pace): (input: PrecompileInput) => Promise<ExecResult> {
  const montgomery = new Montgomery();
  return async ({ data, gasLimit }) => {
    const [baseLength, exponentLength, modulusLength] = [0, 32, 64].map((at) => toBigInt(slice(data, at, 32))) as [
      bigint,
      bigint,
      bigint,
    ];
    const executionGasUsed = price(data, baseLength, exponentLength, modulusLength);
    if (executionGasUsed > gasLimit) return outOfGas(gasLimit);
    if (baseLength === 0n && modulusLength === 0n) return { executionGasUsed, returnValue: new Uint8Array(0) };
    // The price bounds all three: a length of 2^32 has cost more gas than there is.
    const exponentAt = HEAD_BYTES + Number(baseLength);
    const modulusAt = exponentAt + Number(exponentLength);
    const base = toBigInt(slice(data, HEAD_BYTES, Number(baseLength)));
    const modulus = toBigInt(slice(data, modulusAt, Number(modulusLength)));
    const result = modulus <= 1n ? 0n : await power(base, significant(data, exponentAt, modulusAt), modulus);
    const returnValue = new Uint8Array(Number(modulusLength));
    const digits = result.toString(16);
    const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
    if (result > 0n) returnValue.set(bytes, returnValue.length - bytes.length);
    return { executionGasUsed, returnValue };
  };

  async function power(base: bigint, exponent: Exponent, modulus: bigint): Promise<bigint> {
    if (exponent.length <= SHORT_EXPONENT_BYTES) return shortPower(base, exponent.whole(), modulus);
    const twos = BigInt((modulus & -modulus).toString(2).length - 1);
    const odd = modulus >> twos;
    const byOdd = odd === 1n ? 0n : await oddPower(base % odd, exponent, odd);
    if (twos === 0n) return byOdd;
    const byTwos = powerOfTwoPower(base, exponent, twos);
    // The one number below the modulus with both remainders.
    const inverse = inverseModuloPowerOfTwo(odd, twos);
    return byOdd + odd * BigInt.asUintN(Number(twos), (byTwos - byOdd) * inverse);
  }

  async function oddPower(base: bigint, exponent: Exponent, modulus: bigint): Promise<bigint> {
    if (modulus < 1n << BigInt(8 * MAX_MODULUS_BYTES)) return montgomery.power(base, exponent, modulus, pace);
    let result = 1n;
    const byte = new Uint8Array(1);
    for (let at = 0; at < exponent.length; at++) {
      exponent.read(at, byte);
      for (let bit = 7; bit >= 0; bit--) {
        result = (result * result) % modulus;
        if ((((byte[0] as number) >> bit) & 1) === 1) result = (result * base) % modulus;
        const turn = pace();
        if (turn !== undefined) await turn;
      }
    }
    return result;
  }
}

/** Source: EIP-2565. */
function price(data: Uint8Array, baseLength: bigint, exponentLength: bigint, modulusLength: bigint): bigint {
  const longest = baseLength > modulusLength ? baseLength : modulusLength;
  const words = (longest + 7n) / 8n;
  const head =
    baseLength > BigInt(data.length)
      ? 0n
      : toBigInt(
          slice(
            data,
            HEAD_BYTES + Number(baseLength),
            exponentLength < PRICED_BYTES ? Number(exponentLength) : PRICED_BYTES,
          ),
        );
  const highestBit = head === 0n ? 0n : BigInt(head.toString(2).length - 1);
  const rest = exponentLength > PRICED_BYTES ? 8n * (exponentLength - BigInt(PRICED_BYTES)) : 0n;
  const iterations = rest + highestBit;
  const gas = (words * words * (iterations > 1n ? iterations : 1n)) / 3n;
  return gas > 200n ? gas : 200n;
}

interface Exponent {
  /** Bytes from the first that isn't zero on. */
  readonly length: number;
  read(from: number, into: Uint8Array): void;
  whole(): bigint;
}

function significant(data: Uint8Array, from: number, to: number): Exponent {
  let start = from;
  while (start < to && start < data.length && data[start] === 0) start++;
  // What follows the input is zeros.
  if (start >= data.length) start = to;
  const length = to - start;
  return {
    length,
    read: (at, into) => {
      into.fill(0);
      into.set(data.subarray(start + at, Math.min(to, start + at + into.length)));
    },
    whole: () => toBigInt(slice(data, start, length)),
  };
}

function shortPower(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let factor = base % modulus;
  let result = 1n;
  for (let rest = exponent; ; factor = (factor * factor) % modulus) {
    if ((rest & 1n) === 1n) result = (result * factor) % modulus;
    rest >>= 1n;
    if (rest === 0n) return result;
  }
}

/** Modulo 2^twos: powers of odd numbers repeat after 2^(twos - 2), those of even ones become 0 after `twos`. */
function powerOfTwoPower(base: bigint, exponent: Exponent, twos: bigint): bigint {
  const bits = Number(twos);
  if ((base & 1n) === 0n && exponent.length > 4) return 0n;
  const lowBytes = Math.min(exponent.length, Math.ceil(bits / 8));
  const low = new Uint8Array(lowBytes);
  exponent.read(exponent.length - lowBytes, low);
  const reduced = (base & 1n) === 0n ? exponent.whole() : BigInt.asUintN(bits, toBigInt(low));
  if ((base & 1n) === 0n && reduced >= twos) return 0n;
  let result = 1n;
  let factor = BigInt.asUintN(bits, base);
  for (let rest = reduced; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = BigInt.asUintN(bits, result * factor);
    factor = BigInt.asUintN(bits, factor * factor);
  }
  return result;
}

/** Each step doubles the bits that are right. */
function inverseModuloPowerOfTwo(odd: bigint, twos: bigint): bigint {
  let inverse = odd;
  for (let bits = 3n; bits < twos; bits *= 2n)
    inverse = BigInt.asUintN(Number(bits * 2n), inverse * (2n - odd * inverse));
  return BigInt.asUintN(Number(twos), inverse);
}
