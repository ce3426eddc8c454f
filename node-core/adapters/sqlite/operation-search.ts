import type { Database } from 'better-sqlite3';
import type { OperationRecord } from '../../ports/store.ts';
import { checkRow, rowChecksum } from './checksum.ts';
import { joinTerms, normalizeTerm } from './operation-terms.ts';
import type { OperationFilter } from './rows.ts';

const MAX_PAGE = 100_000;
/** A text that so many terms begin with is common: then it is quicker to walk the newest operations and test each. */
const RARE_TERMS = 2000;

interface OperationRead extends Omit<OperationRecord, 'terminal'> {
  readonly terminal: 0 | 1;
  readonly crc: number;
}

function checkedOperation({ crc, ...row }: OperationRead): OperationRecord {
  const { id, kind, state, terminal, data, createdAtMs, updatedAtMs } = row;
  checkRow(crc, rowChecksum(id, kind, state, terminal, data, createdAtMs, updatedAtMs), `operation ${id}`);
  return { ...row, terminal: terminal === 1 };
}

/** The operations that a filter lets through, newest first, a page at a time. */
export function createOperationSearch(db: Database): (filter: OperationFilter) => OperationRecord[] {
  const countTerms = db
    .prepare<[string, string, number], number>(
      'SELECT count(*) FROM (SELECT 1 FROM operation_terms WHERE term >= ? AND term < ? LIMIT ?)',
    )
    .pluck();

  return ({ text, kind, terminal, limit, before }) => {
    const conditions: string[] = [];
    const parameters: (string | number)[] = [];
    const where = (condition: string, ...values: readonly (string | number)[]): void => {
      conditions.push(condition);
      parameters.push(...values);
    };
    if (terminal !== undefined) where('terminal = ?', terminal ? 1 : 0);
    if (kind !== undefined) where('kind = ?', kind);
    if (before !== undefined) where('(created_at_ms, id) < (?, ?)', before.createdAtMs, before.id);
    const prefix = normalizeTerm(text ?? '');
    if (prefix !== '') {
      const range = [prefix, `${prefix}\u{10ffff}`] as const;
      const rare = (countTerms.get(...range, RARE_TERMS) as number) < RARE_TERMS;
      if (rare) where('number IN (SELECT operation FROM operation_terms WHERE term >= ? AND term < ?)', ...range);
      else where('instr(terms, ?) > 0', joinTerms([prefix]));
    }
    return db
      .prepare<(string | number)[], OperationRead>(
        `SELECT id, kind, state, terminal, data, created_at_ms AS createdAtMs, updated_at_ms AS updatedAtMs, crc FROM operations
         ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`} ORDER BY created_at_ms DESC, id DESC LIMIT ?`,
      )
      .all(...parameters, Math.min(limit, MAX_PAGE))
      .map(checkedOperation);
  };
}
