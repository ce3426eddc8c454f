import * as electron from 'electron';
import { fileURLToPath } from 'node:url';
import { machineRegistry } from '../../node-core/index.ts';
import { failureLine } from '../host/failure-line.ts';
import { hostUser } from '../host/host-user.ts';
import { checkNetwork, dataFolderOf, openSource } from '../host/open-source.ts';
import { type StartOptions, UsageError, parseOptions, usage } from '../host/options.ts';
import { runDesktopApp } from './desktop-app.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Packaged, the program's own arguments begin at once; started by `npm start`, after the path of the app. */
const args = process.argv.slice(electron.app.isPackaged ? 1 : 2);
let options: StartOptions | null = null;

runDesktopApp({
  electron,
  platform: process.platform,
  machines: machineRegistry,
  who: hostUser(),
  rendererDir: here('../../renderer'),
  preload: here('../preload/preload.cjs'),
  openSource: async () => {
    options = parseOptions(args);
    if (options === null) throw new UsageError(usage);
    checkNetwork(options);
    return openSource(options, (sentence) => process.stderr.write(`${sentence}\n`));
  },
  describe: (error) => failureLine(error, 0, options === null ? '' : dataFolderOf(options)) ?? String(error),
});
