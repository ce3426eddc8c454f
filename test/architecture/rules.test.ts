import { describe, expect, it } from 'vitest';
import {
  isInRepository,
  problemsOf,
  quotesIn,
  RULES,
  sourcesOfTests,
  tableText,
  withHeldBy,
  type Quotes,
  type QuotesByRule,
} from './rules.ts';

describe('the rules by number', () => {
  it('each have a test that quotes them, and a row in RULES.md that says where they are enforced and held', () => {
    expect(problemsOf(tableText(), quotesIn(sourcesOfTests()), isInRepository)).toEqual([]);
  });
});

describe('what a test quotes', () => {
  const quotesOf = (path: string, text: string) => Object.fromEntries(quotesIn(new Map([[path, text]])));
  const quoting = (...tests: string[]) => ({ tests, checkers: [] });

  it('stands in a title, in brackets or before a colon', () => {
    const text = "it('holds (INV-4, INV-7)', holds);\n  ['HOLE-3: an output', 1],\n  it(`is ${kind} (INV-18)`, is);";
    const own = quoting('unit/a.test.ts');
    expect(quotesOf('unit/a.test.ts', text)).toEqual({ 'INV-4': own, 'INV-7': own, 'HOLE-3': own, 'INV-18': own });
  });

  it.each([
    [
      'a comment',
      'unit/a.test.ts',
      '/** As always (INV-4). */\n  // And here (INV-4).\nf(); // (INV-4)\n/*\n * (INV-4)\n */',
    ],
    ['a value', 'unit/a.test.ts', "expect(depth, 'INV-21').toBe(1);\n  ['HOLE-3-twice', 'INV-2'],"],
    ['what only helps tests', 'support/a.ts', "it('holds (INV-4)', holds);"],
  ])('is nothing in %s', (_, path, text) => {
    expect(quotesOf(path, text)).toEqual({});
  });

  it('is a checker’s in the simulated world', () => {
    const path = 'simulation/world/invariants/a.ts';
    const text = "/** INV-1: as told. */\nreport('INV-3', text);\nreport(more ? 'INV-8' : 'INV-6', text); // 'INV-2'";
    const own = { tests: [], checkers: [path] };
    expect(quotesOf(path, text)).toEqual({ 'INV-3': own, 'INV-8': own, 'INV-6': own });
  });
});

describe('a table of the rules', () => {
  const quotes = new Map<string, Quotes>(RULES.map((rule) => [rule, { tests: ['unit/a.test.ts'], checkers: [] }]));
  quotes.set('INV-2', { tests: ['unit/a.test.ts', 'unit/b.test.ts'], checkers: ['simulation/world/c.ts'] });
  const lines = RULES.map((rule) => `| ${rule} | holds | \`node-core/index.ts\` | \`unit/a.test.ts\` |`);
  lines[1] =
    '| INV-2 | holds | `node-core/index.ts` | `unit/a.test.ts`, `unit/b.test.ts`; checked by `simulation/world/c.ts` |';
  const table = lines.join('\n');
  const problems = (text: string, of: QuotesByRule = quotes) =>
    problemsOf(text, of, (path) => path === 'node-core/index.ts');
  const changed = (from: string, to: string) => table.replace(from, to);

  it('is right when it says what is so', () => {
    expect(problems(table)).toEqual([]);
  });

  it.each<[string, string, QuotesByRule, RegExp]>([
    [
      'a rule without a test',
      table,
      new Map([...quotes, ['INV-7', { tests: [], checkers: [] }]]),
      /^INV-7 has no test/,
    ],
    [
      'a rule that only a checker holds',
      table,
      new Map([...quotes, ['INV-7', { tests: [], checkers: ['simulation/world/c.ts'] }]]),
      /^INV-7 has no test/,
    ],
    [
      'a number that is none',
      table,
      new Map([...quotes, ['INV-30', { tests: ['unit/d.test.ts'], checkers: [] }]]),
      /^`unit\/d.test.ts` quotes INV-30, which is no rule$/,
    ],
    ['a rule without a row', lines.slice(1).join('\n'), quotes, /needs one row for INV-1$/],
    ['two rows of a rule', `${table}\n${lines[3]}`, quotes, /needs one row for INV-4$/],
    ['no clause', changed('INV-4 | holds', 'INV-4 | '), quotes, /INV-4 lacks the rule or its place/],
    ['no place', changed('| INV-4 | holds | `node-core/index.ts`', '| INV-4 | holds | '), quotes, /INV-4 lacks/],
    [
      'a place that is not there',
      changed('INV-4 | holds | `node-core/index.ts`', 'INV-4 | holds | `node-core/gone.ts`'),
      quotes,
      /INV-4 names node-core\/gone.ts, which is no file/,
    ],
    [
      'a test too few',
      changed('`unit/a.test.ts`, `unit/b.test.ts`', '`unit/a.test.ts`'),
      quotes,
      /INV-2 should be .*: \| INV-2 \| holds \| `node-core\/index.ts` \| `unit\/a.test.ts`, `unit\/b.test.ts`; checked/,
    ],
  ])('is wrong with %s', (_, text, of, sentence) => {
    expect(problems(text, of)[0]).toMatch(sentence);
  });

  it('is brought up to date in its last column alone', () => {
    const stale = `# Rules\n\n${table.replaceAll('`unit/a.test.ts`', '`unit/old.test.ts`')}\n`;
    expect(withHeldBy(stale, quotes)).toBe(`# Rules\n\n${table}\n`);
  });
});
