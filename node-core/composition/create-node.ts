import type { BridgeArtefact } from '../adapters/embedded-evm/bridge-artefact.ts';
import { EmbeddedEvm } from '../adapters/embedded-evm/embedded-evm.ts';
import { ExternalEngine } from '../adapters/engine-api/external-engine.ts';
import { createBitcoinRpc } from '../adapters/bitcoin-rpc/create-bitcoin-rpc.ts';
import { startEthRpcServer } from '../adapters/eth-rpc/server.ts';
import { createGovernanceClient } from '../adapters/governance-grpc/client.ts';
import { defaultGovernanceLimits, type GovernanceTls } from '../adapters/governance-grpc/options.ts';
import { createLibp2pPeers, type Libp2pPeers } from '../adapters/libp2p/create-peers.ts';
import { createSigner } from '../adapters/signer/signer.ts';
import { isWholeEntry } from '../adapters/embedded-evm/state/node-store.ts';
import { openStore, type Store } from '../adapters/sqlite/open-store.ts';
import { systemEnvironment } from '../adapters/system/environment.ts';
import { readSecretFile } from '../adapters/system/files.ts';
import type { LocalConfig, Secrets } from '../config/local.ts';
import type { Network } from '../config/network.ts';
import { blsPublicKey, createBlsScheme } from '../domain/consensus/bls.ts';
import { decodeSignedBlock, encodeSignedBlock } from '../domain/consensus/encoding.ts';
import { genesisBlock } from '../domain/consensus/genesis.ts';
import { networkFieldHashes, networkHash } from '../domain/consensus/network-hash.ts';
import { verifyPossession } from '../domain/consensus/possession.ts';
import { screenBlock, screenVote } from '../domain/consensus/screen.ts';
import type { ExecutionPayload } from '../domain/consensus/types.ts';
import { createActorSystem } from '../kernel/actor-system.ts';
import { ProductionPump } from '../kernel/pump/production.ts';
import type { ActorSystem } from '../kernel/system.ts';
import { type AlysError, LogicError, ServiceError } from '../primitives/errors.ts';
import { type Hex, hexToBytes } from '../primitives/hex.ts';
import { evmAddress } from '../primitives/ids.ts';
import type { EthApiPort } from '../ports/eth-api.ts';
import type { ExecutionPort } from '../ports/execution.ts';
import type { NodePorts } from '../ports/node-ports.ts';
import { actorRef } from '../protocol/actors.ts';
import { nodeStatus } from './node-status.ts';
import { startAuraTimer } from './aura-timer.ts';
import { rootOf } from './supervision-tree.ts';
import { isBridgeCall } from './user-transactions.ts';

export interface NodeOptions {
  readonly network: Network;
  readonly bridge: BridgeArtefact;
  readonly local: LocalConfig;
  readonly secrets: Secrets;
  readonly governanceTls: GovernanceTls | null;
  readonly store: Store;
  /** The node can't go on: its supervision gave up. */
  readonly onTerminalFailure: (reason: string) => void;
  /** Wraps the ports before the actors see them: how tests inject faults. */
  readonly wrapPorts?: (ports: NodePorts) => NodePorts;
}

/** A running node. */
export interface RunningNode {
  readonly name: string;
  readonly system: ActorSystem;
  readonly peers: Libp2pPeers;
  readonly rpcUrl: string;
  readonly networkHash: string;
  stop(): Promise<void>;
}

/** What building a payload may take of a slot, so that signing, gossip and votes fit in as well. */
const BUILD_SHARE = 0.25;
const SUBMIT_TIMEOUT_MS = 10_000;
/** Codes of an execution client that doesn't answer. */
const AWAY: ReadonlySet<string> = new Set(['ENGINE_UNAVAILABLE', 'ENGINE_TIMEOUT']);

/** Opens the node's database in its folder; a damaged or failing disk ends in `onFatal`. */
export const openNodeStore = (folder: string, onFatal: (error: AlysError) => void, workerUrl?: URL): Promise<Store> =>
  openStore({
    folder,
    onFatal,
    isWholeEntry,
    ...(workerUrl && { workerUrl }),
    encodeBlock: encodeSignedBlock,
    decodeBlock: (data) => {
      const decoded = decodeSignedBlock(data);
      if (!decoded.ok)
        throw new ServiceError('STORE_CORRUPT', `a stored block can't be decoded: ${decoded.refusal.reason}`);
      return decoded.value;
    },
  });

/**
 * One federation node, put together: adapters behind ports, then the tree of actors, then what drives it from outside.
 * Everything that is started here is stopped by `stop`, in reverse.
 */
export async function createNode(options: NodeOptions): Promise<RunningNode> {
  const { network, bridge, local, secrets, store } = options;
  const hash = networkHash(network);
  const scheme = createBlsScheme();
  for (const { members } of network.authorities) {
    const proved = verifyPossession(members, scheme);
    if (!proved.ok) throw new ServiceError(proved.refusal.code, proved.refusal.reason);
  }
  // Of all heights: one that leaves is still to be synced from, and one that joins has to be in step before.
  const authorities = network.authorities.flatMap(({ members }) => members);
  const publicKey = secrets.blsSecretKey === null ? null : blsPublicKey(secrets.blsSecretKey as Hex);
  if (publicKey !== null && !authorities.some((authority) => authority.blsPublicKey === publicKey)) {
    throw new ServiceError(
      'NOT_AN_AUTHORITY',
      "this node's BLS key is not among the network's authorities: check the key file or the network file",
    );
  }

  const embedded = await EmbeddedEvm.create({ network, bridge, state: store.reader });
  const genesisPayload = await embedded.genesis();
  const execution = executionOf(local, embedded, genesisPayload);
  await refuseStranger(execution);
  const genesis = genesisBlock(genesisPayload);
  const stops: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    // Gossip is passed on before it is validated in full: what no authority signed stops here.
    const screening = { schedule: network.authorities, scheme, networkHash: hash };
    const peers = await createLibp2pPeers({
      privateKey: secrets.peerPrivateKey,
      listen: local.network.listen,
      bootstrap: local.network.bootstrap,
      allowedPeers: [...new Set(authorities.map(({ peerId }) => peerId))],
      networkHash: hash,
      networkFields: networkFieldHashes(network),
      screen: { block: (block) => screenBlock(block, screening), vote: (vote) => screenVote(vote, screening) },
    });
    stops.push(() => peers.stop());
    const governance = createGovernanceClient({
      address: local.governance.address,
      tls: options.governanceTls,
      token: secrets.governanceToken,
      nodeName: local.nodeName,
      networkHash: hash,
      limits: defaultGovernanceLimits,
    });
    stops.push(() => {
      governance.close();
    });
    const ports: NodePorts = {
      bitcoin: createBitcoinRpc({
        url: local.bitcoin.url,
        ...secrets.bitcoinRpc,
        requestTimeoutMs: local.bitcoin.requestTimeoutMs,
      }),
      execution,
      governance,
      peers,
      signer: signerOf(secrets, hash, store),
      store: store.port,
    };
    const system = createActorSystem({
      ports: options.wrapPorts === undefined ? ports : options.wrapPorts(ports),
      environment: systemEnvironment,
      pump: new ProductionPump(),
      onTerminalFailure: (failure) => {
        options.onTerminalFailure(`${failure.path}: ${failure.reason}`);
      },
    });
    system.start(rootOf(local.supervision), {
      nodeName: local.nodeName,
      supervision: local.supervision,
      chain: {
        network,
        networkHash: hash,
        scheme,
        genesis,
        self: publicKey === null ? null : { publicKey },
        buildBudgetMs: Math.floor(network.slotDurationMs * BUILD_SHARE),
      },
      engine: { bridgeAddress: evmAddress(network.bridge.address) },
      bridge: { network, networkHash: hash, local },
      network: {
        peerId: peers.peerId,
        listen: peers.listenAddresses(),
        names: Object.fromEntries(authorities.map(({ peerId, name }) => [peerId, name])),
        slotDurationMs: network.slotDurationMs,
      },
      stream: { network, networkHash: hash, local },
    });
    stops.push(() => system.stop());
    stops.push(startAuraTimer(system, network.slotDurationMs, systemEnvironment));

    const engine = actorRef(system, 'EngineActor');
    stops.push(
      embedded.onGivenUp((evmTxHash, reason) => {
        const story = { from: 'ExecutionClient', correlationId: `tx:${evmTxHash}` };
        system.inject(engine, { type: 'TransactionGivenUp', evmTxHash, reason }, story);
      }),
    );
    const rpc = await startEthRpcServer({
      ...local.rpc,
      api: execution,
      node: nodeStatus(system),
      submit: async (raw, evmTxHash) => {
        const type = isBridgeCall(raw, network.bridge.address) ? 'BurnTransaction' : 'SubmitTransaction';
        const answer = await system.ask(
          engine,
          { type, raw },
          { from: 'User', correlationId: `tx:${evmTxHash}`, timeoutMs: SUBMIT_TIMEOUT_MS },
        );
        if (answer.type === 'TransactionAccepted') return answer.evmTxHash;
        const { rpcCode, rpcMessage } = answer;
        throw new ServiceError('TRANSACTION_REFUSED', rpcMessage, { rpcCode, rpcMessage });
      },
    });
    stops.push(() => rpc.close());
    return { name: local.nodeName, system, peers, rpcUrl: rpc.url, networkHash: hash, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The embedded EVM, or the client beside the node that the settings name. */
function executionOf(
  { execution }: LocalConfig,
  embedded: EmbeddedEvm,
  genesis: ExecutionPayload,
): ExecutionPort & EthApiPort {
  if (execution.kind === 'embedded') return embedded;
  const { engineUrl, rpcUrl, jwtSecretFile, timeoutMs } = execution;
  const secret = readSecretFile(jwtSecretFile).trim();
  if (!/^(?:0x)?[0-9a-fA-F]{64}$/.test(secret))
    throw new ServiceError('JWT_SECRET', `${jwtSecretFile} is not 32 bytes of hex`);
  return new ExternalEngine({ engineUrl, rpcUrl, jwtSecret: hexToBytes(secret), timeoutMs, genesis });
}

/**
 * Ends the start on a client that stands on another genesis. One that isn't there yet is no reason not to start:
 * EngineActor waits for it and asks it again.
 */
async function refuseStranger(execution: ExecutionPort): Promise<void> {
  try {
    await execution.genesis();
  } catch (error) {
    if (error instanceof ServiceError && AWAY.has(error.code)) return;
    throw error;
  }
}

function signerOf(secrets: Secrets, hash: string, store: Store): NodePorts['signer'] {
  if (secrets.blsSecretKey !== null)
    return createSigner({ secretKey: secrets.blsSecretKey as Hex, networkHash: hash, guard: store.guard });
  const refuse = (): Promise<never> => Promise.reject(new LogicError('NO_KEY', 'an observer signs nothing'));
  return { record: refuse, disarmed: refuse, rearm: refuse, signBlock: refuse, signVote: refuse };
}
