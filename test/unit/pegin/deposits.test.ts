import { describe, expect, it } from 'vitest';
import { type DepositRules, scanBlock } from '../../../node-core/domain/pegin/deposits.ts';
import { readRecipient } from '../../../node-core/domain/pegin/op-return.ts';
import { emptyView } from '../../../node-core/domain/utxo/view.ts';
import { bytesToBareHex } from '../../../node-core/primitives/hex.ts';
import { bitcoinBlockHash, bitcoinHeight, epoch, type Outpoint } from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { BookKeeper, federation, RECIPIENT } from '../../support/bridge/books.ts';
import { opReturn, transaction, txidOf } from '../../support/bridge/fake-bitcoin.ts';

const OTHER_SCRIPT = '0014751e76e8199196d454941c45d1b3a323f1433bd6';
const RETIRED_SCRIPT = `5120${'12'.repeat(32)}`;
const rules: DepositRules = {
  watched: [
    { scriptPubKey: RETIRED_SCRIPT, epoch: epoch(0), fromHeight: bitcoinHeight(0), retiredFrom: bitcoinHeight(0) },
    { scriptPubKey: federation.scriptPubKey, epoch: epoch(1), fromHeight: bitcoinHeight(0), retiredFrom: null },
  ],
  minDepositSats: sats(10_000n),
};
const ascii = (text: string): string => bytesToBareHex(new TextEncoder().encode(text));
const pays = (value: bigint, script = federation.scriptPubKey) => ({ script, value });
const says = (script: string) => ({ script, value: 0n });

function scan(transactions: readonly string[], view = emptyView) {
  const scanned = scanBlock(
    { hash: bitcoinBlockHash('ab'.repeat(32)), height: bitcoinHeight(100), transactions },
    view,
    rules,
  );
  if (!scanned.ok) throw new Error(scanned.refusal.reason);
  return scanned.value;
}
const origins = (raw: string) => scan([raw]).created.map(({ origin }) => origin);
const minted = { kind: 'deposit', recipient: RECIPIENT };

describe('an OP_RETURN', () => {
  it.each([
    ['20 raw bytes', `6a14${'a1'.repeat(20)}`, RECIPIENT],
    ['40 hex characters', `6a28${ascii('a1'.repeat(20))}`, RECIPIENT],
    ['42 characters with 0x', `6a2a${ascii(`0x${'A1'.repeat(20)}`)}`, RECIPIENT],
    [
      'HOLE-15: 20 raw bytes that are also readable text',
      `6a14${ascii('0123456789abcdefABCD')}`,
      `0x${ascii('0123456789abcdefABCD')}`,
    ],
    [
      'HOLE-15: 20 raw bytes that begin like a text address',
      `6a14${ascii('0x34567890abcdef1234')}`,
      `0x${ascii('0x34567890abcdef1234')}`,
    ],
    ['19 raw bytes', `6a13${'a1'.repeat(19)}`, null],
    ['21 raw bytes', `6a15${'a1'.repeat(21)}`, null],
    ['40 characters that are no hex', `6a28${ascii('z'.repeat(40))}`, null],
    ['42 characters without 0x', `6a2a${ascii('a'.repeat(42))}`, null],
    ['a push that is longer than the script', `6a14${'a1'.repeat(19)}`, null],
    ['something after the push', `6a14${'a1'.repeat(20)}51`, null],
    ['another opcode', `6014${'a1'.repeat(20)}`, null],
    ["a coinbase's witness commitment", `6a24aa21a9ed${'00'.repeat(32)}`, null],
  ])('%s', (_, script, recipient) => {
    expect(readRecipient(script)).toBe(recipient);
  });
});

describe('a deposit', () => {
  it('is minted to the address that its one readable OP_RETURN names', () => {
    expect(origins(transaction([pays(50_000n), says(opReturn(RECIPIENT))]))).toEqual([minted]);
  });

  it('may carry other data that names no address', () => {
    expect(origins(transaction([says(`6a0568656c6c6f`), pays(50_000n), says(opReturn(RECIPIENT))]))).toEqual([minted]);
  });

  it.each([
    ['no OP_RETURN', [pays(50_000n)], /no OP_RETURN/],
    ['an unreadable OP_RETURN', [pays(50_000n), says('6a0568656c6c6f')], /no OP_RETURN/],
    [
      'two readable OP_RETURNs',
      [pays(50_000n), says(opReturn(RECIPIENT)), says(opReturn(`0x${'b2'.repeat(20)}`))],
      /2 OP_RETURNs/,
    ],
    ['the same address twice', [pays(50_000n), says(opReturn(RECIPIENT)), says(opReturn(RECIPIENT))], /2 OP_RETURNs/],
    ['a sat below the minimum', [pays(9_999n), says(opReturn(RECIPIENT))], /minimum/],
    ["a retired federation's address", [pays(50_000n, RETIRED_SCRIPT), says(opReturn(RECIPIENT))], /retired/],
  ])('is rejected with its reason: %s', (_, outputs, reason) => {
    expect(origins(transaction(outputs))).toEqual([{ kind: 'rejected', reason: expect.stringMatching(reason) }]);
  });

  it('counts at exactly the minimum', () => {
    expect(origins(transaction([pays(10_000n), says(opReturn(RECIPIENT))]))).toEqual([minted]);
  });

  it('HOLE-3: is an outpoint: every output that pays the federation counts', () => {
    const raw = transaction([pays(50_000n), pays(1n, OTHER_SCRIPT), pays(60_000n), says(opReturn(RECIPIENT))]);
    expect(scan([raw]).created.map(({ outpoint, amountSats }) => [outpoint, amountSats])).toEqual([
      [`${txidOf(raw)}:0`, 50_000n],
      [`${txidOf(raw)}:2`, 60_000n],
    ]);
  });

  it('HOLE-3: counts once when a txid is repeated in one block', () => {
    const raw = transaction([pays(50_000n), says(opReturn(RECIPIENT))]);
    expect(scan([raw, raw]).created).toHaveLength(1);
  });

  it('HOLE-3: counts once when a txid is repeated in a later block', () => {
    const keeper = new BookKeeper();
    const raw = transaction([pays(50_000n), says(opReturn(RECIPIENT))]);
    keeper.mine(raw);
    expect(scan([raw], keeper.view).created).toEqual([]);
  });

  it('HOLE-3: is none when its transaction spends an output of the federation, which makes change', () => {
    const keeper = new BookKeeper();
    const { outpoint } = keeper.deposit(50_000n);
    const [id = '', vout = ''] = outpoint.split(':');
    const raw = transaction([pays(40_000n), says(opReturn(RECIPIENT))], [{ txid: id, vout: Number(vout) }]);
    const found = scan([raw], keeper.view);
    expect(found.created.map(({ origin }) => origin)).toEqual([{ kind: 'change' }]);
    expect(found.spent).toEqual([{ outpoint, by: txidOf(raw) }]);
  });

  it('HOLE-3: is none either when it spends an output made earlier in the same block', () => {
    const first = transaction([pays(50_000n), says(opReturn(RECIPIENT))]);
    const second = transaction([pays(40_000n), says(opReturn(RECIPIENT))], [{ txid: txidOf(first), vout: 0 }]);
    const found = scan([first, second]);
    expect(found.created.map(({ origin }) => origin.kind)).toEqual(['deposit', 'change']);
    expect(found.spent).toEqual([{ outpoint: `${txidOf(first)}:0`, by: txidOf(second) }]);
  });

  it('of a coinbase is marked, so that it counts when it is mature', () => {
    const raw = transaction([pays(50_000n), says(opReturn(RECIPIENT))], [{ txid: '00'.repeat(32), vout: 0xffff_ffff }]);
    expect(scan([raw]).created).toMatchObject([{ coinbase: true }]);
  });

  it('in a block that cannot be read refuses the block rather than crash', () => {
    const scanned = scanBlock(
      { hash: bitcoinBlockHash('ab'.repeat(32)), height: bitcoinHeight(100), transactions: ['0200'] },
      { outputs: {} as Record<Outpoint, never> },
      rules,
    );
    expect(scanned).toMatchObject({ ok: false, refusal: { code: 'TRANSACTION_MALFORMED' } });
  });

  it('with an amount that cannot exist refuses the block rather than crash', () => {
    const raw = transaction([pays(0x7fff_ffff_ffff_ffffn)]);
    const scanned = scanBlock(
      { hash: bitcoinBlockHash('ab'.repeat(32)), height: bitcoinHeight(1), transactions: [raw] },
      emptyView,
      rules,
    );
    expect(scanned.ok).toBe(false);
  });
});
