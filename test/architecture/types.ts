import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Each room is checked with the types it may see: the pure rooms without Node or DOM, the renderer without Node. */
const projects = [
  'node-core/tsconfig.pure.json',
  'node-core/tsconfig.json',
  'electron/tsconfig.json',
  'renderer/tsconfig.json',
  'test/tsconfig.json',
];
const root = fileURLToPath(new URL('../..', import.meta.url));
let failed = false;
for (const project of projects) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['node_modules/@typescript/native/bin/tsc', '--project', project],
    { cwd: root, encoding: 'utf8' },
  );
  process.stdout.write(stdout + stderr);
  if (status !== 0) failed = true;
}
process.exit(failed ? 1 : 0);
