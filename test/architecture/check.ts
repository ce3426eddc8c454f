import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Fewer modules than this means that the tool did not see the project, and so checked nothing. */
const LEAST_MODULES = 60;

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = spawnSync(
  process.execPath,
  [
    'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
    '--config',
    'test/architecture/rules.cjs',
    '--output-type',
    'json',
    'node-core',
    'electron',
    'renderer',
  ],
  { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 },
);
if (!run.stdout) {
  console.error(run.stderr);
  process.exit(1);
}
interface Result {
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
  readonly modules: readonly { readonly source: string }[];
}
const result = JSON.parse(run.stdout) as Result;
const own = result.modules.filter(({ source }) => /^(node-core|electron|renderer)\/.*\.tsx?$/.test(source));
for (const { from, to, rule } of result.summary.violations) console.error(`${rule.name}: ${from} -> ${to}`);
console.log(`architecture: ${own.length} modules, ${result.summary.violations.length} violations`);
if (own.length < LEAST_MODULES) {
  console.error(`architecture: only ${own.length} modules seen, at least ${LEAST_MODULES} expected`);
  process.exit(1);
}
process.exit(result.summary.violations.length === 0 ? 0 : 1);
