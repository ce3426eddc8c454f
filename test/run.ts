import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Counts, runVitest } from './run-vitest.ts';

/**
 * `npm test`: every group that this machine can run, each as vitest counts it, and a line for each that it can't.
 * Ends with `N passed, N failed, N skipped`; exit 0 only when nothing failed and no group came without a result.
 */

interface Group {
  readonly name: string;
  readonly what: string;
  readonly lane: 'computes' | 'waits';
  /** Why this machine can't run the group; null when it can. */
  readonly obstacle: () => string | null;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const CHROMIUM_PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const electronRuntime = join(
  root,
  'node_modules/electron/dist',
  process.platform === 'win32' ? 'electron.exe' : 'electron',
);

const groups: readonly Group[] = [
  { name: 'architecture', what: 'import rules and declared machines', lane: 'computes', obstacle: () => null },
  { name: 'unit', what: 'rooms one by one', lane: 'computes', obstacle: () => null },
  {
    name: 'conformance',
    what: 'each port: embedded and real adapters under one contract',
    lane: 'computes',
    obstacle: () => null,
  },
  { name: 'flows', what: "the founding document's flows on a devnet", lane: 'waits', obstacle: () => null },
  { name: 'simulation', what: 'a federation in virtual time', lane: 'computes', obstacle: () => null },
  {
    name: 'e2e',
    what: 'the console in a browser',
    lane: 'waits',
    obstacle: () =>
      CHROMIUM_PATHS.some(existsSync)
        ? null
        : `no Chromium at ${CHROMIUM_PATHS.join(', ')}: install your system's chromium package`,
  },
  {
    name: 'electron',
    what: 'the desktop app in the real runtime',
    lane: 'waits',
    obstacle: () =>
      existsSync(electronRuntime)
        ? null
        : "Electron's runtime is not installed (node_modules/electron/dist is missing)",
  },
];

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !groups.some((group) => group.name === name));
if (unknown.length > 0) {
  console.error(`unknown group ${unknown.join(', ')}: choose from ${groups.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const lines = new Map<string, string>();
const reports = mkdtempSync(join(tmpdir(), 'alys-test-'));

async function run({ name, what, obstacle }: Group): Promise<void> {
  const reason = obstacle();
  if (reason !== null) {
    total.skipped++;
    lines.set(name, `${name}: skipped (${what}): ${reason}`);
    return;
  }
  const counts = await runVitest(name, join(reports, `${name}.json`));
  if (counts === null || counts.passed + counts.failed === 0) {
    total.failed++;
    lines.set(name, `${name}: failed: the group ran no test`);
    return;
  }
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  const { passed, failed, skipped } = counts;
  lines.set(name, `${name}: ${passed} passed, ${failed} failed, ${skipped} skipped (${what})`);
}

/** One lane computes, the other mostly waits for slots to pass: side by side they take little longer than one. */
async function runLane(lane: Group['lane']): Promise<void> {
  for (const group of groups) {
    if (group.lane === lane && (chosen.length === 0 || chosen.includes(group.name))) await run(group);
  }
}
await Promise.all([runLane('computes'), runLane('waits')]);
rmSync(reports, { recursive: true, force: true });
const summary = groups.flatMap(({ name }) => lines.get(name) ?? []);
console.log(`\n${summary.join('\n')}\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);
