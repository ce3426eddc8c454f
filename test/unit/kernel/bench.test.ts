import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const bench = fileURLToPath(new URL('../../bench/bench.ts', import.meta.url));

describe('npm run bench', () => {
  it('refuses what is no suite, with the allowed values, and prints nothing to standard output', () => {
    for (const args of [['nonsense'], ['kernel', '--fast'], ['--json', 'out.json', 'nonsense']]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [bench, ...args], { encoding: 'utf8' });
      expect(status).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toContain('allowed: kernel');
    }
  });
});
