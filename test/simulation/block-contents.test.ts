import { describe, expect, it } from 'vitest';
import { blockRootOf } from '../../node-core/domain/consensus/encoding.ts';
import type { CertifiedPegIn, PegOutEntry } from '../../node-core/domain/consensus/types.ts';
import { epoch, evmAddress, outpoint, slot, txid } from '../../node-core/primitives/ids.ts';
import { MAX_SATS, sats } from '../../node-core/primitives/units.ts';
import type { ChainFederation } from '../support/chain-federation.ts';
import { alone, give, holds, votedFor } from '../support/lone-node.ts';

/** The codes of the blocks that it refused, in their order. */
const refusals = ({ nodes: [node] }: ChainFederation): unknown[] =>
  (node?.system?.read('oldest').read(100_000).logs ?? [])
    .filter(({ text }) => text === 'block refused')
    .map(({ fields }) => fields['code']);
const deposit = (vout: number, amount: bigint): CertifiedPegIn => ({
  outpoint: outpoint(txid('aa'.repeat(32)), vout),
  amountSats: sats(amount),
  recipient: evmAddress(`0x${'77'.repeat(20)}`),
  epoch: epoch(0),
  certificate: [],
});
const confirmed = (digits: string): PegOutEntry => {
  const id = txid(digits.repeat(32));
  return { status: 'Confirmed', id, txid: id };
};

describe('what a block holds, by the blocks before it', () => {
  it('mints no deposit that an ancestor mints, final or not, and counts none of another fork (INV-2)', () => {
    const federation = alone();
    const first = give(federation, { pegIns: [deposit(0, 10_000n)] });
    expect(holds(federation, first)).toBe(true);
    const again = give(federation, { pegIns: [deposit(0, 10_000n)] }, first);
    expect(holds(federation, again)).toBe(false);
    const other = give(federation, { pegIns: [deposit(1, 10_000n)] }, first);
    expect(holds(federation, other)).toBe(true);
    federation.runSlots(2);
    const third = give(federation, {}, other);
    expect(federation.view(0)?.finalized.root).toBe(blockRootOf(first));
    const afterwards = give(federation, { pegIns: [deposit(0, 10_000n)] }, third);
    expect(holds(federation, afterwards)).toBe(false);
    expect(refusals(federation)).toEqual(['MINTED_TWICE', 'MINTED_TWICE']);

    const forked = alone();
    const fork = forked.nodes[0]?.disk.pointers?.highCertificate;
    const at = slot(forked.view(0)?.slot ?? 0);
    const rivals = ['one', 'other'].map((salt) =>
      forked.forge(0, 1, at, salt, fork, { pegIns: [deposit(0, 10_000n)] }),
    );
    for (const rival of rivals) forked.spread(1, rival);
    forked.runSlots(1);
    expect(rivals.map(({ block }) => holds(forked, block))).toEqual([true, true]);
  });

  it('mints no more than there are bitcoins', () => {
    const federation = alone();
    const all = give(federation, { pegIns: [deposit(0, MAX_SATS)] });
    expect(holds(federation, all)).toBe(true);
    const more = give(federation, { pegIns: [deposit(1, 1n)] }, all);
    expect(holds(federation, more)).toBe(false);
    expect(refusals(federation)).toEqual(['MINTS']);
  });

  it('gets no vote for a payout that conflicts with one of an ancestor which is not final (INV-4)', () => {
    const federation = alone();
    const first = give(federation, { pegOuts: [confirmed('ab')] });
    const again = give(federation, { pegOuts: [confirmed('ab')] }, first);
    const other = give(federation, { pegOuts: [confirmed('cd')] }, first);
    expect([first, again, other].map((block) => holds(federation, block))).toEqual([true, true, true]);
    expect([first, again, other].map((block) => votedFor(federation, block))).toEqual([true, false, true]);
  });

  it('gets no vote for one that conflicts with an ancestor’s which becomes final by this very block (INV-4)', () => {
    const federation = alone();
    const first = give(federation, { pegOuts: [confirmed('ab')] });
    const second = give(federation, {}, first);
    const third = give(federation, { pegOuts: [confirmed('ab')] }, second);
    expect(federation.view(0)?.finalized.root).toBe(blockRootOf(first));
    expect(holds(federation, third)).toBe(true);
    expect(votedFor(federation, third)).toBe(false);
  });
});
