import {
  type Code,
  I32,
  I64,
  type WasmFunction,
  assemble,
  call,
  copy,
  fill,
  get,
  i32,
  i64,
  load32,
  load8,
  op,
  repeatWhile,
  set,
  store32,
  tee,
  when,
} from './wasm.ts';

/** Bytes of the largest modulus: above it BigInt's ways of multiplying are the faster ones. */
export const MAX_MODULUS_BYTES = 1024;
const LIMB = 4;
/** Where the memory holds what. The exponent comes in slices. */
const MODULUS = 0;
const SUM = 2048;
const RESULT = 4096;
const ONE = 6144;
const TABLE = 8192;
const EXPONENT = TABLE + 16 * MAX_MODULUS_BYTES;
const MAX_SLICE_BYTES = 8192;

/**
 * `out = a * b / R mod modulus`, R = 2^(8 * bytes), of numbers below it as limbs of 32 bits, lowest first. Source: Koç,
 * Acar, Kaliski, "Analyzing and Comparing Montgomery Multiplication Algorithms" (1996), CIOS.
 */
function multiply(): WasmFunction {
  const [out, a, b, bytes, inverse, i, j, factor, carry, top, t] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;
  const limb = (base: number): Code => [get(base), get(j), op.i32Add, load32()];
  const next = (index: number): Code => [get(index), i32(LIMB), op.i32Add, tee(index), get(bytes), op.i32LtU];
  const low: Code = [i64(0xffffffffn), op.i64And];
  const high: Code = [i64(32n), op.i64ShrU];
  return {
    name: 'multiply',
    params: [I32, I32, I32, I32, I64],
    locals: [I32, I32, I64, I64, I64, I64],
    body: [
      [i32(SUM), i32(0), get(bytes), fill],
      repeatWhile([
        // SUM += a * b[i]
        [get(b), get(i), op.i32Add, load32(), set(factor)],
        [i64(0n), set(carry), i32(0), set(j)],
        repeatWhile([
          [get(j), get(j), load32(SUM), limb(a), get(factor), op.i64Mul, op.i64Add, get(carry), op.i64Add, tee(t)],
          [store32(SUM), get(t), high, set(carry)],
          next(j),
        ]),
        [get(top), get(carry), op.i64Add, set(top)],
        // SUM = (SUM + modulus * factor) / 2^32, with the factor that makes it divisible.
        [i32(SUM), load32(), get(inverse), op.i64Mul, low, set(factor)],
        [i32(SUM), load32(), get(factor), i32(MODULUS), load32(), op.i64Mul, op.i64Add, high, set(carry)],
        [i32(LIMB), tee(j), get(bytes), op.i32LtU],
        when([
          repeatWhile([
            [get(j), get(j), load32(SUM), get(j), load32(MODULUS), get(factor), op.i64Mul, op.i64Add],
            [get(carry), op.i64Add, tee(t), store32(SUM - LIMB), get(t), high, set(carry)],
            next(j),
          ]),
        ]),
        [get(bytes), get(top), get(carry), op.i64Add, tee(t), store32(SUM - LIMB), get(t), high, set(top)],
        next(i),
      ]),
      // One modulus too much at most: out = SUM - modulus, or SUM where that is below zero.
      [i64(0n), set(carry), i32(0), set(j)],
      repeatWhile([
        [get(out), get(j), op.i32Add, get(j), load32(SUM), get(j), load32(MODULUS), op.i64Sub],
        [get(carry), op.i64Sub, tee(t), store32(), get(t), i64(63n), op.i64ShrU, set(carry)],
        next(j),
      ]),
      [get(top), get(carry), op.i64LtU, when([get(out), i32(SUM), get(bytes), copy])],
    ],
  };
}

/** Goes on with the result by the bytes of the exponent from `from` to `to`: two windows of four bits each. */
function power(): WasmFunction {
  const [from, to, bytes, inverse, shift, digit] = [0, 1, 2, 3, 4, 5] as const;
  const times = (factor: Code): Code => [i32(RESULT), i32(RESULT), factor, get(bytes), get(inverse), call(0)];
  const square = times(i32(RESULT));
  return {
    name: 'power',
    params: [I32, I32, I32, I64],
    locals: [I32, I32],
    body: [
      repeatWhile([
        [i32(4), set(shift)],
        repeatWhile([
          [square, square, square, square],
          [get(from), load8(), get(shift), op.i32ShrU, i32(15), op.i32And, tee(digit)],
          when(times([get(digit), i32(Math.log2(MAX_MODULUS_BYTES)), op.i32Shl, i32(TABLE), op.i32Add])),
          // 4, then 0, then over.
          [get(shift), i32(-4), op.i32Add, tee(shift), op.i32Eqz],
        ]),
        [get(from), i32(1), op.i32Add, tee(from), get(to), op.i32LtU],
      ]),
    ],
  };
}

const PAGE_BYTES = 65_536;
/** What a multiplication takes at most: a part for its call, one for each pair of limbs. Measured on two slow cores. */
const CALL_NS = 25;
const LIMB_PAIR_NS = 4;
/** What is computed between two looks at the clock. */
const SLICE_NS = 2_000_000;
/** Four squarings and a multiplication for each half byte. */
const MULTIPLICATIONS_PER_BYTE = 10;

interface Functions {
  multiply(out: number, a: number, b: number, bytes: number, inverse: bigint): void;
  power(from: number, to: number, bytes: number, inverse: bigint): void;
}

const instantiate = assemble<Functions>([multiply(), power()], Math.ceil((EXPONENT + MAX_SLICE_BYTES) / PAGE_BYTES));

/** Powers modulo odd numbers. One at a time. */
export class Montgomery {
  readonly #exports = instantiate();
  readonly #memory = new Uint8Array(this.#exports.memory.buffer);

  /**
   * `base ** exponent % modulus` of an odd modulus of at most `MAX_MODULUS_BYTES` and a base below it. `exponent` reads
   * its big-endian bytes into the place given. `pace` is called every few milliseconds.
   */
  async power(
    base: bigint,
    exponent: { readonly length: number; read(from: number, into: Uint8Array): void },
    modulus: bigint,
    pace: () => Promise<void> | undefined,
  ): Promise<bigint> {
    const limbs = Math.ceil(modulus.toString(16).length / 8);
    const bytes = limbs * LIMB;
    const inverse = negatedInverse(Number(modulus & 0xffffffffn));
    const { multiply: times, power: proceed } = this.#exports;
    const radix = 8n * BigInt(bytes);
    this.#write(MODULUS, modulus, bytes);
    this.#write(ONE, 1n, bytes);
    this.#write(RESULT, (1n << radix) % modulus, bytes);
    this.#write(TABLE + MAX_MODULUS_BYTES, (base << radix) % modulus, bytes);
    for (let digit = 2; digit < 16; digit++) {
      const place = TABLE + digit * MAX_MODULUS_BYTES;
      times(place, place - MAX_MODULUS_BYTES, TABLE + MAX_MODULUS_BYTES, bytes, inverse);
    }
    const byteNs = MULTIPLICATIONS_PER_BYTE * (CALL_NS + LIMB_PAIR_NS * limbs * limbs);
    const slice = Math.max(1, Math.min(MAX_SLICE_BYTES, Math.floor(SLICE_NS / byteNs)));
    for (let from = 0; from < exponent.length; from += slice) {
      const length = Math.min(slice, exponent.length - from);
      exponent.read(from, this.#memory.subarray(EXPONENT, EXPONENT + length));
      proceed(EXPONENT, EXPONENT + length, bytes, inverse);
      const turn = pace();
      if (turn !== undefined) await turn;
    }
    times(RESULT, RESULT, ONE, bytes, inverse);
    return BigInt(
      `0x${Buffer.from(this.#memory.subarray(RESULT, RESULT + bytes))
        .reverse()
        .toString('hex')}`,
    );
  }

  #write(at: number, value: bigint, bytes: number): void {
    const digits = value.toString(16).padStart(2 * bytes, '0');
    this.#memory.set(Buffer.from(digits, 'hex').reverse(), at);
  }
}

/** `-1 / odd mod 2^32`: each step doubles the bits that are right, 3 at first. */
function negatedInverse(odd: number): bigint {
  let inverse = odd;
  for (let bits = 3; bits < 32; bits *= 2) inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse));
  return BigInt(-inverse >>> 0);
}
