import { LogicError } from '../../primitives/errors.ts';

/** By the house's names an amount ends in its unit. Source: architecture.md, Names. */
const AMOUNT_KEY = /(?:Sats|Wei|Gwei)$/;
const DECIMAL = /^-?\d{1,78}$/;

/** JSON text with amounts as decimal text. @throws LogicError for a bigint whose key doesn't end in its unit. */
export const encodeJson = (value: unknown): string =>
  JSON.stringify(value, (key, field: unknown) => {
    if (typeof field !== 'bigint') return field;
    if (!AMOUNT_KEY.test(key)) throw new LogicError('AMOUNT_NAME', `the amount in ${key} has no unit in its name`);
    return field.toString();
  });

/** Reads back what `encodeJson` wrote: the text comes from this node's own store, which has checked that it is whole. */
export const decodeJson = <T>(text: string): T =>
  JSON.parse(text, (key, field: unknown) =>
    typeof field === 'string' && AMOUNT_KEY.test(key) && DECIMAL.test(field) ? BigInt(field) : field,
  ) as T;
