import { type ExecResult, type PrecompileInput, getActivePrecompiles, NobleBN254 } from '@ethereumjs/evm';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { bn254 as curve } from '@noble/curves/bn254.js';
import { describe, expect, it } from 'vitest';
import { chainCommon } from '../../../node-core/adapters/embedded-evm/chain-common.ts';
import { pointEvaluation } from '../../../node-core/adapters/embedded-evm/kzg.ts';
import { bn254Add, bn254Multiply, bn254Pairing } from '../../../node-core/adapters/embedded-evm/precompiles/bn254.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const COMMON = chainCommon(1);
const LIBRARY = getActivePrecompiles(COMMON);
const P = curve.fields.Fp.ORDER;
const ORDER = curve.fields.Fr.ORDER;
const words = (...values: readonly bigint[]): string =>
  values.map((value) => value.toString(16).padStart(64, '0')).join('');
const toBytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

/** A point of the first group in bytes: of the group, infinite, or none. */
function firstPoint(below: (end: number) => number): string {
  const { x, y } = curve.G1.Point.BASE.multiply(BigInt(1 + below(1_000_000))).toAffine();
  const forms = [
    words(x, y),
    words(x, y),
    words(x, P - y),
    words(0n, 0n),
    words(x, y + 1n),
    words(x + P, y),
    words(P, 0n),
    words(0n, P),
    words(1n, 0n),
    'ff'.repeat(64),
  ];
  return forms[below(forms.length)] as string;
}

function secondPoint(below: (end: number) => number): string {
  const { x, y } = curve.G2.Point.BASE.multiply(BigInt(1 + below(1_000_000))).toAffine();
  const forms = [
    words(x.c1, x.c0, y.c1, y.c0),
    words(x.c1, x.c0, y.c1, y.c0),
    words(0n, 0n, 0n, 0n),
    words(x.c0, x.c1, y.c0, y.c1),
    words(x.c1 + P, x.c0, y.c1, y.c0),
    // On the curve's twist and of another subgroup. Source: go-ethereum's vectors for failing pairings.
    words(0n, 0n, 0n, 1n),
  ];
  return forms[below(forms.length)] as string;
}

type Precompile = (input: PrecompileInput) => Promise<ExecResult> | ExecResult;

/** Compares with the library's own precompile, gas included; returns whether it failed. */
async function failsAlike(mine: Precompile, index: number, data: Uint8Array, gasLimit: bigint): Promise<boolean> {
  const input = { data, gasLimit, common: COMMON, _EVM: { _bn254: new NobleBN254() } } as unknown as PrecompileInput;
  const theirs = LIBRARY.get(String(index).padStart(40, '0')) as Precompile;
  const [expected, found] = [await theirs(input), await mine(input)];
  const told = ({ returnValue, executionGasUsed, exceptionError }: ExecResult): unknown => ({
    data: Buffer.from(data).toString('hex'),
    returned: Buffer.from(returnValue).toString('hex'),
    executionGasUsed,
    failed: exceptionError !== undefined,
  });
  expect(told(found)).toEqual(told(expected));
  return found.exceptionError !== undefined;
}

describe('bn254', () => {
  it('adds and multiplies what the library adds and multiplies, and refuses what it refuses', async () => {
    const random = seededRandom(6);
    const below = (end: number): number => Math.floor(random() * end);
    const failures = new Set<boolean>();
    for (let round = 0; round < 150; round++) {
      const sum = toBytes(firstPoint(below) + firstPoint(below));
      failures.add(await failsAlike(bn254Add, 6, sum.subarray(0, below(4) === 0 ? below(140) : 128), 150n));
      const scalar = [0n, 1n, ORDER - 1n, ORDER, ORDER + 5n, 2n ** 256n - 1n, BigInt(below(1e9))][below(7)] as bigint;
      const product = toBytes(`${firstPoint(below)}${words(scalar)}ff`);
      failures.add(await failsAlike(bn254Multiply, 7, product.subarray(0, below(98)), 6000n));
      failures.add(await failsAlike(bn254Multiply, 7, product, 6000n));
    }
    expect(failures).toEqual(new Set([true, false]));
    expect(await failsAlike(bn254Add, 6, new Uint8Array(0), 149n)).toBe(true);
    expect(await failsAlike(bn254Multiply, 7, new Uint8Array(0), 5999n)).toBe(true);
  });

  it('pairs what the library pairs, and refuses what it refuses', async () => {
    const random = seededRandom(8);
    const below = (end: number): number => Math.floor(random() * end);
    const mine = bn254Pairing(() => Promise.resolve());
    const failures = new Set<boolean>();
    for (let round = 0; round < 24; round++) {
      const pairs = Array.from({ length: below(3) }, () => firstPoint(below) + secondPoint(below));
      const data = toBytes(pairs.join('') + 'ff'.repeat(below(8) === 0 ? 1 : 0));
      failures.add(await failsAlike(mine, 8, data, [1_000_000n, 100_000n][below(2)] as bigint));
    }
    expect(failures).toEqual(new Set([true, false]));
  });

  it('finds that pairs cancel each other out', async () => {
    const mine = bn254Pairing(() => undefined);
    const [a, b] = [123n, 456n];
    const affine = curve.G1.Point.BASE.multiply(a).toAffine();
    const sum = curve.G1.Point.BASE.multiply(a * b)
      .negate()
      .toAffine();
    const g2 = (factor: bigint): string => {
      const { x, y } = curve.G2.Point.BASE.multiply(factor).toAffine();
      return words(x.c1, x.c0, y.c1, y.c0);
    };
    const data = toBytes(words(affine.x, affine.y) + g2(b) + words(sum.x, sum.y) + g2(1n));
    const answer = await mine({ data, gasLimit: 1_000_000n, common: COMMON } as PrecompileInput);
    expect(BigInt(`0x${Buffer.from(answer.returnValue).toString('hex')}`)).toBe(1n);
  });
});

describe('a point evaluation', () => {
  const { G1 } = { G1: bls12_381.G1.Point };
  const INFINITY = `0xc0${'00'.repeat(47)}`;
  const scalar = (value: bigint): string => `0x${words(value)}`;
  /** Commits to the polynomial `x`, whose proof at any point is G1. Source: EIP-4844's `trusted_setup.json`, `g1_monomial[1]`. */
  const TAU = '0xad3eb50121139aa34db1d545093ac9374ab7bca2c0f3bf28e27c8dcd8fc7cb42d25926fc0c97b336e9f0fb35e5a04c81';
  const point = (factor: bigint): string => `0x${G1.BASE.multiply(factor).toHex(true)}`;

  it.each([
    ['x is z at z', TAU, 7n, 7n, point(1n), true],
    ['x is not z + 1 at z', TAU, 7n, 8n, point(1n), false],
    ['a constant is itself anywhere', point(5n), 99n, 5n, INFINITY, true],
    ['a constant is nothing else', point(5n), 99n, 6n, INFINITY, false],
    ['nothing is zero anywhere', INFINITY, 99n, 0n, INFINITY, true],
    ['nothing is not one', INFINITY, 99n, 1n, INFINITY, false],
    ['a number at the modulus is none', TAU, bls12_381.fields.Fr.ORDER, 0n, point(1n), false],
    ['infinity has one form', `0xc0${'00'.repeat(46)}01`, 99n, 0n, INFINITY, false],
    ['a proof has one form', TAU, 7n, 7n, `0xe0${'00'.repeat(47)}`, false],
    ['an uncompressed point is none', TAU, 7n, 7n, `0x17${point(1n).slice(4)}`, false],
  ])('%s', (_, commitment, z, y, proof, holds) => {
    expect(pointEvaluation.verifyProof(commitment, scalar(z), scalar(y), proof)).toBe(holds);
  });

  it('takes no point of another subgroup', () => {
    const { Fp } = bls12_381.fields;
    let x = 1n;
    for (; ; x++) {
      const square = Fp.create(x ** 3n + 4n);
      try {
        const y = Fp.sqrt(square);
        if (!G1.fromAffine({ x, y }).isTorsionFree()) break;
      } catch {
        // No point has this x.
      }
    }
    const bytes = Buffer.from(x.toString(16).padStart(96, '0'), 'hex');
    bytes[0] = (bytes[0] as number) | 0x80;
    expect(pointEvaluation.verifyProof(`0x${bytes.toString('hex')}`, scalar(1n), scalar(0n), INFINITY)).toBe(false);
    expect(pointEvaluation.verifyProof(TAU, scalar(1n), scalar(1n), `0x${bytes.toString('hex')}`)).toBe(false);
  });
});
