import { join } from 'node:path';
import type { GovernanceTls } from '../adapters/governance-grpc/options.ts';
import { prepareFolder } from '../adapters/system/data-folder.ts';
import { readConfigFile, readSecretFile } from '../adapters/system/files.ts';
import { loadLocal, loadSecrets } from '../config/load.ts';
import type { LocalConfig } from '../config/local.ts';
import { authoritySetAt } from '../domain/consensus/schedule.ts';
import { blockHeight } from '../primitives/ids.ts';
import type { ConsoleSource } from '../read-model/console-source.ts';
import { readBridgeArtefact, readNetwork, valueOf } from './network-files.ts';
import { createNodeHost } from './node-host.ts';

export interface FederationNodeOptions {
  /** The network file that every member holds alike. */
  readonly networkFile: string;
  /** This node's own settings. */
  readonly configFile: string;
  /** Holds `secrets.json` (mode 0600) and the node's store. */
  readonly dataDir: string;
  readonly version: string;
  readonly onFailure: (sentence: string) => void;
}

/**
 * A member's node on a real network, as its files say.
 * @throws ServiceError with one line that names the file, the field and what is allowed.
 */
export async function createFederationNode(options: FederationNodeOptions): Promise<ConsoleSource> {
  const dataDir = prepareFolder(options.dataDir);
  const network = readNetwork(options.networkFile);
  const local = valueOf(loadLocal({ source: options.configFile, text: readConfigFile(options.configFile) }, network));
  const secretsFile = join(dataDir, 'secrets.json');
  const secrets = valueOf(loadSecrets({ source: secretsFile, text: readSecretFile(secretsFile) }));
  const host = await createNodeHost({
    network,
    bridge: readBridgeArtefact(),
    local,
    secrets,
    governanceTls: tlsOf(local),
    storeFolder: prepareFolder(join(dataDir, 'store')),
    onFailure: options.onFailure,
  });
  try {
    await host.start();
  } catch (error) {
    await host.close();
    throw error;
  }
  return {
    nodeName: host.name,
    networkName: network.name,
    chainId: network.chainId,
    version: options.version,
    dataDir,
    publicConfig: { network, local },
    authorityNames: (height) => authoritySetAt(network.authorities, blockHeight(height)).map(({ name }) => name),
    node: () => host.node(),
    failure: () => host.failure(),
    controls: host.controls,
    devnet: null,
    close: () => host.close(),
  };
}

function tlsOf({ governance }: LocalConfig): GovernanceTls | null {
  if (governance.tls === null) return null;
  const { caFile, certificateFile, keyFile } = governance.tls;
  return { ca: readConfigFile(caFile), certificate: readConfigFile(certificateFile), key: readSecretFile(keyFile) };
}
