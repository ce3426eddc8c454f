import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

/** One project for each kind of test, so that a group can be run and reported by itself. */
const project = (name: string, testTimeout = 20_000) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`, `test/${name}/**/*.test.tsx`],
    testTimeout,
    hookTimeout: testTimeout,
  },
});

export default defineConfig({
  root,
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      project('unit', 60_000),
      project('conformance', 120_000),
      project('architecture', 60_000),
      project('flows', 180_000),
      project('simulation', 120_000),
      project('e2e', 180_000),
      project('electron', 120_000),
      // Needs other software on PATH: `npm run test:peers` runs its files one by one.
      project('peers', 120_000),
    ],
  },
});
