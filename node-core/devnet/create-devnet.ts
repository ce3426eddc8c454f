import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseBridgeArtefact } from '../adapters/embedded-evm/bridge-artefact.ts';
import { prepareFolder } from '../adapters/system/data-folder.ts';
import { createNodeHost, type NodeHost, type NodeHostOptions } from '../composition/node-host.ts';
import type { NetworkParameters } from '../config/devnet-parameters.ts';
import type { LocalConfig } from '../config/local.ts';
import { defaultSupervision } from '../config/supervision-settings.ts';
import type { Network } from '../config/network.ts';
import { networkHash } from '../domain/consensus/network-hash.ts';
import { bitcoinNetworkOf, federationAddress, federationAtEpoch } from '../domain/federation/address.ts';
import { assert } from '../primitives/assert.ts';
import { ServiceError } from '../primitives/errors.ts';
import { epoch } from '../primitives/ids.ts';
import { sats } from '../primitives/units.ts';
import type { NodePorts } from '../ports/node-ports.ts';
import { type RegtestServer, startRegtestServer } from './bitcoin/server.ts';
import { DevnetWallet } from './bitcoin/wallet/devnet-wallet.ts';
import { freePorts } from './free-ports.ts';
import { startGovernance, type Governance } from './governance/server.ts';
import { type DevnetIdentity, devnetIdentity } from './identity.ts';
import { UserAccount } from './user-account.ts';

export interface DevnetOptions {
  /** Everything the devnet keeps is below it; made when it isn't there. */
  readonly dataDir: string;
  /** 1 to 15; 3 on the embedded devnet. */
  readonly nodes: number;
  readonly parameters: NetworkParameters;
  /** The first node's wallet endpoint; 0 takes any free port. The others take any. */
  readonly rpcPort: number;
  /** Bitcoin blocks by themselves when something waits; null mines on demand alone. */
  readonly mining: { readonly delayMs: number; readonly intervalMs: number } | null;
  /** What executes a node's blocks, asked once for each node before it starts; the embedded EVM everywhere without it. */
  readonly execution?: (nodeIndex: number, network: Network) => Promise<LocalConfig['execution']>;
  /** How many of the nodes start now; the rest can be started later through their hosts. */
  readonly startNodes?: number;
  readonly onFailure: (sentence: string) => void;
  /** Other code for the threads of the nodes' stores: how tests make their disks fail. */
  readonly storeWorkerUrl?: URL;
  /** Wraps a node's ports: how tests inject faults. */
  readonly wrapPorts?: (ports: NodePorts, nodeIndex: number) => NodePorts;
}

export interface Devnet {
  readonly identity: DevnetIdentity;
  readonly bitcoin: RegtestServer;
  readonly governance: Governance;
  readonly hosts: readonly NodeHost[];
  readonly federationAddress: string;
  /** The user whose deposits and burns the console's buttons make. */
  readonly user: { readonly bitcoin: DevnetWallet; readonly account: UserAccount };
  readonly minerAddress: string;
  readonly dataDir: string;
  setLinks(links: 'cut' | 'joined'): Promise<void>;
  links(): 'cut' | 'joined';
  close(): Promise<void>;
}

const RPC_USER = 'alys';
const MEMBERS = 3;
/** Enough for many deposits from the first block on. */
const USER_FUNDS_SATS = sats(1_000_000_000n);
const BITCOIN_POLL_MS = 250;
const ARTEFACT = new URL('../../assets/contracts/Bridge.json', import.meta.url);

/**
 * A whole federation in one process: a regtest Bitcoin node, governance's members, and nodes with their own databases,
 * keys and ports that meet through libp2p alone.
 */
export async function createDevnet(options: DevnetOptions): Promise<Devnet> {
  const { dataDir, parameters } = options;
  prepareFolder(dataDir);
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    // The first node's store locks its folder: a second devnet on the same data folder ends before it touches anything.
    const nodeFolders = Array.from({ length: options.nodes }, (_, i) => prepareFolder(join(dataDir, `node-${i + 1}`)));
    const identity = await devnetIdentity(dataDir, { nodes: options.nodes, members: MEMBERS, parameters });
    const { network } = identity;
    const bitcoin = await startRegtestServer({
      dataDir: prepareFolder(join(dataDir, 'bitcoin')),
      rpcUser: RPC_USER,
      rpcPassword: identity.rpcPassword,
    });
    closers.push(() => bitcoin.close());
    const access = { url: bitcoin.url, rpcUser: RPC_USER, rpcPassword: identity.rpcPassword };
    const userWallet = new DevnetWallet({ ...access, seed: identity.userSeed });
    await userWallet.fund(USER_FUNDS_SATS);
    const minerAddress = new DevnetWallet({ ...access, seed: identity.minerSeed }).address;
    if (options.mining !== null) {
      const confirmations = network.bitcoin.depositConfirmations + network.bitcoin.proposerExtraConfirmations;
      bitcoin.mineAutomatically({
        address: minerAddress,
        confirmingBlocks: confirmations,
        // What was waiting for confirmations when the devnet ended gets them now.
        firstBlocks: confirmations,
        ...options.mining,
      });
    }

    const federation = federationAtEpoch(network.governance, epoch(0));
    assert(federation !== null, 'a devnet has a federation of epoch 0');
    const address = federationAddress(federation.federation, bitcoinNetworkOf(network.bitcoin.network));
    const evmRpcUrls: string[] = [];
    const governance = await startGovernance({
      dataDir: prepareFolder(join(dataDir, 'governance')),
      members: identity.members,
      networkHash: networkHash(network),
      network,
      bitcoinRpc: { url: bitcoin.url, user: RPC_USER, password: identity.rpcPassword },
      evmRpcUrls,
    });
    closers.push(() => governance.close());

    const hosts: NodeHost[] = [];
    let links: 'cut' | 'joined' = 'joined';
    const reach = (host: NodeHost): void => host.running()?.peers.setReachable(() => links === 'joined');
    const bridge = parseBridgeArtefact(JSON.parse(readFileSync(ARTEFACT, 'utf8')));
    const listenPorts = await freePorts(options.nodes);
    const bootstrapOf = (self: number): string[] =>
      listenPorts.flatMap((port, i) =>
        i === self ? [] : [`/ip4/127.0.0.1/tcp/${port}/p2p/${network.authorities[0]?.members[i]?.peerId ?? ''}`],
      );
    for (const [i, node] of identity.nodes.entries()) {
      const local: LocalConfig = {
        nodeName: node.name,
        bitcoin: { url: bitcoin.url, pollMs: BITCOIN_POLL_MS, requestTimeoutMs: 10_000 },
        governance: { address: governance.address, requestTimeoutMs: 60_000, heartbeatMs: 30_000, tls: null },
        network: { listen: [`/ip4/127.0.0.1/tcp/${listenPorts[i] ?? 0}`], bootstrap: bootstrapOf(i) },
        execution: (await options.execution?.(i, network)) ?? { kind: 'embedded' },
        rpc: { host: '127.0.0.1', port: i === 0 ? options.rpcPort : 0, allowedOrigins: [], allowedHosts: [] },
        telemetry: { prometheusPort: null, otlpUrl: null },
        supervision: defaultSupervision,
        payoutCapSatsPerDay: network.bridge.maxPegOutSats,
      };
      const { wrapPorts } = options;
      const hostOptions: NodeHostOptions = {
        network,
        bridge,
        local,
        secrets: {
          blsSecretKey: node.blsSecretKey,
          peerPrivateKey: node.peerPrivateKey,
          bitcoinRpc: { user: RPC_USER, password: identity.rpcPassword },
          governanceToken: null,
        },
        governanceTls: null,
        storeFolder: nodeFolders[i] ?? dataDir,
        ...(options.storeWorkerUrl && { storeWorkerUrl: options.storeWorkerUrl }),
        onFailure: (sentence) => {
          options.onFailure(`${node.name}: ${sentence}`);
        },
        onStarted: (running) => {
          evmRpcUrls[i] = running.rpcUrl;
          running.peers.setReachable(() => links === 'joined');
        },
        ...(wrapPorts === undefined ? {} : { wrapPorts: (ports: NodePorts) => wrapPorts(ports, i) }),
      };
      const host = await createNodeHost(hostOptions);
      hosts.push(host);
      closers.push(() => host.close());
    }
    for (const host of hosts.slice(0, options.startNodes ?? hosts.length)) await host.start();

    const first = hosts[0];
    assert(first !== undefined, 'a devnet has a node');
    return {
      identity,
      bitcoin,
      governance,
      hosts,
      federationAddress: address,
      user: {
        bitcoin: userWallet,
        account: new UserAccount(identity.userEvmSecret, network, () => {
          const running = first.running();
          if (running === null) throw new ServiceError('NODE_STOPPED', 'the node is stopped: start it first');
          return running.rpcUrl;
        }),
      },
      minerAddress,
      dataDir,
      async setLinks(next) {
        links = next;
        for (const host of hosts) reach(host);
      },
      links: () => links,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
