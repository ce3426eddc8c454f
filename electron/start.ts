import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type ConsoleSource, machineRegistry } from '../node-core/index.ts';
import { startBrowserHost } from './browser-host/browser-host.ts';
import { buildElectron, buildRenderer, rendererDir } from './build.ts';
import { electronExecutable, hasDisplay } from './host/electron-runtime.ts';
import { failureLine } from './host/failure-line.ts';
import { checkNetwork, dataFolderOf, openSource } from './host/open-source.ts';
import { openBrowser } from './host/open-browser.ts';
import { type StartOptions, parseOptions, usage } from './host/options.ts';
import { ConsoleServer } from './ipc/console-server.ts';

/** A wrong argument, or something that the operator can mend. */
const EXIT_REFUSED = 2;
const LOOPBACK = '127.0.0.1';

/** Runs once, whatever asks for it; a second signal doesn't wait. */
function onSignals(stop: () => Promise<void>): void {
  let stopping = false;
  const handle = (): void => {
    if (stopping) process.exit(130);
    stopping = true;
    console.error('stopping…');
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, handle);
}

const describe = (source: ConsoleSource): string =>
  `${source.nodeName} on ${source.networkName} (chain ${source.chainId}), wallet endpoint ${source.node()?.rpcUrl ?? 'stopped'}`;

/** Fails now rather than after a network was started for nothing. */
async function checkPort(port: number): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(port, LOOPBACK, resolve);
  });
  await new Promise((resolve) => probe.close(resolve));
}

async function runHeadless(options: StartOptions): Promise<void> {
  const source = await openSource(options, (sentence) => console.error(sentence));
  onSignals(() => source.close());
  console.log(describe(source));
  console.log(`node ready: ${source.node()?.rpcUrl ?? ''}`);
}

async function runBrowser(options: StartOptions): Promise<void> {
  if (await buildRenderer()) console.error('built the console');
  const source = await openSource(options, (sentence) => console.error(sentence));
  const server = new ConsoleServer({ source, machines: machineRegistry, host: 'browser', who: userInfo().username });
  try {
    const host = await startBrowserHost({ server, rendererDir, port: options.port });
    onSignals(async () => {
      await host.close();
      server.close();
      await source.close();
    });
    console.log(describe(source));
    console.log(`console ready: ${host.url}`);
    if (hasDisplay(process.platform, process.env)) openBrowser(host.url);
  } catch (error) {
    server.close();
    await source.close();
    throw error;
  }
}

async function runDesktop(executable: string): Promise<void> {
  await buildRenderer();
  await buildElectron();
  const app = fileURLToPath(new URL('..', import.meta.url));
  const child = spawn(executable, [app, ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl C reaches both; the desktop app stops its node before it ends, and this waits for it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 0)));
}

async function run(options: StartOptions): Promise<void> {
  checkNetwork(options);
  await checkPort(options.port);
  if (options.mode === 'headless') return runHeadless(options);
  if (options.mode === 'desktop') {
    const executable = electronExecutable();
    if (executable !== null && hasDisplay(process.platform, process.env)) return runDesktop(executable);
    console.error(
      executable === null
        ? 'Electron’s runtime is not installed (npx install-electron fetches it): serving the console to a browser'
        : 'there is no display: serving the console to a browser',
    );
  }
  return runBrowser(options);
}

let options: StartOptions | null = null;
try {
  options = parseOptions(process.argv.slice(2));
  if (options === null) console.log(usage);
  else await run(options);
} catch (error) {
  const line = failureLine(error, options?.port ?? 0, options === null ? '' : dataFolderOf(options));
  console.error(line ?? error);
  process.exit(line === null ? 1 : EXIT_REFUSED);
}
