import { EVMError, type ExecResult, type PrecompileInput } from '@ethereumjs/evm';
import { outOfGas } from './out-of-gas.ts';
import {
  type Code,
  I32,
  I64,
  type WasmFunction,
  assemble,
  exitWhen,
  get,
  i32,
  i64,
  load64,
  loopOf,
  op,
  set,
  store64,
} from './wasm.ts';

const INPUT_BYTES = 213;
/** Source: RFC 7693, 2.6: the fractions of the square roots of the first eight primes. */
const IV = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
];
/** Order in which each of ten rounds takes the words of the message. Source: RFC 7693, 2.7. */
const SIGMA = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];
/** Words that each of a round's eight steps mixes: columns, then diagonals. Source: RFC 7693, 3.2. */
const STEPS = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;
/** Where the memory holds the sixteen working words and the sixteen of the message. */
const WORK = 0;
const MESSAGE = 128;
/** Rounds between two looks at the clock: some milliseconds, and a multiple of ten. */
const SLICE_ROUNDS = 50_000;

/** `rounds` rounds from the first of the ten on. */
function mix(): WasmFunction {
  const rounds = 0;
  const word = (index: number): number => 1 + index;
  const add = (into: number, ...terms: readonly Code[]): Code => [
    get(word(into)),
    ...terms.map((term): Code => [term, op.i64Add]),
    set(word(into)),
  ];
  const turn = (into: number, by: number, bits: bigint): Code => [
    [get(word(into)), get(word(by)), op.i64Xor, i64(bits), op.i64Rotr, set(word(into))],
  ];
  const message = (index: number): Code => [i32(0), load64(MESSAGE + 8 * index)];
  const round = (order: readonly number[]): Code =>
    STEPS.map(([a, b, c, d], step): Code => [
      [add(a, get(word(b)), message(order[2 * step] as number)), turn(d, a, 32n)],
      [add(c, get(word(d))), turn(b, c, 24n)],
      [add(a, get(word(b)), message(order[2 * step + 1] as number)), turn(d, a, 16n)],
      [add(c, get(word(d))), turn(b, c, 63n)],
    ]);
  const words = Array.from({ length: 16 }, (_, index) => index);
  return {
    name: 'mix',
    params: [I32],
    locals: words.map(() => I64),
    body: [
      words.map((index): Code => [i32(0), load64(WORK + 8 * index), set(word(index))]),
      loopOf(
        SIGMA.map((order): Code => [
          [get(rounds), op.i32Eqz, exitWhen, get(rounds), i32(-1), op.i32Add, set(rounds)],
          round(order),
        ]),
      ),
      words.map((index): Code => [i32(0), get(word(index)), store64(WORK + 8 * index)]),
    ],
  };
}

const instantiate = assemble<{ mix(rounds: number): void }>([mix()], 1);

/** The precompile 0x09. The library's takes many times as long as a unit of gas may. Source: EIP-152. */
export function blake2f(pace: () => Promise<void> | undefined): (input: PrecompileInput) => Promise<ExecResult> {
  const { memory, mix: proceed } = instantiate();
  const words = new DataView(memory.buffer);
  return async ({ data, gasLimit }) => {
    const final = data[INPUT_BYTES - 1] as number;
    if (data.length !== INPUT_BYTES || final > 1) {
      const exceptionError = new EVMError(EVMError.errorMessages.OUT_OF_RANGE);
      return { returnValue: new Uint8Array(0), executionGasUsed: gasLimit, exceptionError };
    }
    const input = new DataView(data.buffer, data.byteOffset, data.length);
    const rounds = input.getUint32(0);
    if (BigInt(rounds) > gasLimit) return outOfGas(gasLimit);
    const state = Array.from({ length: 8 }, (_, index) => input.getBigUint64(4 + 8 * index, true));
    const [low, high] = [input.getBigUint64(196, true), input.getBigUint64(204, true)];
    const start = [...state, ...IV];
    start[12] = (IV[4] as bigint) ^ low;
    start[13] = (IV[5] as bigint) ^ high;
    if (final === 1) start[14] = BigInt.asUintN(64, ~(IV[6] as bigint));
    for (const [index, value] of start.entries()) words.setBigUint64(WORK + 8 * index, value, true);
    new Uint8Array(memory.buffer).set(data.subarray(68, 196), MESSAGE);
    for (let left = rounds; left > 0; left -= SLICE_ROUNDS) {
      proceed(Math.min(left, SLICE_ROUNDS));
      const turn = pace();
      if (turn !== undefined) await turn;
    }
    const output = new DataView(new ArrayBuffer(64));
    for (const [index, value] of state.entries()) {
      const [upper, lower] = [index, index + 8].map((at) => words.getBigUint64(WORK + 8 * at, true)) as [
        bigint,
        bigint,
      ];
      output.setBigUint64(8 * index, value ^ upper ^ lower, true);
    }
    return { executionGasUsed: BigInt(rounds), returnValue: new Uint8Array(output.buffer) };
  };
}
