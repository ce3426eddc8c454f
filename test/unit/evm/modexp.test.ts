import { type ExecResult, type PrecompileInput, getActivePrecompiles } from '@ethereumjs/evm';
import { describe, expect, it } from 'vitest';
import { chainCommon } from '../../../node-core/adapters/embedded-evm/chain-common.ts';
import { blake2f } from '../../../node-core/adapters/embedded-evm/precompiles/blake2f.ts';
import { modexp } from '../../../node-core/adapters/embedded-evm/precompiles/modexp.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const COMMON = chainCommon(1);
const LIBRARY = getActivePrecompiles(COMMON);
const noPause = (): undefined => undefined;

type Precompile = (input: PrecompileInput) => Promise<ExecResult> | ExecResult;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const word = (value: number | bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');

async function run(precompile: Precompile, data: Uint8Array, gasLimit: bigint): Promise<unknown> {
  const input = { data, gasLimit, common: COMMON } as PrecompileInput;
  const { returnValue, executionGasUsed, exceptionError } = await precompile(input);
  return { data: hex(data), returned: hex(returnValue), executionGasUsed, error: exceptionError?.error };
}

/** What the library's own answers, gas and errors included. */
async function expectSame(mine: Precompile, index: number, data: Uint8Array, gasLimit: bigint): Promise<void> {
  const theirs = LIBRARY.get(index.toString(16).padStart(40, '0')) as Precompile;
  expect(await run(mine, data, gasLimit)).toEqual(await run(theirs, data, gasLimit));
}

/** Numbers as they are and in the forms that take ways of their own: zero, short, powers of two, all ones. */
function randomNumber(random: () => number): Uint8Array {
  const below = (end: number): number => Math.floor(random() * end);
  const bytes = Uint8Array.from({ length: below(8) === 0 ? below(200) : below(40) }, () => below(256));
  const at = below(bytes.length);
  if (below(4) === 0) bytes.fill(0, at);
  if (below(6) === 0) bytes.fill(0, 0, at);
  if (below(8) === 0) bytes.fill(255);
  if (below(6) === 0) bytes.fill(0).fill(1 << below(8), at, at + 1);
  return bytes;
}

describe('modexp', () => {
  const mine = modexp(noPause);

  it.each([1, 2, 3, 4])('answers what the library answers to random numbers, seed %i', async (seed) => {
    const random = seededRandom(seed);
    for (let round = 0; round < 400; round++) {
      const parts = [0, 1, 2].map(() => randomNumber(random));
      const data = Buffer.concat([...parts.map(({ length }) => word(length)), ...parts]);
      await expectSame(mine, 5, data, random() < 0.8 ? 10_000_000n : BigInt(Math.floor(random() * 5000)));
      await expectSame(mine, 5, data.subarray(0, Math.floor(random() * data.length)), 10_000_000n);
    }
  });

  it.each([
    ['nothing', 0, 0, 0, ''],
    ['a huge base length', 2n ** 255n, 1, 1, '03'],
    ['a huge exponent length', 1, 2n ** 255n, 1, '03'],
    ['a huge exponent without base and modulus', 0, 2n ** 255n, 0, '03'],
    ['a huge modulus length', 1, 1, 2n ** 64n, '030503'],
    ['an exponent that is not there', 1, 100_000, 1, '03'],
    ['a modulus that is not there', 1, 1, 32, '0305'],
    ['a modulus of one', 1, 1, 1, '030501'],
    ['zero to the power of zero', 1, 1, 1, '000007'],
    ['zero to the power of zero modulo one', 1, 1, 1, '000001'],
    ['a modulus of 1024 bytes', 1, 1, 1024, `0305${'ff'.repeat(1024)}`],
    ['a modulus of 1032 bytes', 8, 3, 1032, `${'77'.repeat(8)}010001${'ff'.repeat(1032)}`],
    ['an even modulus of 1032 bytes', 8, 3, 1032, `${'76'.repeat(8)}010001${'f8'.repeat(1032)}`],
  ] as const)('answers what the library answers to %s', async (_, base, exponent, modulus, rest) => {
    const data = Buffer.concat([word(base), word(exponent), word(modulus), Buffer.from(rest, 'hex')]);
    for (const gasLimit of [199n, 200n, 1_000_000n, 50_000_000n]) await expectSame(mine, 5, data, gasLimit);
  });

  it.each(['f1', 'f2', '80'])('answers over many slices of an exponent as at once, modulus …%s', async (last) => {
    const data = Buffer.concat([
      ...[word(32), word(10_000), word(32)],
      ...[Buffer.alloc(32, 0x33), Buffer.alloc(10_000, 0x5a), Buffer.alloc(31, 0x80), Buffer.from(last, 'hex')],
    ]);
    let looks = 0;
    const pausing = modexp(() => (looks++ % 2 === 0 ? Promise.resolve() : undefined));
    await expectSame(pausing, 5, data, 50_000_000n);
    expect(looks).toBeGreaterThan(1);
  });
});

describe('blake2f', () => {
  it('answers what the library answers to random inputs', async () => {
    const random = seededRandom(9);
    const below = (end: number): number => Math.floor(random() * end);
    const mine = blake2f(noPause);
    for (let round = 0; round < 500; round++) {
      const data = Uint8Array.from({ length: below(20) === 0 ? below(300) : 213 }, () => below(256));
      data.set([0, 0, 0, below(60)].slice(0, data.length));
      data.fill(below(10) === 0 ? 2 : below(2), 212);
      await expectSame(mine, 9, data, BigInt(below(100)));
    }
  });

  it('goes on over slices as at once', async () => {
    const data = new Uint8Array(213);
    new DataView(data.buffer).setUint32(0, 123_457);
    await expectSame(
      blake2f(() => Promise.resolve()),
      9,
      data,
      1_000_000n,
    );
  });
});
