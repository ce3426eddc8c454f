import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const text = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const manifest = JSON.parse(text('package.json')) as Record<
  'dependencies' | 'devDependencies' | 'optionalDependencies',
  Record<string, string>
>;

describe('the dependencies', () => {
  it('each have their reason in the README', () => {
    const reasons = text('README.md')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''));
    const named = (name: string): boolean =>
      reasons.some((reason) => reason === name || (reason.endsWith('/*') && name.startsWith(reason.slice(0, -1))));
    const all = Object.keys({
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.optionalDependencies,
    });
    expect(all.length).toBeGreaterThan(40);
    expect(all.filter((name) => !named(name))).toEqual([]);
  });

  it('are pinned to one version each', () => {
    const pinned = /^(?:npm:[a-z-]+@)?\d+\.\d+\.\d+$/;
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    const declared = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
    expect(declared.filter(([, version]) => !pinned.test(version))).toEqual([]);
  });

  it('come from the registry that the installer is set to: the lock file names no host', () => {
    expect(text('package-lock.json')).not.toContain('"resolved"');
  });
});
