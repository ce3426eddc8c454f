import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isStale } from './host/staleness.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts: string[]): string => join(root, ...parts);

/** Started by their files' addresses and not imported: entries of their own, under the names that they have when built. */
const workers = [
  at('node-core', 'adapters', 'sqlite', 'worker.ts'),
  at('node-core', 'adapters', 'embedded-evm', 'senders', 'sender-thread.ts'),
];

const builtWorkerNames = {
  name: 'built-worker-names',
  transform: (code: string): string =>
    code.replace(/(new URL\(['"]\.\/[\w-]+)\.ts(['"], import\.meta\.url\))/g, '$1.js$2'),
};

/** Folder of the built renderer. */
export const rendererDir = at('dist', 'renderer');

/** Builds the renderer when it is missing or older than its sources; calls back before it does. */
export async function buildRenderer(onBuild: () => void = () => undefined): Promise<void> {
  const inputs = [at('renderer'), at('electron', 'contract'), at('assets', 'icons'), at('package-lock.json')];
  if (!isStale(join(rendererDir, 'index.html'), inputs)) return;
  onBuild();
  const config = at('renderer', 'vite.config.ts');
  // A process of its own: under a test's NODE_ENV the same build would be React's development one.
  const child = spawn(process.execPath, [at('node_modules', 'vite', 'bin', 'vite.js'), 'build', '--config', config], {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error('the renderer could not be built');
}

/**
 * Builds what Electron runs: the main process as modules in the same places as their sources (so that what they read
 * beside themselves is found beside them), and the preload script as the one CommonJS file that a sandbox takes.
 */
export async function buildElectron(): Promise<boolean> {
  const entry = at('dist', 'electron', 'main', 'main.js');
  if (!isStale(entry, [at('electron'), at('node-core'), at('assets'), at('proto'), at('package-lock.json')]))
    return false;
  const { build } = await import('vite');
  const common = { root, configFile: false as const, logLevel: 'warn' as const, publicDir: false as const };
  await build({
    ...common,
    plugins: [builtWorkerNames],
    build: {
      ssr: true,
      outDir: at('dist'),
      emptyOutDir: false,
      target: 'node24',
      minify: false,
      rolldownOptions: {
        input: [at('electron', 'main', 'main.ts'), ...workers],
        external: [/^[^./]/, /^electron$/],
        output: { format: 'es', preserveModules: true, preserveModulesRoot: root, entryFileNames: '[name].js' },
      },
    },
  });
  await build({
    ...common,
    build: {
      ssr: at('electron', 'preload', 'preload.ts'),
      outDir: at('dist', 'electron', 'preload'),
      emptyOutDir: false,
      target: 'node24',
      minify: false,
      rolldownOptions: { external: ['electron'], output: { format: 'cjs', entryFileNames: 'preload.cjs' } },
    },
  });
  for (const folder of ['assets', 'proto']) cpSync(at(folder), at('dist', folder), { recursive: true });
  cpSync(at('package.json'), at('dist', 'package.json'));
  return true;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await buildRenderer();
  await buildElectron();
}
