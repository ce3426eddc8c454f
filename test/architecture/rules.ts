import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Which tests quote which rule by its number, and whether test/RULES.md says the same. A test quotes a rule in its
 * title, `… (INV-4, INV-7)` or `HOLE-3: …`; one of the simulator's checkers reports under it, `'INV-4'`. Run by itself,
 * this writes the table's last column: `node test/architecture/rules.ts`.
 */

/** How many rules of each kind invariants.md and protocol.md number. */
const COUNTS = { INV: 29, HOLE: 15 } as const;
const TITLE = /\b((?:INV|HOLE)-\d+)(?=[,):])/g;
const CHECKER = /'((?:INV|HOLE)-\d+)'/g;
/** The simulator's outside parties and rules. What is quoted there is no test: a test plays it. */
const WORLD = 'simulation/world/';
/** Folders of test/ that hold no test. */
const NO_TESTS = ['architecture/', 'bench/', 'fixtures/', 'fuzz/', 'simulation/bugs/', 'support/'];

const root = fileURLToPath(new URL('../..', import.meta.url));
const tablePath = `${root}test/RULES.md`;

export const RULES: readonly string[] = Object.entries(COUNTS).flatMap(([kind, count]) =>
  Array.from({ length: count }, (_, index) => `${kind}-${index + 1}`),
);

/** Paths below test/, sorted. */
export interface Quotes {
  readonly tests: readonly string[];
  readonly checkers: readonly string[];
}
export type QuotesByRule = ReadonlyMap<string, Quotes>;

const withoutComment = (line: string): string => line.replace(/^\s*\/?\*.*|(?:^|\s)\/\/.*/, '');

/** `sources`: each file's text by its path below test/. */
export function quotesIn(sources: ReadonlyMap<string, string>): QuotesByRule {
  const quotes = new Map<string, { tests: string[]; checkers: string[] }>();
  for (const [path, text] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (NO_TESTS.some((folder) => path.startsWith(folder))) continue;
    const isWorld = path.startsWith(WORLD);
    const code = text.split('\n').map(withoutComment);
    const found = code.flatMap((line) => [...line.matchAll(isWorld ? CHECKER : TITLE)].map(([, rule = '']) => rule));
    for (const rule of new Set(found)) {
      const own = quotes.get(rule) ?? { tests: [], checkers: [] };
      quotes.set(rule, own);
      own[isWorld ? 'checkers' : 'tests'].push(path);
    }
  }
  return quotes;
}

export function sourcesOfTests(): ReadonlyMap<string, string> {
  const folder = `${root}test/`;
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'));
  return new Map(
    paths.filter((path) => /\.tsx?$/.test(path)).map((path) => [path, readFileSync(folder + path, 'utf8')]),
  );
}

export const tableText = (): string => readFileSync(tablePath, 'utf8');

interface Row {
  readonly rule: string;
  readonly says: string;
  readonly enforcedIn: string;
  readonly heldBy: string;
}

function rowOf(line: string): Row | undefined {
  const [, rule, says, enforcedIn, heldBy] = line.split('|').map((cell) => cell.trim());
  if (rule === undefined || !/^(?:INV|HOLE)-\d+$/.test(rule)) return undefined;
  return { rule, says: says ?? '', enforcedIn: enforcedIn ?? '', heldBy: heldBy ?? '' };
}

const lineOf = ({ rule, says, enforcedIn, heldBy }: Row): string => `| ${rule} | ${says} | ${enforcedIn} | ${heldBy} |`;

const listed = (paths: readonly string[]): string => paths.map((path) => `\`${path}\``).join(', ');

function heldBy(quotes: Quotes | undefined): string {
  const { tests = [], checkers = [] } = quotes ?? {};
  return checkers.length === 0 ? listed(tests) : `${listed(tests)}; checked by ${listed(checkers)}`;
}

/** The same text, the last column of each row as `quotes` has it. */
export function withHeldBy(table: string, quotes: QuotesByRule): string {
  const renewed = (line: string): string => {
    const row = rowOf(line);
    return row === undefined ? line : lineOf({ ...row, heldBy: heldBy(quotes.get(row.rule)) });
  };
  return table.split('\n').map(renewed).join('\n');
}

/** What is wrong, a sentence each. `exists` is asked for paths of the repository. */
export function problemsOf(table: string, quotes: QuotesByRule, exists: (path: string) => boolean): readonly string[] {
  const rows = table.split('\n').flatMap((line) => rowOf(line) ?? []);
  const order = rows.map(({ rule }) => rule);
  const problems: string[] = [];
  for (const rule of RULES) {
    if ((quotes.get(rule)?.tests.length ?? 0) === 0) problems.push(`${rule} has no test that quotes it in its title`);
    if (order.filter((one) => one === rule).length !== 1) problems.push(`test/RULES.md needs one row for ${rule}`);
  }
  for (const [rule, { tests, checkers }] of quotes) {
    if (!RULES.includes(rule)) problems.push(`${listed([...tests, ...checkers])} quotes ${rule}, which is no rule`);
  }
  for (const row of rows) {
    const paths = [...row.enforcedIn.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
    if (row.says === '' || paths.length === 0) problems.push(`the row of ${row.rule} lacks the rule or its place`);
    for (const path of paths) {
      if (!/^(?:node-core|electron)\//.test(path) || !exists(path))
        problems.push(`the row of ${row.rule} names ${path}, which is no file under node-core/ or electron/`);
    }
    const right = heldBy(quotes.get(row.rule));
    if (row.heldBy !== right)
      problems.push(
        `the row of ${row.rule} should be (node test/architecture/rules.ts writes it): ${lineOf({ ...row, heldBy: right })}`,
      );
  }
  return problems;
}

export const isInRepository = (path: string): boolean => existsSync(root + path);

if (import.meta.main) {
  const quotes = quotesIn(sourcesOfTests());
  const table = withHeldBy(tableText(), quotes);
  writeFileSync(tablePath, table);
  const problems = problemsOf(table, quotes, isInRepository);
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
