import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { huntBug } from './bugs/hunt.ts';
import { plantedBugs } from './bugs/planted-bugs.ts';
import { optionsOf, type WorldOptions } from './world/options.ts';
import { simulate } from './world/simulation.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, ['test/simulation/simulate.ts', ...args], { cwd: root });

interface Trace {
  readonly title: string;
  readonly bug: string;
  readonly options: WorldOptions;
}
const traces = readdirSync(new URL('traces', import.meta.url)).map(
  (file) => JSON.parse(readFileSync(new URL(`traces/${file}`, import.meta.url), 'utf8')) as Trace,
);
const bugNamed = (id: string) => {
  const found = plantedBugs.find((bug) => bug.id === id);
  if (found === undefined) throw new Error(`there is no planted bug ${id}`);
  return found;
};

describe('a simulated federation of whole nodes', () => {
  it('turns deposits into mints and burns into deep payouts at all nodes when nothing goes wrong', async () => {
    const { violations, sometimes } = await simulate({ ...optionsOf(1), faults: [], slots: 60, deposits: 4, burns: 3 });
    expect(violations).toEqual([]);
    expect(sometimes.get('mint')).toBeGreaterThanOrEqual(3);
    expect(sometimes.get('payout')).toBeGreaterThanOrEqual(1);
  });

  it.each([2, 4, 8, 12])('keeps every invariant under the faults of seed %i, and heals (INV-28)', async (seed) => {
    expect((await simulate(optionsOf(seed))).violations).toEqual([]);
  });

  it.each(traces)('keeps its invariants where it once broke one: $title', async ({ options }) => {
    expect((await simulate(options)).violations).toEqual([]);
  });
});

describe('the simulator', () => {
  it('plays a seed the same way in two processes (INV-27)', async () => {
    const played = await Promise.all([run('--seed', '8', '--json'), run('--seed', '8', '--json')]);
    const [first, second] = played.map(({ stdout }) => (JSON.parse(stdout) as { traceHash: string }).traceHash);
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    expect(second).toBe(first);
  });

  it.each([
    ['--seed', 'x'],
    ['--seeds', '0'],
    ['--minutes', '-1'],
    ['--sed', '1'],
    ['--seed', '1', '--seeds', '2'],
  ])('ends with 2 and the allowed values for %s %s', async (...args) => {
    await expect(run(...args)).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('usage:'),
    });
  });

  it.each(plantedBugs)('plants $id where the product stands: $title', ({ patches }) => {
    for (const { file, from } of patches)
      expect(readFileSync(`${root}node-core/${file}`, 'utf8').split(from), `${file}: ${from}`).toHaveLength(2);
  });

  it.each([
    ['HOLE-3-twice', 'INV-2'],
    ['guard-late', 'INV-12'],
    ['quorum', 'INV-16'],
    ['one-sat', 'INV-8'],
  ])('catches %s by %s', async (id, invariant) => {
    const finding = await huntBug(bugNamed(id), { from: 1, seeds: 3, shareMs: Infinity });
    expect(finding.invariant).toBe(invariant);
  });
});
