import { address, networks, Transaction } from 'bitcoinjs-lib';
import { describe, expect, it } from 'vitest';
import { caseFile } from '../../../node-core/read-model/case-file.ts';
import { pegTable, pegTotals } from '../../../node-core/read-model/pegs.ts';
import { FEDERATION, operationView } from '../../support/sample/sample-views.ts';

const NOW = 1_800_000_000_000;
const MEMBERS = [
  { member: 0, name: 'alice' },
  { member: 1, name: 'bob' },
];
const operations = Array.from({ length: 30 }, (_, index) => operationView(index, NOW));
const everything = { search: '', kind: 'all', status: 'all', offset: 0, limit: 200 } as const;

describe('the table of pegs', () => {
  it('finds an operation by txid, EVM hash, address, operation id and in any case', () => {
    const [deposit] = operations;
    const burn = operations[2];
    if (!deposit?.txid || !deposit.evmAddress || !burn?.evmTxHash) throw new Error('sample lacks fields');
    for (const search of [
      deposit.txid,
      deposit.evmAddress.toUpperCase(),
      deposit.id,
      ` ${deposit.txid.slice(0, 16)} `,
    ]) {
      expect(pegTable(operations, { ...everything, search }).rows.map(({ id }) => id)).toEqual([deposit.id]);
    }
    expect(pegTable(operations, { ...everything, search: burn.evmTxHash }).rows[0]?.id).toBe(burn.id);
    expect(pegTable(operations, { ...everything, search: 'nothing like this' }).total).toBe(0);
  });

  it('splits every operation into exactly one of pending, completed and rejected', () => {
    const counts = (['pending', 'completed', 'rejected'] as const).map(
      (status) => pegTable(operations, { ...everything, status }).total,
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(operations.length);
    const totals = pegTotals(operations);
    expect(counts).toEqual([totals.pegInsPending + totals.pegOutsPending, totals.completed, totals.rejected]);
  });

  it('adds what is pending to the sat', () => {
    const pending = operations.filter(({ terminal, rejection }) => !terminal && rejection === null);
    expect(pegTotals(operations).pendingSats).toBe(
      pending.reduce((sum, { amountSats }) => sum + BigInt(amountSats), 0n).toString(),
    );
  });

  it('gives one window of a long list and its whole length', () => {
    const page = pegTable(operations, { ...everything, offset: 10, limit: 5 });
    expect(page.total).toBe(30);
    expect(page.rows.map(({ id }) => id)).toEqual(operations.slice(10, 15).map(({ id }) => id));
  });
});

describe('a case file', () => {
  const waiting = { ...operationView(1, NOW), state: 'WaitingApproval' };

  it('names the members who are missing while the threshold is not reached', () => {
    const standings = (operation: typeof waiting) =>
      caseFile(operation, null, FEDERATION, MEMBERS, NOW).members.map(({ name, standing }) => `${name} ${standing}`);
    expect(standings(waiting)).toEqual(['alice approved', 'bob missing', 'member 2 missing']);
    expect(standings({ ...waiting, threshold: 1 })).toEqual(['alice approved', 'bob notNeeded', 'member 2 notNeeded']);
    expect(standings({ ...waiting, state: 'ProcessingPegIn' })[1]).toBe('bob notAsked');
  });

  it('calls members by their names also in its timeline', () => {
    const [step] = waiting.steps;
    if (step === undefined) throw new Error('the sample has no step');
    const details = ['member 1', 'member 2: no such deposit', 'at height 3', null];
    const steps = details.map((detail) => ({ ...step, detail }));
    expect(
      caseFile({ ...waiting, steps }, null, FEDERATION, MEMBERS, NOW).operation.steps.map(({ detail }) => detail),
    ).toEqual(['bob', 'member 2: no such deposit', 'at height 3', null]);
  });

  it('says what to do when the deadline is past, when it was rejected, and when it is done', () => {
    expect(caseFile({ ...waiting, deadlineMs: NOW - 1 }, null, FEDERATION, MEMBERS, NOW).nextAction).toContain(
      'past its deadline',
    );
    expect(caseFile({ ...waiting, rejection: 'too small' }, null, FEDERATION, MEMBERS, NOW).nextAction).toContain(
      'liability',
    );
    expect(caseFile({ ...waiting, terminal: true }, null, FEDERATION, MEMBERS, NOW).nextAction).toContain('complete');
  });

  it('decodes its transaction: inputs, outputs with their addresses, and whether it can be replaced', () => {
    const transaction = new Transaction();
    transaction.version = 2;
    transaction.addInput(new Uint8Array(32).fill(7), 1, 0xfffffffd);
    transaction.addOutput(address.toOutputScript(FEDERATION, networks.regtest), 123_456n);
    transaction.addOutput(Uint8Array.from([0x6a, 1, 9]), 0n);
    const decoded = caseFile({ ...waiting, rawTx: transaction.toHex() }, null, FEDERATION, MEMBERS, NOW).transaction;
    expect(decoded).toMatchObject({ txid: transaction.getId(), signalsReplacement: true });
    expect(decoded?.inputs[0]?.outpoint).toBe(`${'07'.repeat(32)}:1`);
    expect(decoded?.outputs[0]).toMatchObject({ amountSats: '123456', address: FEDERATION });
    expect(decoded?.outputs[1]).toMatchObject({ address: null, script: '6a0109' });
  });

  it('shows no transaction rather than a wrong one', () => {
    expect(caseFile({ ...waiting, rawTx: 'abcd' }, null, FEDERATION, MEMBERS, NOW).transaction).toBeNull();
  });
});
