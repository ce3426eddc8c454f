import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type ConsoleSource, machineRegistry } from '../../node-core/index.ts';
import { startBrowserHost } from '../browser-host/browser-host.ts';
import { buildElectron, buildRenderer, rendererDir } from '../build.ts';
import { ConsoleServer } from '../ipc/console-server.ts';
import { electronExecutable, hasDisplay } from './electron-runtime.ts';
import { hostUser } from './host-user.ts';
import { checkNetwork, openSource } from './open-source.ts';
import { openBrowser } from './open-browser.ts';
import type { StartOptions } from './options.ts';

/** Where lines go: what other programs read, and what people read. */
export interface Printer {
  result(line: string): void;
  note(line: string): void;
}

const LOOPBACK = '127.0.0.1';
/** What takes a while says so before it does. */
const BUILDING = 'building the console, once…';

/** A node that failed is for its supervisor to start again, and not kept from it by what doesn't close. */
const FAILED_STOP_MS = 10_000;
const EXIT_FAILED = 1;

/** Runs once, whatever asks for it; a second signal doesn't wait. */
function onSignals(print: Printer, stop: () => Promise<void>): void {
  let stopping = false;
  const handle = (): void => {
    if (stopping) process.exit(130);
    stopping = true;
    print.note('stopping…');
    stop().then(
      () => process.exit(),
      (error: unknown) => {
        print.note(String(error));
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

async function runHeadless(options: StartOptions, print: Printer): Promise<void> {
  const failed = Promise.withResolvers<string>();
  const source = await openSource(options, failed.resolve);
  onSignals(print, () => source.close());
  print.result(describe(source));
  print.result(`node ready: ${source.node()?.rpcUrl ?? ''}`);
  void failed.promise.then(async (sentence) => {
    process.exitCode = EXIT_FAILED;
    print.note(sentence);
    setTimeout(() => process.exit(), FAILED_STOP_MS);
    await source.close().catch((error: unknown) => print.note(String(error)));
    process.exit();
  });
}

async function runBrowser(options: StartOptions, print: Printer): Promise<void> {
  await buildRenderer(() => print.note(BUILDING));
  const source = await openSource(options, (sentence) => print.note(sentence));
  const server = new ConsoleServer({ source, machines: machineRegistry, host: 'browser', who: hostUser() });
  try {
    const host = await startBrowserHost({ server, rendererDir, port: options.port });
    onSignals(print, async () => {
      await host.close();
      server.close();
      await source.close();
    });
    print.result(describe(source));
    print.result(`console ready: ${host.url}`);
    if (hasDisplay(process.platform, process.env)) openBrowser(host.url);
  } catch (error) {
    server.close();
    await source.close();
    throw error;
  }
}

async function runDesktop(executable: string, print: Printer): Promise<void> {
  await buildRenderer(() => print.note(BUILDING));
  await buildElectron();
  const app = fileURLToPath(new URL('../..', import.meta.url));
  const child = spawn(executable, [app, ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl C reaches both; the desktop app stops its node before it ends, and this waits for it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 0)));
}

/** Runs what was asked for; returns when it is ready. Rejects with what `failureLine` puts into words. */
export async function run(options: StartOptions, print: Printer): Promise<void> {
  checkNetwork(options);
  await checkPort(options.port);
  if (options.mode === 'headless') return runHeadless(options, print);
  if (options.mode === 'desktop') {
    const executable = electronExecutable();
    if (executable !== null && hasDisplay(process.platform, process.env)) return runDesktop(executable, print);
    print.note(
      executable === null
        ? 'Electron’s runtime is not installed (npx install-electron fetches it): serving the console to a browser'
        : 'there is no display: serving the console to a browser',
    );
  }
  return runBrowser(options, print);
}
