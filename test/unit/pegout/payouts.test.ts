import { Transaction } from 'bitcoinjs-lib';
import { describe, expect, it } from 'vitest';
import type { PegOutEntry } from '../../../node-core/domain/consensus/types.ts';
import { payoutVsize } from '../../../node-core/domain/federation/payout-signing.ts';
import { checkPayout, type PayoutContext } from '../../../node-core/domain/pegout/check.ts';
import { buildPayoutTransaction } from '../../../node-core/domain/pegout/payout-transaction.ts';
import { planPayout, type PlanRequest, type ProposedPayout } from '../../../node-core/domain/pegout/plan.ts';
import { recheckPayout } from '../../../node-core/domain/pegout/recheck.ts';
import { checkReplacement, planReplacement } from '../../../node-core/domain/pegout/replacement.ts';
import { checkBurn, type PayableBurn } from '../../../node-core/domain/pegout/rules.ts';
import { heldOutputs, isSpendable } from '../../../node-core/domain/utxo/books.ts';
import { anchorOf, entryOf, latestVersion, livePayouts } from '../../../node-core/domain/utxo/ledger.ts';
import { bytesToBareHex } from '../../../node-core/primitives/hex.ts';
import { epoch, type Outpoint } from '../../../node-core/primitives/ids.ts';
import { type Sats, sats } from '../../../node-core/primitives/units.ts';
import { BookKeeper, federation, rules } from '../../support/bridge/books.ts';
import { PAYEE_SCRIPT } from '../../support/bridge/bridge-world.ts';

const AMPLE = 10n ** 12n;

function payable(keeper: BookKeeper): PayableBurn[] {
  return Object.values(keeper.ledger.burns)
    .filter(({ payout }) => payout === null)
    .map(({ burn }) => {
      const checked = checkBurn(burn, rules);
      if (!checked.ok) throw new Error(checked.refusal.reason);
      return checked.value;
    });
}

function plan(keeper: BookKeeper, change: Partial<PlanRequest> = {}) {
  const held = heldOutputs(livePayouts(keeper.ledger));
  return planPayout({
    burns: payable(keeper),
    coins: Object.values(keeper.view.outputs).filter(
      (output) => isSpendable(keeper.books, output) && !held.has(output.outpoint),
    ),
    feeRateSatsPerVbyte: 5,
    capLeftSats: AMPLE,
    rules,
    ...change,
  });
}

function planned(keeper: BookKeeper, change: Partial<PlanRequest> = {}): ProposedPayout {
  const result = plan(keeper, change);
  if (!result.ok) throw new Error(result.refusal.reason);
  return result.value.entry;
}

const context = (keeper: BookKeeper): PayoutContext => ({
  books: keeper.books,
  rules,
  heldInputs: heldOutputs(livePayouts(keeper.ledger)),
  paidBurns: new Set(),
});

/** Two coins of 0.5 and 0.1 BTC, and two burns. */
function funded(burns: readonly bigint[] = [2_000_000n, 3_000_001n]): BookKeeper {
  const keeper = new BookKeeper();
  keeper.coin(50_000_000n);
  keeper.coin(10_000_000n);
  keeper.finalize(
    [],
    [],
    burns.map((amountSats) => ({ amountSats })),
  );
  return keeper;
}

/** The entry with its transaction made anew from its own inputs and the given outputs. */
function rebuilt(
  entry: ProposedPayout,
  outputs: readonly { scriptPubKey: string; amountSats: bigint }[],
): ProposedPayout {
  const { txid, unsignedTx } = buildPayoutTransaction(
    entry.inputs.map(({ outpoint }) => outpoint),
    outputs as { scriptPubKey: string; amountSats: Sats }[],
  );
  return { ...entry, id: txid, txid, unsignedTx };
}

const outputsOf = (entry: ProposedPayout) =>
  Transaction.fromHex(entry.unsignedTx).outs.map(({ script, value }) => ({
    scriptPubKey: bytesToBareHex(script),
    amountSats: value,
  }));

describe('a planned payout', () => {
  it('pays the burns in log order, change last, version 2, no lock time, signalling replacement', () => {
    const entry = planned(funded());
    const transaction = Transaction.fromHex(entry.unsignedTx);
    expect(transaction.version).toBe(2);
    expect(transaction.locktime).toBe(0);
    expect(transaction.ins.map(({ sequence }) => sequence)).toEqual([0xffff_fffd]);
    const [first, second, change] = outputsOf(entry);
    expect(first?.scriptPubKey).toBe(PAYEE_SCRIPT);
    expect(second?.scriptPubKey).toBe(PAYEE_SCRIPT);
    expect(change).toEqual({ scriptPubKey: federation.scriptPubKey, amountSats: 50_000_000n - 5_000_001n });
    expect(transaction.outs).toHaveLength(3);
  });

  it('takes its fee from the burns: each pays the floor, and the remainder the first', () => {
    const entry = planned(funded());
    const fee = entry.shares.reduce((sum, { feeShareSats }) => sum + feeShareSats, 0n);
    expect(fee).toBe(5n * BigInt(payoutVsize(entry.unsignedTx, [federation])));
    const [first, second] = entry.shares;
    expect(second?.feeShareSats).toBe(fee / 2n);
    expect(first?.feeShareSats).toBe(fee - fee / 2n);
    expect((first?.outputSats ?? 0n) + (first?.feeShareSats ?? 0n)).toBe(2_000_000n);
    expect((second?.outputSats ?? 0n) + (second?.feeShareSats ?? 0n)).toBe(3_000_001n);
  });

  it('is accepted by those who check it', () => {
    const keeper = funded();
    expect(checkPayout(planned(keeper), context(keeper))).toMatchObject({ ok: true });
  });

  it('is the same whatever the order in which burns and coins are held', () => {
    const keeper = funded();
    const reversed = planned(keeper, {
      burns: payable(keeper).reverse(),
      coins: Object.values(keeper.view.outputs).reverse(),
    });
    expect(reversed).toEqual(planned(keeper));
  });

  it('has no change when the coins are exactly the burns, and takes one more coin when change would be dust', () => {
    const exact = new BookKeeper();
    exact.coin(2_000_000n);
    exact.finalize([], [], [{ amountSats: 2_000_000n }]);
    expect(outputsOf(planned(exact))).toHaveLength(1);

    const dust = new BookKeeper();
    dust.coin(2_000_545n);
    dust.coin(1_000_000n);
    dust.finalize([], [], [{ amountSats: 2_000_000n }]);
    const entry = planned(dust);
    expect(entry.inputs).toHaveLength(2);
    expect(checkPayout(entry, context(dust))).toMatchObject({ ok: true });
  });

  it('brings a fee rate inside the bounds', () => {
    const keeper = funded();
    const rateOf = (entry: ProposedPayout): number =>
      Number(entry.shares.reduce((sum, { feeShareSats }) => sum + feeShareSats, 0n)) /
      payoutVsize(entry.unsignedTx, [federation]);
    expect(rateOf(planned(keeper, { feeRateSatsPerVbyte: 0.4 }))).toBe(2);
    expect(rateOf(planned(keeper, { feeRateSatsPerVbyte: 100_000 }))).toBe(100);
  });

  it('leaves out what the coins or the cap do not reach, without holding up the others', () => {
    const keeper = funded([70_000_000n, 2_000_000n]);
    const result = plan(keeper);
    expect(result).toMatchObject({ ok: true, value: { leftOut: [{ reason: expect.stringMatching(/can be spent/) }] } });
    expect(planned(keeper).shares).toHaveLength(1);
    expect(planned(funded(), { capLeftSats: 2_500_000n }).shares).toHaveLength(1);
  });

  it('HOLE-6: that finds no coins is a refusal with its reason', () => {
    const keeper = new BookKeeper();
    keeper.finalize([], [], [{ amountSats: 2_000_000n }]);
    expect(plan(keeper)).toMatchObject({ ok: false, refusal: { code: 'COINS_MISSING' } });
    expect(plan(funded(), { capLeftSats: 0n })).toMatchObject({ ok: false, refusal: { code: 'CAP_REACHED' } });
  });
});

describe('a payout is refused', () => {
  const stranger = `0014${'99'.repeat(20)}`;
  const mutations: [string, string, (entry: ProposedPayout, keeper: BookKeeper) => PegOutEntry][] = [
    [
      'HOLE-5: an output below its burn, the difference given to miners',
      'TRANSACTION_DIFFERS',
      (entry) => {
        const [first, ...rest] = outputsOf(entry);
        return rebuilt(entry, [
          { scriptPubKey: first?.scriptPubKey ?? '', amountSats: (first?.amountSats ?? 0n) - 1000n },
          ...rest,
        ]);
      },
    ],
    [
      'HOLE-5: shares that say less than the burn',
      'FEE_SHARES',
      (entry) => ({
        ...entry,
        shares: entry.shares.map((share) => ({ ...share, outputSats: sats(share.outputSats - 1000n) })),
      }),
    ],
    [
      'a fee share that is not the floor (INV-6)',
      'FEE_SHARES',
      (entry) => {
        const [first, second] = entry.shares;
        if (!first || !second) throw new Error('two shares');
        return {
          ...entry,
          shares: [
            { ...first, outputSats: sats(first.outputSats + 100n), feeShareSats: sats(first.feeShareSats - 100n) },
            { ...second, outputSats: sats(second.outputSats - 100n), feeShareSats: sats(second.feeShareSats + 100n) },
          ],
        };
      },
    ],
    [
      'change that goes elsewhere',
      'TRANSACTION_DIFFERS',
      (entry) => {
        const outputs = outputsOf(entry);
        return rebuilt(entry, [
          ...outputs.slice(0, -1),
          { scriptPubKey: stranger, amountSats: outputs.at(-1)?.amountSats ?? 0n },
        ]);
      },
    ],
    [
      'change that is a sat short',
      'TRANSACTION_DIFFERS',
      (entry) => {
        const outputs = outputsOf(entry);
        return rebuilt(entry, [
          ...outputs.slice(0, -1),
          { scriptPubKey: federation.scriptPubKey, amountSats: (outputs.at(-1)?.amountSats ?? 0n) - 1n },
        ]);
      },
    ],
    [
      'an output more (INV-6)',
      'TRANSACTION_DIFFERS',
      (entry) => rebuilt(entry, [...outputsOf(entry), { scriptPubKey: stranger, amountSats: 600n }]),
    ],
    ['change that is not last', 'TRANSACTION_DIFFERS', (entry) => rebuilt(entry, outputsOf(entry).reverse())],
    [
      'another payee (INV-6)',
      'TRANSACTION_DIFFERS',
      (entry) => {
        const [first, ...rest] = outputsOf(entry);
        return rebuilt(entry, [{ scriptPubKey: stranger, amountSats: first?.amountSats ?? 0n }, ...rest]);
      },
    ],
    [
      'a sequence that does not signal replacement',
      'TRANSACTION_DIFFERS',
      (entry) => {
        const transaction = Transaction.fromHex(entry.unsignedTx);
        for (const input of transaction.ins) input.sequence = 0xffff_ffff;
        const id = transaction.getId() as typeof entry.id;
        return { ...entry, id, txid: id, unsignedTx: transaction.toHex() };
      },
    ],
    [
      'a txid that is not its own',
      'PAYOUT_IDENTITY',
      (entry) => ({ ...entry, txid: '11'.repeat(32) as typeof entry.txid }),
    ],
    [
      'an identity that is not its txid',
      'TRANSACTION_DIFFERS',
      (entry) => ({ ...entry, id: '11'.repeat(32) as typeof entry.id, txid: '11'.repeat(32) as typeof entry.txid }),
    ],
    ['burns out of log order', 'BURN_ORDER', (entry) => ({ ...entry, shares: entry.shares.toReversed() })],
    [
      'a burn twice (INV-4)',
      'BURN_ORDER',
      (entry) => ({ ...entry, shares: entry.shares.flatMap((share) => [share, share]) }),
    ],
    [
      'a burn that nobody knows (INV-5)',
      'BURN_UNKNOWN',
      (entry) => ({
        ...entry,
        shares: entry.shares.map((share) => ({ ...share, burn: `0x${'99'.repeat(32)}:0` as typeof share.burn })),
      }),
    ],
    ['no burn at all', 'PAYOUT_SIZE', (entry) => ({ ...entry, shares: [] })],
    [
      'an input that the federation does not have',
      'INPUT_UNKNOWN',
      (entry) => ({
        ...entry,
        inputs: entry.inputs.map((input) => ({ ...input, outpoint: `${'99'.repeat(32)}:0` as Outpoint })),
      }),
    ],
    ['an input twice', 'INPUT_HELD', (entry) => ({ ...entry, inputs: [...entry.inputs, ...entry.inputs] })],
    [
      'an input with another amount',
      'INPUT_MISSTATED',
      (entry) => ({ ...entry, inputs: entry.inputs.map((input) => ({ ...input, amountSats: sats(1n) })) }),
    ],
    [
      'an input of another epoch',
      'INPUT_MISSTATED',
      (entry) => ({ ...entry, inputs: entry.inputs.map((input) => ({ ...input, epoch: epoch(9) })) }),
    ],
    [
      'a deposit that is not minted yet',
      'INPUT_NOT_SPENDABLE',
      (entry, keeper) => {
        const { outpoint, amountSats, epoch: of } = keeper.deposit(77_000_000n);
        keeper.mine();
        return { ...entry, inputs: [{ outpoint, amountSats, epoch: of }] };
      },
    ],
  ];

  it.each(mutations)('with %s', (_, code, mutate) => {
    const keeper = funded();
    expect(checkPayout(mutate(planned(keeper), keeper) as ProposedPayout, context(keeper))).toMatchObject({
      ok: false,
      refusal: { code },
    });
  });

  it.each([
    ['below', 1],
    ['above', 101],
  ])('with a fee rate %s the bounds', (_, rate) => {
    const keeper = funded();
    const wide = { ...rules, minFeeRateSatsPerVbyte: 1, maxFeeRateSatsPerVbyte: 1000 };
    const entry = planned(keeper, { rules: wide, feeRateSatsPerVbyte: rate });
    expect(checkPayout(entry, context(keeper))).toMatchObject({ ok: false, refusal: { code: 'FEE_RATE' } });
  });

  it('when its coins or its burns are in a live payout already (INV-4, INV-7)', () => {
    const keeper = funded();
    const entry = planned(keeper);
    keeper.finalize([], [entry]);
    expect(checkPayout(entry, context(keeper))).toMatchObject({ ok: false, refusal: { code: 'INPUT_HELD' } });
    keeper.finalize([], [], [{ amountSats: 1_500_000n }]);
    const next = planned(keeper);
    expect(next.inputs).not.toEqual(entry.inputs);
    const again = { ...next, shares: entry.shares };
    expect(checkPayout(again, context(keeper))).toMatchObject({ ok: false, refusal: { code: 'BURN_ALREADY_PAID' } });
    const spent = checkPayout(next, { ...context(keeper), paidBurns: new Set(next.shares.map(({ burn }) => burn)) });
    expect(spent).toMatchObject({ ok: false, refusal: { code: 'BURN_ALREADY_PAID' } });
  });

  it('when its coins are not deep', () => {
    const keeper = funded();
    const entry = planned(keeper);
    expect(checkPayout(entry, { ...context(keeper), books: { ...keeper.books, depth: 99 } })).toMatchObject({
      ok: false,
      refusal: { code: 'INPUT_NOT_SPENDABLE' },
    });
  });
});

describe('a burn', () => {
  it.each([
    ['the minimum', 1_000_000n, true],
    ['a sat less', 999_999n, false],
    ['the maximum', 1_000_000_000n, true],
    ['a sat more', 1_000_000_001n, false],
  ])('of %s', (_, amountSats, ok) => {
    const keeper = new BookKeeper();
    const [burn] = keeper.finalize([], [], [{ amountSats }]);
    if (burn === undefined) throw new Error('no burn');
    expect(checkBurn(burn, rules).ok).toBe(ok);
  });

  it('with a remainder below a sat pays whole sats alone (INV-8)', () => {
    const [burn] = new BookKeeper().finalize([], [], [{ amountSats: 2_000_000n }]);
    if (burn === undefined) throw new Error('no burn');
    const odd = { ...burn, amountWei: (burn.amountWei + 9_999_999_999n) as typeof burn.amountWei };
    expect(checkBurn(odd, rules)).toMatchObject({ ok: true, value: { amountSats: 2_000_000n } });
  });
});

describe('a fee bump', () => {
  function bumped(rate = 20) {
    const keeper = funded();
    keeper.finalize([], [planned(keeper)]);
    const [payout] = livePayouts(keeper.ledger);
    if (payout === undefined) throw new Error('no payout');
    return { keeper, payout, replacement: planReplacement(payout, rate, keeper.ledger, rules) };
  }

  it('pays the same burns from the same inputs with a higher fee and the same change', () => {
    const { keeper, payout, replacement } = bumped();
    if (!replacement.ok) throw new Error(replacement.refusal.reason);
    const [before, after] = [latestVersion(payout).unsignedTx, replacement.value.unsignedTx].map((hex) =>
      Transaction.fromHex(hex),
    );
    expect(after?.outs.at(-1)).toEqual(before?.outs.at(-1));
    expect(after?.ins.map(({ hash, index }) => [hash, index])).toEqual(
      before?.ins.map(({ hash, index }) => [hash, index]),
    );
    expect(checkReplacement(replacement.value, payout, keeper.ledger, rules).ok).toBe(true);
  });

  it('HOLE-14: of a bump still conflicts with the first version: all spend the anchor', () => {
    const { keeper, replacement } = bumped();
    if (!replacement.ok) throw new Error(replacement.refusal.reason);
    keeper.finalize([], [replacement.value]);
    const [payout] = livePayouts(keeper.ledger);
    if (payout === undefined) throw new Error('no payout');
    const third = planReplacement(payout, 60, keeper.ledger, rules);
    if (!third.ok) throw new Error(third.refusal.reason);
    for (const { inputs } of [...payout.versions, third.value]) expect(inputs[0]?.outpoint).toBe(anchorOf(payout));
  });

  it('HOLE-14: is refused with other inputs', () => {
    const { keeper, payout, replacement } = bumped();
    if (!replacement.ok) throw new Error(replacement.refusal.reason);
    const other = Object.values(keeper.view.outputs).find(({ outpoint }) => outpoint !== anchorOf(payout));
    if (other === undefined) throw new Error('no other coin');
    const { outpoint, amountSats, epoch: of } = other;
    const elsewhere = { ...replacement.value, inputs: [{ outpoint, amountSats, epoch: of }] };
    expect(checkReplacement(elsewhere, payout, keeper.ledger, rules)).toMatchObject({
      ok: false,
      refusal: { code: 'REPLACEMENT_INPUTS' },
    });
  });

  it('is refused when it does not pay for its own relay, and above the ceiling brings no more', () => {
    expect(bumped(5).replacement).toMatchObject({ ok: false, refusal: { code: 'PAYOUT_IDENTITY' } });
    const { keeper, replacement } = bumped(100);
    if (!replacement.ok) throw new Error(replacement.refusal.reason);
    keeper.finalize([], [replacement.value]);
    const [payout] = livePayouts(keeper.ledger);
    if (payout === undefined) throw new Error('no payout');
    expect(planReplacement(payout, 5000, keeper.ledger, rules).ok).toBe(false);
  });

  it('is refused with fewer burns', () => {
    const { keeper, payout, replacement } = bumped();
    if (!replacement.ok) throw new Error(replacement.refusal.reason);
    const fewer = { ...replacement.value, shares: replacement.value.shares.slice(1) };
    expect(checkReplacement(fewer, payout, keeper.ledger, rules)).toMatchObject({
      ok: false,
      refusal: { code: 'BURN_ORDER' },
    });
  });

  it('stands, with all before it, when it is checked once more before signing', () => {
    const { keeper, replacement } = bumped();
    if (!replacement.ok) throw new Error(replacement.refusal.reason);
    keeper.finalize([], [replacement.value]);
    const [payout] = livePayouts(keeper.ledger);
    if (payout === undefined) throw new Error('no payout');
    expect(recheckPayout(payout, keeper.books, () => rules)).toMatchObject({ ok: true });
    const forged = {
      ...payout,
      versions: [payout.versions[0], { ...latestVersion(payout), unsignedTx: payout.versions[0].unsignedTx }],
    } as typeof payout;
    expect(recheckPayout(forged, keeper.books, () => rules)).toMatchObject({ ok: false });
    expect(entryOf(payout, latestVersion(payout)).status).toBe('Replaced');
  });
});
