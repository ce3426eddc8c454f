import fc from 'fast-check';
import { expect, it } from 'vitest';
import { btcTextToSatsCeil, parseExactJson } from '../../../node-core/adapters/bitcoin-rpc/decimal.ts';

it('reads every amount that Core can write, exactly', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2_100_000_000_000_000n }), (sats) => {
      const text = `${sats / 100_000_000n}.${(sats % 100_000_000n).toString().padStart(8, '0')}`;
      expect(btcTextToSatsCeil(String(parseExactJson(text)))).toBe(sats);
    }),
  );
});

it.each<[string, bigint | null]>([
  ['1', 100_000_000n],
  ['1e-8', 1n],
  ['1.5E+1', 1_500_000_000n],
  ['0.000000001', 1n],
  ['0', 0n],
  ['-1', null],
  ['NaN', null],
  ['1e999', null],
])('reads %s BTC as %s sat', (text, expected) => {
  expect(btcTextToSatsCeil(text)).toBe(expected);
});

it('keeps the text of what a number would round, and integers as numbers', () => {
  expect(parseExactJson('[7, 0.1, 9007199254740993, 1e3, "x", -3]')).toEqual([
    7,
    '0.1',
    '9007199254740993',
    '1e3',
    'x',
    -3,
  ]);
});
