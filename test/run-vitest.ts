import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs one of vitest's projects and prints what it said when it has ended; null without a result. `more` goes to vitest. */
export async function runVitest(project: string, report: string, more: readonly string[] = []): Promise<Counts | null> {
  const reporters = ['--reporter', 'default', '--reporter', 'json', '--outputFile', report];
  const options = ['run', '--config', 'test/vitest.config.ts', '--project', project, ...reporters];
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...options, ...more], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  await once(child, 'close');
  process.stdout.write(Buffer.concat(said));
  if (!existsSync(report)) return null;
  const result = JSON.parse(readFileSync(report, 'utf8')) as Record<
    'numPassedTests' | 'numFailedTests' | 'numPendingTests' | 'numTodoTests' | 'numFailedTestSuites',
    number
  > & { readonly success: boolean };
  // A file that fails to load has no failed test of its own; an error between tests fails the run alone.
  const { numFailedTests, numFailedTestSuites, success } = result;
  const failed = numFailedTests > 0 ? numFailedTests : Math.max(numFailedTestSuites, success ? 0 : 1);
  return { passed: result.numPassedTests, failed, skipped: result.numPendingTests + result.numTodoTests };
}
