import { describe, expect, it } from 'vitest';
import { type DepositRules, retiredSince, scanBlock } from '../../../node-core/domain/pegin/deposits.ts';
import { type BitcoinView, addFindings, applyBlock, emptyView } from '../../../node-core/domain/utxo/view.ts';
import { bitcoinBlockHash, bitcoinHeight, epoch, type Outpoint } from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { RECIPIENT } from '../../support/bridge/books.ts';
import { opReturn, transaction, txidOf } from '../../support/bridge/fake-bitcoin.ts';

const FORMER = `5120${'12'.repeat(32)}`;
const NEW = `5120${'34'.repeat(32)}`;
const former = { scriptPubKey: FORMER, epoch: epoch(0), fromHeight: bitcoinHeight(0), retiredFrom: null };
const changed = [
  { ...former, retiredFrom: bitcoinHeight(110) },
  { scriptPubKey: NEW, epoch: epoch(1), fromHeight: bitcoinHeight(105), retiredFrom: null },
];
const rules = (watched: DepositRules['watched']): DepositRules => ({ watched, minDepositSats: sats(10_000n) });
const hashAt = (height: number) => bitcoinBlockHash(height.toString(16).padStart(64, '0'));
const deposit = (script: string) =>
  transaction([
    { script, value: 50_000n },
    { script: opReturn(RECIPIENT), value: 0n },
  ]);

function find(height: number, raw: string, watched: DepositRules['watched'], view: BitcoinView = emptyView) {
  const block = { hash: hashAt(height), height: bitcoinHeight(height), transactions: [raw] };
  const scanned = scanBlock(block, view, rules(watched));
  if (!scanned.ok) throw new Error(scanned.refusal.reason);
  return scanned.value;
}
const kinds = (height: number, script: string) =>
  find(height, deposit(script), changed).created.map(({ origin }) => origin.kind);

describe('the handover from one address to the next (INV-20)', () => {
  it('lets deposits to the former address count until the named Bitcoin height, and rejects them from there on', () => {
    expect(kinds(109, FORMER)).toEqual(['deposit']);
    expect(kinds(110, FORMER)).toEqual(['rejected']);
  });

  it('lets what pays the new address count from the named Bitcoin height on', () => {
    expect(kinds(104, NEW)).toEqual([]);
    expect(kinds(105, NEW)).toEqual(['deposit']);
  });

  it('rejects what a scan ahead of the chain took for a deposit, and that alone', () => {
    const early = applyBlock(emptyView, find(109, deposit(FORMER), [former]));
    expect(retiredSince(early, rules(changed))).toEqual([]);
    const late = applyBlock(emptyView, find(110, deposit(FORMER), [former]));
    expect(retiredSince(late, rules(changed)).map(({ origin }) => origin.kind)).toEqual(['rejected']);
  });

  it('finds change at the new address in a block that was scanned before it was known, and finds it once', () => {
    const first = deposit(FORMER);
    const coin = `${txidOf(first)}:0` as Outpoint;
    const payout = transaction([{ script: NEW, value: 20_000n }], [{ txid: txidOf(first), vout: 0 }]);
    const before = [
      find(105, first, [former]),
      find(106, payout, [former], applyBlock(emptyView, find(105, first, [former]))),
    ];
    const view = before.reduce(applyBlock, emptyView);
    const again = find(106, payout, changed.slice(1), view);
    expect(again.created.map(({ epoch: of, origin }) => [of, origin.kind])).toEqual([[1, 'change']]);
    const found = addFindings(view, again);
    expect(found.outputs[coin]).toEqual(view.outputs[coin]);
    expect(Object.keys(found.outputs)).toHaveLength(2);
    expect(addFindings(found, again)).toEqual(found);
  });
});
