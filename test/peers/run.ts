import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `npm run test:peers`: runs the tests against real other software that is on PATH. The tests of a program are the files
 * `PROGRAM.test.ts` and `PROGRAM-….test.ts` beside this one. Exit 1 when a test fails, or, with `PEERS_REQUIRED=1`, when
 * a requirement is not met.
 */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

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

let failed = required && unmet > 0;
if (selected.length > 0) {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const files = selected.map((name) => `test/peers/${name}`);
  const options = ['run', '--config', 'test/vitest.config.ts', '--project', 'peers'];
  const child = spawn(process.execPath, [vitest, ...options, ...files], { cwd: ROOT, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  failed ||= code !== 0;
}
process.exitCode = failed ? 1 : 0;
