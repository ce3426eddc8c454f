/** A whole token that an operator would paste: an id, a txid, an outpoint, an address, an EVM hash. */
const MIN_LENGTH = 20;
const TERM = /^[0-9a-z]{20,128}(?::\d{1,10})?$/;
/** An operation names a few dozen things at most; more than this is not worth an index entry each. */
const MAX_TERMS = 256;

/** How a term is stored and looked for: lower case, without `0x` or the operation's kind in front. */
export const normalizeTerm = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/^peg-(?:in|out):/, '')
    .replace(/^0x/, '');

/** Everything that finds an operation: its id and each hash, outpoint and address in its JSON data, sorted. */
export function operationTerms(id: string, data: string): readonly string[] {
  const terms = new Set<string>([normalizeTerm(id)]);
  const visit = (value: unknown): void => {
    if (terms.size >= MAX_TERMS) return;
    if (typeof value === 'string' && value.length >= MIN_LENGTH) {
      const term = normalizeTerm(value);
      if (TERM.test(term)) terms.add(term);
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) visit(inner);
    }
  };
  visit(JSON.parse(data));
  return [...terms].sort();
}

/** Terms as one text in which each stands after a line break, so that the beginning of one is found as `\nBEGINNING`. */
export const joinTerms = (terms: readonly string[]): string => terms.map((term) => `\n${term}`).join('');

export const splitTerms = (text: string): readonly string[] => text.split('\n').slice(1);
