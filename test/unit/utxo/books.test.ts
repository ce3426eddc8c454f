import { describe, expect, it } from 'vitest';
import { capLeftSats } from '../../../node-core/domain/pegout/cap.ts';
import { planPayout, type ProposedPayout } from '../../../node-core/domain/pegout/plan.ts';
import { checkBurn } from '../../../node-core/domain/pegout/rules.ts';
import { isPaid, isSpendable, paymentOf, settle } from '../../../node-core/domain/utxo/books.ts';
import { contradictionsOf } from '../../../node-core/domain/utxo/contradictions.ts';
import { decodeJson, encodeJson } from '../../../node-core/domain/utxo/json.ts';
import {
  accountedHeight,
  applyBurn,
  applyFinalBlock,
  burnsScanned,
  emptyLedger,
  livePayouts,
} from '../../../node-core/domain/utxo/ledger.ts';
import { solvencyOf } from '../../../node-core/domain/utxo/solvency.ts';
import { confirmationsOf, isDeep, tipOf } from '../../../node-core/domain/utxo/view.ts';
import { blockHeight, type Outpoint, slot, txid } from '../../../node-core/primitives/ids.ts';
import { sats, wei } from '../../../node-core/primitives/units.ts';
import { BookKeeper, federation, mintOf, RECIPIENT, rules } from '../../support/bridge/books.ts';
import { opReturn, transaction, txidOf } from '../../support/bridge/fake-bitcoin.ts';

function payoutOf(keeper: BookKeeper): ProposedPayout {
  const burns = Object.values(keeper.ledger.burns).flatMap(({ burn, payout }) => {
    const checked = checkBurn(burn, rules);
    return payout === null && checked.ok ? [checked.value] : [];
  });
  const coins = Object.values(keeper.view.outputs).filter((output) => isSpendable(keeper.books, output));
  const plan = planPayout({ burns, coins, feeRateSatsPerVbyte: 5, capLeftSats: 10n ** 12n, rules });
  if (!plan.ok) throw new Error(plan.refusal.reason);
  return plan.value.entry;
}

describe('the view of Bitcoin', () => {
  it('is the same after a block is applied and undone', () => {
    const keeper = new BookKeeper();
    keeper.coin(50_000_000n);
    keeper.finalize([], [], [{ amountSats: 2_000_000n }]);
    const entry = payoutOf(keeper);
    const before = keeper.view;
    keeper.mine(entry.unsignedTx);
    expect(keeper.view).not.toEqual(before);
    keeper.undo();
    expect(keeper.view).toEqual(before);
  });

  it('counts the tip as one confirmation, and a coinbase after a hundred', () => {
    const keeper = new BookKeeper();
    const raw = transaction(
      [
        { script: federation.scriptPubKey, value: 50_000n },
        { script: opReturn(RECIPIENT), value: 0n },
      ],
      [{ txid: '00'.repeat(32), vout: 0xffff_ffff }],
    );
    keeper.mine(raw);
    const output = keeper.view.outputs[`${txidOf(raw)}:0` as Outpoint];
    if (output === undefined) throw new Error('no output');
    expect(confirmationsOf(keeper.view, output.height)).toBe(1);
    for (let i = 0; i < 98; i++) keeper.mine();
    expect(isDeep(keeper.view, output, 2)).toBe(false);
    keeper.mine();
    expect(confirmationsOf(keeper.view, output.height)).toBe(100);
    expect(isDeep(keeper.view, output, 2)).toBe(true);
  });

  it('keeps 150 headers, and nothing that is unspent is ever forgotten', () => {
    const keeper = new BookKeeper();
    const { outpoint } = keeper.deposit(50_000n);
    for (let i = 0; i < 400; i++) keeper.mine();
    expect(keeper.view.headers).toHaveLength(150);
    expect(settle(keeper.books, slot(9e9)).view.outputs[outpoint]).toBeDefined();
  });

  it('is written and read back with its amounts', () => {
    const keeper = new BookKeeper();
    keeper.coin(50_000_000n);
    keeper.finalize([], [], [{ amountSats: 2_000_000n, destination: '12345' }]);
    expect(decodeJson(encodeJson(keeper.books))).toEqual(keeper.books);
    expect(encodeJson(keeper.view)).toContain('"amountSats":"50000000"');
    expect(() => encodeJson({ amount: 1n })).toThrow(/unit/);
  });
});

describe('the ledger', () => {
  it('takes each final block and each burn once', () => {
    const keeper = new BookKeeper();
    const output = keeper.deposit(50_000_000n);
    const [burn] = keeper.finalize([mintOf(output)], [], [{ amountSats: 2_000_000n }]);
    const before = keeper.ledger;
    const again = {
      root: `0x${'0'.repeat(64)}`,
      height: blockHeight(1),
      slot: slot(1),
      blockHash: `0x${'0'.repeat(64)}`,
      pegIns: [],
      pegOuts: [],
      federationUpdates: [],
      mintedTotalSats: sats(0n),
      burnedFeesTotalWei: wei(0n),
    } as never;
    expect(applyFinalBlock(before, again, null)).toBe(before);
    if (burn !== undefined) expect(applyBurn(before, burn)).toBe(before);
  });

  it('is accounted for up to the height whose burns have all been told, whatever the order of telling', () => {
    let ledger = emptyLedger;
    const block = (height: number) =>
      ({
        root: `0x${'0'.repeat(64)}`,
        height: blockHeight(height),
        slot: slot(height),
        blockHash: `0x${'0'.repeat(64)}`,
        pegIns: [],
        pegOuts: [],
        federationUpdates: [],
        mintedTotalSats: sats(BigInt(height)),
        burnedFeesTotalWei: wei(0n),
      }) as never;
    for (const height of [1, 2, 3]) ledger = applyFinalBlock(ledger, block(height), null);
    ledger = burnsScanned(ledger, blockHeight(2));
    expect(accountedHeight(ledger)).toBe(0);
    ledger = burnsScanned(ledger, blockHeight(1));
    expect(accountedHeight(ledger)).toBe(2);
    expect(ledger.totals.map(({ height }) => height)).toEqual([2, 3]);
  });

  it('links a burn that is told after its payout', () => {
    const keeper = new BookKeeper();
    keeper.coin(50_000_000n);
    keeper.finalize([], [], [{ amountSats: 2_000_000n }]);
    const entry = payoutOf(keeper);
    const [burn] = Object.values(keeper.ledger.burns);
    if (burn === undefined) throw new Error('no burn');
    keeper.ledger = { ...keeper.ledger, burns: {}, burnHeight: blockHeight(burn.burn.height - 1) };
    keeper.finalize([], [entry]);
    keeper.ledger = applyBurn({ ...keeper.ledger, burnHeight: blockHeight(burn.burn.height - 1) }, burn.burn);
    expect(keeper.ledger.burns[burn.burn.id]?.payout).toBe(entry.id);
  });
});

describe('solvency', () => {
  const surplus = (keeper: BookKeeper): bigint | undefined => solvencyOf(keeper.books)?.surplusSats;

  it('holds exactly through a deposit, its mint, a burn and its payout, block by block (INV-1)', () => {
    const keeper = new BookKeeper();
    keeper.mine();
    expect(solvencyOf(keeper.books)).toMatchObject({ reserveSats: 0n, liabilitiesSats: 0n });
    const deposit = keeper.deposit(50_000_000n);
    expect(solvencyOf(keeper.books)).toMatchObject({ reserveSats: 0n, liabilitiesSats: 0n });
    keeper.mine();
    expect(solvencyOf(keeper.books)).toMatchObject({ reserveSats: 50_000_000n, depositsUnmintedSats: 50_000_000n });
    keeper.finalize([mintOf(deposit)]);
    expect(solvencyOf(keeper.books)).toMatchObject({
      supplySats: 50_000_000n,
      depositsUnmintedSats: 0n,
      surplusSats: 0n,
    });
    keeper.finalize([], [], [{ amountSats: 2_000_000n }]);
    expect(solvencyOf(keeper.books)).toMatchObject({
      supplySats: 48_000_000n,
      burnsUnpaidSats: 2_000_000n,
      surplusSats: 0n,
    });
    const entry = payoutOf(keeper);
    keeper.finalize([], [entry]);
    expect(surplus(keeper)).toBe(0n);
    keeper.mine(entry.unsignedTx);
    // Until the payout is deep its input and its debt both count.
    expect(solvencyOf(keeper.books)).toMatchObject({
      reserveSats: 50_000_000n,
      burnsUnpaidSats: 2_000_000n,
      surplusSats: 0n,
    });
    keeper.mine();
    expect(solvencyOf(keeper.books)).toMatchObject({ reserveSats: 48_000_000n, burnsUnpaidSats: 0n, surplusSats: 0n });
    keeper.undo();
    expect(surplus(keeper)).toBe(0n);
  });

  it('owes a rejected deposit to its unknown owner until it is returned', () => {
    const keeper = new BookKeeper();
    const raw = transaction([{ script: federation.scriptPubKey, value: 70_000n }]);
    keeper.mine(raw);
    keeper.mine();
    expect(solvencyOf(keeper.books)).toMatchObject({ rejectedUnreturnedSats: 70_000n, surplusSats: 0n });
    keeper.mine(transaction([{ script: '51', value: 69_000n }], [{ txid: txidOf(raw), vout: 0 }]));
    keeper.mine();
    expect(solvencyOf(keeper.books)).toMatchObject({ rejectedUnreturnedSats: 0n, reserveSats: 0n, surplusSats: 0n });
    expect(contradictionsOf(keeper.books)).toEqual([]);
  });

  it('shows burned base fees as surplus, and rounds what is owed up to a sat (INV-1)', () => {
    const keeper = new BookKeeper();
    keeper.coin(50_000_000n);
    const height = blockHeight(keeper.ledger.finalHeight + 1);
    keeper.ledger = burnsScanned(
      applyFinalBlock(
        keeper.ledger,
        {
          root: `0x${'0'.repeat(64)}`,
          height,
          slot: slot(1),
          blockHash: `0x${'0'.repeat(64)}`,
          pegIns: [],
          pegOuts: [],
          federationUpdates: [],
          mintedTotalSats: sats(50_000_000n),
          burnedFeesTotalWei: wei(15_000_000_000n),
        } as never,
        null,
      ),
      height,
    );
    // 1.5 sat of fees lower the supply by one whole sat.
    expect(solvencyOf(keeper.books)).toMatchObject({ supplySats: 49_999_999n, surplusSats: 1n });
  });

  it('keeps a remainder below a sat in the books after its burn is paid (INV-8)', () => {
    const keeper = new BookKeeper();
    keeper.coin(50_000_000n);
    const [burn] = keeper.finalize([], [], [{ amountSats: 2_000_000n }]);
    if (burn === undefined) throw new Error('no burn');
    const odd = { ...burn, amountWei: wei(burn.amountWei + 1n) };
    keeper.ledger = { ...keeper.ledger, burns: { [burn.id]: { burn: odd, payout: null } } as never };
    const entry = payoutOf(keeper);
    keeper.finalize([], [entry]);
    keeper.mine(entry.unsignedTx);
    keeper.mine();
    expect(solvencyOf(keeper.books)).toMatchObject({
      supplySats: 48_000_000n,
      burnsUnpaidSats: 1n,
      reserveSats: 48_000_000n,
    });
    keeper.finalize([], [{ status: 'Confirmed', id: entry.id, txid: entry.txid }]);
    for (let i = 0; i < 160; i++) keeper.mine();
    ({ view: keeper.view, ledger: keeper.ledger } = settle(keeper.books, slot(9e9)));
    expect(keeper.ledger.burns).toEqual({});
    expect(solvencyOf(keeper.books)).toMatchObject({ supplySats: 48_000_000n, burnsUnpaidSats: 1n });
  });
});

describe('what has left the books on both sides', () => {
  it('is forgotten when it is buried and the chain says so, and changes no sum', () => {
    const keeper = new BookKeeper();
    keeper.coin(50_000_000n);
    keeper.finalize([], [], [{ amountSats: 2_000_000n }]);
    const entry = payoutOf(keeper);
    keeper.finalize([], [entry]);
    keeper.mine(entry.unsignedTx);
    for (let i = 0; i < 160; i++) keeper.mine();
    const [payout] = livePayouts(keeper.ledger);
    if (payout === undefined) throw new Error('no payout');
    expect(isPaid(keeper.books, payout)).toBe(true);
    expect(settle(keeper.books, slot(9e9)).ledger.payouts).toEqual(keeper.ledger.payouts);
    keeper.finalize([], [{ status: 'Confirmed', id: entry.id, txid: entry.txid }]);
    const before = solvencyOf(keeper.books);
    ({ view: keeper.view, ledger: keeper.ledger } = settle(keeper.books, slot(9e9)));
    expect(keeper.ledger.payouts).toEqual({});
    expect(keeper.ledger.mints).toEqual({});
    expect(Object.values(keeper.view.outputs).map(({ origin }) => origin.kind)).toEqual(['change']);
    expect(solvencyOf(keeper.books)).toEqual(before);
    expect(contradictionsOf(keeper.books)).toEqual([]);
  });
});

describe('a contradiction', () => {
  it.each<[string, (keeper: BookKeeper) => void, RegExp]>([
    [
      'a mint without a deposit',
      (keeper) =>
        keeper.finalize([{ ...mintOf(keeper.deposit(50_000n)), outpoint: `${'99'.repeat(32)}:0` as Outpoint }]),
      /no deposit/,
    ],
    [
      'a mint of another amount',
      (keeper) => keeper.finalize([{ ...mintOf(keeper.deposit(50_000n)), amountSats: sats(60_000n) }]),
      /60000 sat/,
    ],
    [
      'a mint to another account',
      (keeper) => keeper.finalize([{ ...mintOf(keeper.deposit(50_000n)), recipient: `0x${'b2'.repeat(20)}` as never }]),
      /another account/,
    ],
    [
      'a mint of a deposit that is not deep',
      (keeper) => keeper.finalize([mintOf(keeper.deposit(50_000n))]),
      /confirmations/,
    ],
    [
      'a spend that no final block knows',
      (keeper) => {
        const { outpoint } = keeper.coin(50_000n);
        const [id = ''] = outpoint.split(':');
        keeper.mine(transaction([{ script: '51', value: 1n }], [{ txid: id, vout: 0 }]));
      },
      /no final block knows/,
    ],
    [
      'a burn that the chain has paid twice',
      (keeper) => {
        const [coin, other] = [keeper.coin(50_000_000n), keeper.coin(40_000_000n)];
        keeper.finalize([], [], [{ amountSats: 2_000_000n }]);
        const first = payoutOf(keeper);
        const [input] = first.inputs;
        const unused = input?.outpoint === coin.outpoint ? other : coin;
        const second = { ...first, id: txid('ee'.repeat(32)), inputs: [{ ...input, outpoint: unused.outpoint }] };
        keeper.finalize([], [first, second as ProposedPayout]);
      },
      /is paid by the payouts/,
    ],
  ])('is %s', (_, happens, sentence) => {
    const keeper = new BookKeeper();
    keeper.mine();
    expect(contradictionsOf(keeper.books)).toEqual([]);
    happens(keeper);
    expect(contradictionsOf(keeper.books)[0]).toMatch(sentence);
  });

  it('stands in for a shortage while a payout is known and the burns below it are not read yet', () => {
    const keeper = new BookKeeper();
    keeper.coin(50_000_000n);
    const before = keeper.ledger;
    keeper.finalize([], [], [{ amountSats: 2_000_000n }]);
    const entry = payoutOf(keeper);
    keeper.finalize([], [entry]);
    keeper.mine(entry.unsignedTx);
    keeper.mine();
    const { burnHeight, burns } = before;
    const lagging = { ...keeper.books, ledger: { ...keeper.ledger, burnHeight, burns } };
    expect(solvencyOf(lagging)?.surplusSats).toBe(-2_000_000n);
    expect(contradictionsOf(lagging)[0]).toContain(`is spent by ${entry.txid}`);
    expect(contradictionsOf(keeper.books)).toEqual([]);
  });

  it('goes away when the view catches up, and comes back with a reorganisation', () => {
    const keeper = new BookKeeper();
    const deposit = keeper.deposit(50_000n);
    keeper.finalize([mintOf(deposit)]);
    expect(contradictionsOf(keeper.books)).toHaveLength(1);
    keeper.mine();
    expect(contradictionsOf(keeper.books)).toEqual([]);
    keeper.undo();
    keeper.undo();
    expect(contradictionsOf(keeper.books)).toHaveLength(1);
  });
});

describe('the payout cap', () => {
  const cap = { capSats: 5_000_000n, slotDurationMs: 1000 };

  it('counts the payouts of the last 24 hours, fails closed, and lets go with time', () => {
    const keeper = new BookKeeper();
    keeper.coin(50_000_000n);
    keeper.finalize([], [], [{ amountSats: 4_000_000n }]);
    const entry = payoutOf(keeper);
    keeper.finalize([], [entry]);
    const [payout] = livePayouts(keeper.ledger);
    if (payout === undefined) throw new Error('no payout');
    const at = payout.versions[0].slot;
    expect(capLeftSats(keeper.ledger, at, cap)).toBe(1_000_000n);
    expect(capLeftSats(keeper.ledger, at, { ...cap, capSats: 3_000_000n })).toBe(0n);
    expect(capLeftSats(keeper.ledger, at, cap, payout)).toBe(5_000_000n);
    expect(capLeftSats(keeper.ledger, slot(at + 86_400), cap)).toBe(1_000_000n);
    expect(capLeftSats(keeper.ledger, slot(at + 86_401), cap)).toBe(5_000_000n);
  });
});

describe('a payment', () => {
  it("is a spend of the payout's anchor by one of its versions, and no other spend", () => {
    const keeper = new BookKeeper();
    const coin = keeper.coin(50_000_000n);
    keeper.finalize([], [], [{ amountSats: 2_000_000n }]);
    const entry = payoutOf(keeper);
    keeper.finalize([], [entry]);
    const [payout] = livePayouts(keeper.ledger);
    if (payout === undefined) throw new Error('no payout');
    const [id = ''] = coin.outpoint.split(':');
    keeper.mine(transaction([{ script: '51', value: 1n }], [{ txid: id, vout: 0 }]));
    expect(paymentOf(keeper.books, payout)).toBeNull();
    keeper.undo();
    keeper.mine(entry.unsignedTx);
    expect(paymentOf(keeper.books, payout)).toEqual({ txid: entry.txid, height: tipOf(keeper.view)?.height });
  });
});
