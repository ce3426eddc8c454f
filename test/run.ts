import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `npm test`: every group that this machine can run, each as vitest counts it, and a line for each that it can't.
 * Ends with `N passed, N failed, N skipped`; exit 0 only when nothing failed and no group came without a result.
 */

interface Group {
  readonly name: string;
  readonly what: string;
  /** Why this machine can't run the group; null when it can. */
  readonly obstacle: () => string | null;
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const CHROMIUM_PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const electronRuntime = join(
  root,
  'node_modules/electron/dist',
  process.platform === 'win32' ? 'electron.exe' : 'electron',
);

const groups: readonly Group[] = [
  { name: 'architecture', what: 'import rules and declared machines', obstacle: () => null },
  { name: 'unit', what: 'rooms one by one', obstacle: () => null },
  { name: 'conformance', what: 'each port: embedded and real adapters under one contract', obstacle: () => null },
  { name: 'flows', what: "the founding document's flows on a devnet", obstacle: () => null },
  { name: 'simulation', what: 'a federation in virtual time', obstacle: () => null },
  {
    name: 'e2e',
    what: 'the console in a browser',
    obstacle: () =>
      CHROMIUM_PATHS.some(existsSync)
        ? null
        : `no Chromium at ${CHROMIUM_PATHS.join(', ')}: install your system's chromium package`,
  },
  {
    name: 'electron',
    what: 'the desktop app in the real runtime',
    obstacle: () =>
      existsSync(electronRuntime)
        ? null
        : "Electron's runtime is not installed (node_modules/electron/dist is missing)",
  },
];

function runGroup(name: string, reports: string): Counts | null {
  const report = join(reports, `${name}.json`);
  spawnSync(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--config',
      'test/vitest.config.ts',
      '--project',
      name,
      '--reporter',
      'default',
      '--reporter',
      'json',
      '--outputFile',
      report,
    ],
    { cwd: root, stdio: 'inherit' },
  );
  if (!existsSync(report)) return null;
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites, success } = JSON.parse(
    readFileSync(report, 'utf8'),
  ) as {
    readonly numPassedTests: number;
    readonly numFailedTests: number;
    readonly numPendingTests: number;
    readonly numTodoTests: number;
    readonly numFailedTestSuites: number;
    readonly success: boolean;
  };
  // A file that fails to load has no failed test of its own; an error between tests fails the run alone.
  const failed = numFailedTests > 0 ? numFailedTests : Math.max(numFailedTestSuites, success ? 0 : 1);
  return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests };
}

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !groups.some((group) => group.name === name));
if (unknown.length > 0) {
  console.error(`unknown group ${unknown.join(', ')}: choose from ${groups.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const lines: string[] = [];
const reports = mkdtempSync(join(tmpdir(), 'alys-test-'));
for (const { name, what, obstacle } of groups) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const reason = obstacle();
  if (reason !== null) {
    total.skipped++;
    lines.push(`${name}: skipped (${what}): ${reason}`);
    continue;
  }
  const counts = runGroup(name, reports);
  if (counts === null || counts.passed + counts.failed === 0) {
    total.failed++;
    lines.push(`${name}: failed: the group ran no test`);
    continue;
  }
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  lines.push(`${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped (${what})`);
}
rmSync(reports, { recursive: true, force: true });
console.log(`\n${lines.join('\n')}\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);
