import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leastGasOf, sharesOf, type Weight, weightOf } from '../../../node-core/adapters/engine-api/block-shares.ts';
import { TRANSACTION_ROOM_BYTES } from '../../../node-core/domain/consensus/block-room.ts';
import { MAX_TRANSACTION_BYTES, MAX_TRANSACTIONS } from '../../../node-core/domain/consensus/ssz.ts';
import { addressOf, signed } from '../../support/evm-chain.ts';

const to = addressOf(1);
/** Of all that a network file may have. */
const gasLimit = fc.bigInt({ min: 5_000_000n, max: 1_000_000_000n });
/** Data as its zeros and other bytes, in a transaction that has no more to it than the shortest (77 bytes) or a usual one. */
const transaction = fc
  .record({
    creates: fc.boolean(),
    bare: fc.integer({ min: 77, max: 300 }),
    zeros: fc.oneof(fc.nat(400), fc.nat(60_000)),
    others: fc.oneof(fc.nat(400), fc.nat(60_000)),
  })
  .map(({ creates, bare, zeros, others }): Weight => ({
    bytes: bare + zeros + others + 4,
    leastGas: leastGasOf({ to: creates ? null : to, data: `0x${'00'.repeat(zeros)}${'01'.repeat(others)}` }),
  }));

/** Those that a client may put into one block, taken in the order in which they come. */
function packed(offered: readonly Weight[], gas: bigint): Weight[] {
  const { heavyBytes, isLight } = sharesOf(gas);
  let [gasLeft, heavyLeft] = [Number(gas), heavyBytes];
  return offered.filter((weight) => {
    const bytes = isLight(weight) ? 0 : weight.bytes;
    if (weight.leastGas > gasLeft || bytes > heavyLeft) return false;
    gasLeft -= weight.leastGas;
    heavyLeft -= bytes;
    return true;
  });
}
const bytesOf = (weights: readonly Weight[]): number => weights.reduce((sum, { bytes }) => sum + bytes, 0);

describe('what a client that packs by gas may put into a block', () => {
  it('never takes more than the room for transactions, whatever the gas limit and the transactions', () => {
    const offered = fc.array(fc.tuple(transaction, fc.integer({ min: 1, max: 20_000 })), { maxLength: 12 });
    fc.assert(
      fc.property(gasLimit, offered, (gas, kinds) => {
        const { isLight } = sharesOf(gas);
        // The worst comes first: of each kind as many as there may be.
        const worst = kinds
          .toSorted(([a], [b]) => b.bytes / b.leastGas - a.bytes / a.leastGas)
          .flatMap(([weight, count]) =>
            new Array<Weight>(isLight(weight) ? count : Math.min(count, 3000)).fill(weight),
          );
        for (const weights of [packed(worst, gas), packed(worst.toReversed(), gas)]) {
          expect(bytesOf(weights)).toBeLessThanOrEqual(TRANSACTION_ROOM_BYTES);
          expect(weights.length).toBeLessThan(MAX_TRANSACTIONS);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('comes close to the room: a light transaction has no more than its share of the gas', () => {
    const gas = 10_000_000n;
    const { heavyBytes, isLight } = sharesOf(gas);
    // The heaviest that is light: as many zeros as its gas allows.
    let zeros = 0;
    const weight = (count: number): Weight => ({ bytes: 125 + count, leastGas: 21_000 + 4 * count });
    while (isLight(weight(zeros + 1))) zeros++;
    const light = packed(new Array<Weight>(2000).fill(weight(zeros)), gas);
    expect(bytesOf(light)).toBeGreaterThan((TRANSACTION_ROOM_BYTES - heavyBytes) * 0.99);
  });

  it('always has room for the largest transaction that there may be', () => {
    expect(sharesOf(1_000_000_000n).heavyBytes).toBeGreaterThanOrEqual(MAX_TRANSACTION_BYTES + 4);
  });
});

describe('with the gas limit of slots of two seconds', () => {
  const { isLight } = sharesOf(10_000_000n);
  const sent = async (request: Parameters<typeof signed>[1]): Promise<boolean> => {
    const raw = await signed(0, { nonce: 0, ...request });
    return isLight(
      weightOf(raw, { to: (request.to as string | null | undefined) ?? null, data: request.data ?? '0x' }),
    );
  };

  it.each([
    ['a transfer', { to }, true],
    ['a call with ten words, mostly zeros', { to, data: `0xa9059cbb${`${'00'.repeat(30)}0102`.repeat(10)}` }, true],
    ['the creation of the largest contract', { data: `0x${'00112233445566778899'.repeat(2457)}` }, true],
    ['100 kB without zeros', { to, data: `0x${'ab'.repeat(100_000)}` }, true],
    ['10 kB of zeros', { to, data: `0x${'00'.repeat(10_000)}` }, false],
    ['128 kB of zeros', { to, data: `0x${'00'.repeat(130_000)}` }, false],
    [
      'an access list that pays for zeros, and may be refunded',
      {
        to,
        data: `0x${'00'.repeat(10_000)}`,
        accessList: [
          { address: to, storageKeys: Array.from({ length: 200 }, (_, i) => `0x${`${i + 1000}`.repeat(16)}`) },
        ],
      },
      false,
    ],
  ])('%s is light: %o', async (_, request, expected) => {
    expect(await sent(request)).toBe(expected);
  });
});

describe('the least gas of a transaction', () => {
  it.each([
    [{ to, data: '0x' }, 21_000],
    [{ to, data: '0x00ff00' }, 21_000 + 4 + 16 + 4],
    [{ to: null, data: '0x' }, 53_000],
    [{ to: null, data: `0x${'01'.repeat(33)}` }, 53_000 + 33 * 16 + 2 * 2],
  ])('of %o is Cancun’s', (called, gas) => {
    expect(leastGasOf(called)).toBe(gas);
  });
});
