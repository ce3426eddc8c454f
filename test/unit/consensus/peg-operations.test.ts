import { describe, expect, it } from 'vitest';
import { checkPegOuts, withoutConflicts } from '../../../node-core/domain/consensus/peg-operations.ts';
import type { PegOutEntry } from '../../../node-core/domain/consensus/types.ts';
import { buildPayoutTransaction } from '../../../node-core/domain/pegout/payout-transaction.ts';
import { burnId, epoch, evmBlockHash, outpoint, txid } from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';

type Proposed = Extract<PegOutEntry, { status: 'Proposed' }>;

const burnOf = (log: number) => burnId(evmBlockHash(`0x${'ab'.repeat(32)}`), log);
const inputOf = (digits: string) => outpoint(txid(digits.repeat(32)), 1);
const script = `0014${'11'.repeat(20)}`;

/** A payout of so many burns, of 50,000 sat each, without change; its first input has all of it. */
function payoutOf(burns: number, inputCount = burns): Proposed {
  const inputs = Array.from({ length: inputCount }, (_, i) => ({
    outpoint: outpoint(txid('aa'.repeat(32)), i),
    amountSats: sats(i === 0 ? 50_000n * BigInt(burns) : 0n),
    epoch: epoch(0),
  }));
  const shares = Array.from({ length: burns }, (_, log) => ({
    burn: burnOf(log),
    outputSats: sats(49_000n),
    feeShareSats: sats(1_000n),
  }));
  const transaction = buildPayoutTransaction(
    inputs.map((each) => each.outpoint),
    shares.map(({ outputSats }) => ({ scriptPubKey: script, amountSats: outputSats })),
  );
  return { status: 'Proposed', id: transaction.txid, ...transaction, inputs, shares };
}

/** A payout of two burns of 50,000 sat from one output, with change. */
function payout(first: number, input: string, changes: Partial<Proposed> = {}): Proposed {
  const shares = [first, first + 1].map((log) => ({
    burn: burnOf(log),
    outputSats: sats(49_000n),
    feeShareSats: sats(1_000n),
  }));
  const inputs = [{ outpoint: inputOf(input), amountSats: sats(150_000n), epoch: epoch(0) }];
  const amounts = [...shares.map(({ outputSats }) => outputSats), sats(50_000n)];
  const built = buildPayoutTransaction(
    inputs.map((each) => each.outpoint),
    amounts.map((amountSats) => ({ scriptPubKey: script, amountSats })),
  );
  return { status: 'Proposed', id: built.txid, ...built, inputs, shares, ...changes };
}

/** Another version of a payout. */
const replacement = (input: string, id = txid('dd'.repeat(32))): PegOutEntry => ({
  ...payout(6, input),
  status: 'Replaced',
  id,
});

const good = payout(0, 'aa');
const [share] = good.shares as [Proposed['shares'][number]];
const [input] = good.inputs as [Proposed['inputs'][number]];
const codeOf = (...pegOuts: PegOutEntry[]): string => {
  const checked = checkPegOuts({ pegOuts });
  return checked.ok ? 'accepted' : checked.refusal.code;
};
const built = (outputs: readonly bigint[], inputs = [input.outpoint]) =>
  buildPayoutTransaction(
    inputs,
    outputs.map((amount) => ({ scriptPubKey: script, amountSats: sats(amount) })),
  );
const rebuilt = (outputs: readonly bigint[], changes: Partial<Proposed> = {}): Proposed => {
  const transaction = built(outputs);
  return { ...good, ...transaction, id: transaction.txid, ...changes };
};
const other = txid('cc'.repeat(32));

describe('peg operations: a block’s payouts', () => {
  it('pass with a form that is right: proposed, replaced and confirmed', () => {
    const replaced: PegOutEntry = { ...good, status: 'Replaced', id: other };
    const confirmed: PegOutEntry = { status: 'Confirmed', id: other, txid: other };
    expect(codeOf()).toBe('accepted');
    expect(codeOf(good, payout(2, 'bb'))).toBe('accepted');
    expect(codeOf(payout(2, 'bb'), replaced, confirmed)).toBe('accepted');
  });

  it.each<[string, PegOutEntry, string]>([
    ['without inputs', { ...good, inputs: [] }, 'PEG_OUT_SIZE'],
    ['without burns', { ...good, shares: [] }, 'PEG_OUT_SIZE'],
    ['proposed under another id', { ...good, id: other }, 'PEG_OUT_IDENTITY'],
    ['that replaces itself', { ...good, status: 'Replaced' }, 'PEG_OUT_IDENTITY'],
    [
      'of what names no log',
      { ...good, shares: [{ ...share, burn: '0xabc:1' as never }, ...good.shares.slice(1)] },
      'PEG_OUT_IDENTITY',
    ],
    ['of one burn twice', { ...good, shares: [share, share] }, 'PEG_OUT_REPEATS'],
    ['from one output twice', { ...good, inputs: [input, input] }, 'PEG_OUT_REPEATS'],
    ['of bytes that are no transaction', { ...good, unsignedTx: 'abcd' }, 'PEG_OUT_TRANSACTION'],
    ['with another input', { ...good, inputs: [{ ...input, outpoint: inputOf('dd') }] }, 'PEG_OUT_TRANSACTION'],
    ['with bytes after its end', { ...good, unsignedTx: `${good.unsignedTx}00` }, 'PEG_OUT_TRANSACTION'],
    [
      'with a lock time',
      { ...good, unsignedTx: good.unsignedTx.replace(/00000000$/, '01000000') },
      'PEG_OUT_TRANSACTION',
    ],
    ['of another txid', { ...good, ...built([49_000n, 49_000n, 49_999n]), txid: good.txid }, 'PEG_OUT_TRANSACTION'],
    ['with another output than stated', rebuilt([49_000n, 48_000n, 51_000n]), 'PEG_OUT_AMOUNTS'],
    ['with an output too few', rebuilt([49_000n]), 'PEG_OUT_AMOUNTS'],
    ['with an output too many', rebuilt([49_000n, 49_000n, 25_000n, 25_000n]), 'PEG_OUT_AMOUNTS'],
    ['that gives more to miners than its fee shares (HOLE-5)', rebuilt([49_000n, 49_000n, 40_000n]), 'PEG_OUT_AMOUNTS'],
    [
      'of an output of nothing',
      rebuilt([0n, 49_000n, 99_000n], { shares: [{ ...share, outputSats: sats(0n) }, ...good.shares.slice(1)] }),
      'PEG_OUT_AMOUNTS',
    ],
  ])('are refused with one %s', (_, entry, code) => {
    expect(codeOf(entry)).toBe(code);
  });

  it('are refused above 256 burns or 256 inputs, and pass from one of each on', () => {
    expect(codeOf(payoutOf(1))).toBe('accepted');
    expect(codeOf(payoutOf(256))).toBe('accepted');
    expect(codeOf(payoutOf(257, 1))).toBe('PEG_OUT_SIZE');
    expect(codeOf(payoutOf(1, 257))).toBe('PEG_OUT_SIZE');
  });

  it('are refused when two of them conflict (INV-4, INV-7)', () => {
    const confirmed: PegOutEntry = { status: 'Confirmed', id: other, txid: other };
    expect(codeOf(good, good)).toBe('PEG_OUT_CONFLICT');
    expect(codeOf(good, payout(1, 'bb'))).toBe('PEG_OUT_CONFLICT');
    expect(codeOf(good, payout(4, 'aa'))).toBe('PEG_OUT_CONFLICT');
    expect(codeOf(confirmed, confirmed)).toBe('PEG_OUT_CONFLICT');
    expect(codeOf(replacement('bb'), replacement('cc'))).toBe('PEG_OUT_CONFLICT');
    expect(codeOf(replacement('bb'), replacement('cc', txid('ee'.repeat(32))))).toBe('accepted');
  });

  it('are left out where an ancestor’s stand against them', () => {
    expect(withoutConflicts([good, payout(2, 'bb')], [payout(1, 'cc')])).toEqual([]);
    expect(withoutConflicts([good, payout(2, 'bb')], [payout(4, 'bb')])).toEqual([good]);
    expect(withoutConflicts([replacement('bb')], [replacement('cc')])).toEqual([]);
  });
});
