import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import {
  type ConsoleSource,
  createDevnet,
  createFederationNode,
  devnetConsoleSource,
  devnetParameters,
} from '../../node-core/index.ts';
import { defaultDataFolder, thisPlatform } from './data-folder.ts';
import { type StartOptions, UsageError } from './options.ts';

/** A Bitcoin block about as often as an Alys slot: each confirmation is seen, and none is waited for long. */
const MINING = { delayMs: 1500, intervalMs: 1500 };

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/** Refuses a network that is neither known nor a file, before anything is built or touched. */
export function checkNetwork({ network, configFile }: StartOptions): void {
  if (network !== 'devnet' && !existsSync(network)) {
    throw new UsageError(`unknown network ${network}: devnet, or the path of a network file`);
  }
  if (configFile !== null && !existsSync(configFile))
    throw new UsageError(`--config ${configFile}: there is no such file`);
}

export const dataFolderOf = ({ network, dataDir }: StartOptions): string =>
  dataDir ?? defaultDataFolder(basename(network).replace(/\.json$/, ''), thisPlatform());

/** Starts what the options name: the embedded devnet, or this member's node on a real network. */
export async function openSource(options: StartOptions, onFailure: (sentence: string) => void): Promise<ConsoleSource> {
  const dataDir = dataFolderOf(options);
  if (options.network !== 'devnet') {
    return createFederationNode({
      networkFile: options.network,
      configFile: options.configFile ?? '',
      dataDir,
      version,
      onFailure,
    });
  }
  const devnet = await createDevnet({
    dataDir,
    nodes: options.nodes,
    parameters: devnetParameters,
    rpcPort: options.mode === 'headless' ? options.port : 0,
    mining: MINING,
    onFailure,
  });
  return devnetConsoleSource(devnet, version);
}
