import { accessSync, constants, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Counts, runVitest } from '../run-vitest.ts';

/**
 * `npm run test:peers`: runs the tests against real other software that is on PATH. The tests of a program are the files
 * `PROGRAM.test.ts` and `PROGRAM-….test.ts` beside this one. Ends with `N passed, N failed, N skipped`; exit 1 when a
 * test fails, or, with `PEERS_REQUIRED=1`, when a requirement is not met.
 */
/** Each is met by any one of its programs. */
const REQUIREMENTS = [
  { what: 'an Ethereum execution client', programs: ['geth'] },
  { what: 'a Bitcoin node', programs: ['bitcoind', 'btcd'] },
] as const;

function onPath(program: string): boolean {
  const names = process.platform === 'win32' ? [`${program}.exe`] : [program];
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) =>
    names.some((name) => {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }),
  );
}

const testFiles = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'));
const testsOf = (program: string): readonly string[] =>
  testFiles.filter((name) => name === `${program}.test.ts` || name.startsWith(`${program}-`));

const required = process.env['PEERS_REQUIRED'] === '1';
const selected: string[] = [];
let unmet = 0;
for (const { what, programs } of REQUIREMENTS) {
  let met = false;
  for (const program of programs) {
    const tests = testsOf(program);
    if (!onPath(program)) console.log(`skipped: ${program} is not on PATH`);
    else if (tests.length === 0) console.log(`skipped: ${program} is on PATH and has no tests yet`);
    else {
      selected.push(...tests);
      met = true;
    }
  }
  if (met) continue;
  unmet += 1;
  console.log(`unmet: ${what} (${programs.join(' or ')})`);
}

// What is required and isn't there has failed; else it was skipped.
const total: Counts = { passed: 0, failed: required ? unmet : 0, skipped: required ? 0 : unmet };
if (selected.length > 0) {
  const reports = mkdtempSync(join(tmpdir(), 'alys-peers-'));
  const files = selected.map((name) => `test/peers/${name}`);
  // One after another: programs that wait for each other's answers get the machine for themselves.
  const counts = await runVitest('peers', join(reports, 'peers.json'), ['--no-file-parallelism', ...files]);
  rmSync(reports, { recursive: true, force: true });
  total.passed += counts?.passed ?? 0;
  total.failed += counts?.failed ?? 1;
  total.skipped += counts?.skipped ?? 0;
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
