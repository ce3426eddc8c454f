import { describe, expect, it } from 'vitest';
import type { OperationId } from '../../../node-core/primitives/ids.ts';
import type { OperationRecord } from '../../../node-core/ports/store.ts';
import { operationTerms } from '../../../node-core/adapters/sqlite/operation-terms.ts';
import { openSampleStore } from '../../support/store/open-sample-store.ts';

const hash = (value: number): string => value.toString(16).padStart(8, '0').repeat(8);
const FEDERATION = 'bcrt1pyjrtzxpj7vzpjz6kvps5c2ajhkupt8qk22ncdpdz23wdl5j7dp8qexkr43';

const operation = (index: number): OperationRecord => {
  const pegIn = index % 2 === 0;
  return {
    id: (pegIn ? `peg-in:${hash(index)}:0` : `peg-out:0x${hash(index)}:3`) as OperationId,
    kind: pegIn ? 'pegIn' : 'pegOut',
    state: 'Detected',
    terminal: index % 3 === 0,
    data: JSON.stringify({
      recipient: `0x${hash(index + 900_000).slice(0, 40)}`,
      address: FEDERATION,
      steps: [{ txid: hash(index + 500_000) }],
    }),
    createdAtMs: 1000 + Math.floor(index / 2),
    updatedAtMs: 1,
  };
};

describe('the search for operations', () => {
  it('finds an operation by each thing that an operator would paste, whole or begun, in any case', async () => {
    const { port, findOperations } = await openSampleStore();
    await port.persistOperations(Array.from({ length: 50 }, (_, index) => operation(index)));
    const texts = [
      operation(14).id,
      hash(14),
      `${hash(14)}:0`,
      hash(14).slice(0, 10),
      `0x${hash(900_014).slice(0, 40).toUpperCase()}`,
      ` ${hash(500_014)}\n`,
    ];
    for (const text of texts) expect(await findOperations({ text, limit: 10 })).toEqual([operation(14)]);
    expect(await findOperations({ text: hash(999), limit: 10 })).toEqual([]);
  });

  it('gives common texts newest first, a page at a time, without repeats or gaps', async () => {
    const { port, findOperations } = await openSampleStore();
    const all = Array.from({ length: 3000 }, (_, index) => operation(index));
    await port.persistOperations(all);
    const newestFirst = [...all].sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1));
    const filters = [{ text: FEDERATION }, { text: 'bcrt1p', kind: 'pegOut' as const }, { terminal: true }, {}];
    for (const filter of filters) {
      const found: OperationRecord[] = [];
      for (;;) {
        const last = found.at(-1);
        const page = await findOperations({ ...filter, limit: 700, ...(last && { before: last }) });
        if (page.length === 0) break;
        found.push(...page);
      }
      expect(found).toEqual(
        newestFirst.filter(
          (row) =>
            (filter.kind === undefined || row.kind === filter.kind) &&
            (filter.terminal === undefined || row.terminal === filter.terminal),
        ),
      );
    }
  });

  it('forgets what an operation no longer mentions', async () => {
    const { port, findOperations } = await openSampleStore();
    await port.persistOperations([operation(1)]);
    await port.persistOperations([{ ...operation(1), data: JSON.stringify({ txid: hash(77) }) }]);
    expect(await findOperations({ text: hash(500_001), limit: 1 })).toEqual([]);
    expect(await findOperations({ text: hash(77), limit: 1 })).toHaveLength(1);
  });

  it('indexes a bounded number of terms, and never prose or numbers', () => {
    const data = JSON.stringify({
      reason: 'waits for two members',
      amountSats: '1000000',
      many: Array.from({ length: 1000 }, (_, i) => hash(i)),
    });
    const terms = operationTerms('peg-in:x', data);
    expect(terms).toHaveLength(256);
    expect(terms).not.toContain('1000000');
  });
});
