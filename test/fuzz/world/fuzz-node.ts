import { chainActor } from '../../../node-core/actors/chain/chain-actor.ts';
import { engineActor } from '../../../node-core/actors/engine/engine-actor.ts';
import { networkActor } from '../../../node-core/actors/network/network-actor.ts';
import { storageActor } from '../../../node-core/actors/storage/storage-actor.ts';
import { syncActor } from '../../../node-core/actors/sync/sync-actor.ts';
import { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import {
  DEFAULT_EXECUTION_CONFIG,
  type ExecutionConfig,
} from '../../../node-core/adapters/embedded-evm/execution-config.ts';
import { type EthRpcServer, startEthRpcServer } from '../../../node-core/adapters/eth-rpc/server.ts';
import { createPeerEvents } from '../../../node-core/adapters/libp2p/events.ts';
import { readGossip, topicsOf } from '../../../node-core/adapters/libp2p/topics.ts';
import { systemEnvironment } from '../../../node-core/adapters/system/environment.ts';
import { openNodeStore } from '../../../node-core/composition/create-node.ts';
import { nodeStatus } from '../../../node-core/composition/node-status.ts';
import { isBridgeCall } from '../../../node-core/composition/user-transactions.ts';
import type { Network } from '../../../node-core/config/network.ts';
import { actorPolicies } from '../../../node-core/config/supervision.ts';
import { genesisBlock } from '../../../node-core/domain/consensus/genesis.ts';
import { screenBlock, screenVote } from '../../../node-core/domain/consensus/screen.ts';
import type { BlsPublicKey, PeerStatus, SignedBlock, Vote } from '../../../node-core/domain/consensus/types.ts';
import { createActorSystem } from '../../../node-core/kernel/actor-system.ts';
import type { Behaviour } from '../../../node-core/kernel/behaviour.ts';
import { ProductionPump } from '../../../node-core/kernel/pump/production.ts';
import type { RecordedLog } from '../../../node-core/kernel/record.ts';
import type { ActorSystem } from '../../../node-core/kernel/system.ts';
import { type Checked, ServiceError } from '../../../node-core/primitives/errors.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import { evmAddress, slot } from '../../../node-core/primitives/ids.ts';
import type { PeerEvent, PeersPort } from '../../../node-core/ports/peers.ts';
import type { ChainMessage } from '../../../node-core/protocol/chain.ts';
import type { EngineMessage, TransactionAccepted, TransactionRefused } from '../../../node-core/protocol/engine.ts';
import type { ChainView } from '../../../node-core/protocol/views.ts';
import { acceptingBridge } from '../../support/chain-federation.ts';
import { BRIDGE } from '../../support/evm-chain.ts';
import type { Keys, SchemeName } from './keys.ts';
import { AUTHORITIES, fuzzNetwork, NETWORK_HASH, OWN_INDEX, SLOT_MS } from './network.ts';
import { createFuzzSigner } from './signer.ts';
import { until } from './until.ts';

/** The node under test: real actors, store, engine and wallet server; its clock stands where the test puts it. */
export interface FuzzNode {
  readonly evm: EmbeddedEvm;
  readonly system: ActorSystem;
  readonly rpc: EthRpcServer;
  readonly genesis: SignedBlock;
  readonly network: Network;
  /** What it sent to its peers. */
  readonly published: { readonly blocks: SignedBlock[]; readonly votes: Vote[] };
  /** Why it could not go on; null while it can. */
  failure(): string | null;
  view(): ChainView;
  /** The clock stands at the slot's first tenth; ChainActor hears of it. */
  enterSlot(number: number): void;
  /** What the real topic validator makes of gossiped bytes; what it takes goes to NetworkActor. */
  gossip(kind: 'blocks' | 'votes' | 'transactions', data: Uint8Array, peer?: string): Checked<PeerEvent>;
  /** Past every check of the transport: what NetworkActor would hand on. */
  hand(event: PeerEvent): void;
  submit(raw: Hex): Promise<TransactionAccepted | TransactionRefused>;
  /** Log lines since the last call. */
  logs(): readonly RecordedLog[];
  stop(): Promise<void>;
}

const ASK_TIMEOUT_MS = 20_000;
const topics = topicsOf(NETWORK_HASH);
/** So that its bounds are met. */
const SMALL_POOL: ExecutionConfig = {
  ...DEFAULT_EXECUTION_CONFIG,
  pool: { ...DEFAULT_EXECUTION_CONFIG.pool, maxTransactions: 80, maxPerAccount: 16 },
};

export async function startFuzzNode(
  keys: Keys,
  schemeName: SchemeName,
  folder: string,
  honestStatus: () => PeerStatus,
): Promise<FuzzNode> {
  let failure: string | null = null;
  let nowMs = 0;
  const network = fuzzNetwork(keys);
  const store = await openNodeStore(folder, (error) => {
    failure = error.message;
  });
  const evm = await EmbeddedEvm.create({ network, bridge: BRIDGE, state: store.reader, config: SMALL_POOL });
  const genesis = genesisBlock(await evm.genesis());
  const published: FuzzNode['published'] = { blocks: [], votes: [] };
  const events = createPeerEvents();
  const peers = peersPort(published, () => events.source, honestStatus);
  const system = createActorSystem({
    ports: { store: store.port, execution: evm, peers, signer: createFuzzSigner(keys, schemeName, store.guard) },
    environment: { ...systemEnvironment, nowMs: () => nowMs },
    pump: new ProductionPump(),
    onTerminalFailure: ({ path, reason }) => {
      failure = `${path}: ${reason}`;
    },
  });
  const publicKey = network.authorities[0]?.members[OWN_INDEX]?.blsPublicKey ?? '';
  const root: Behaviour<null, { readonly type: 'Nothing' }, undefined> = {
    name: 'SupervisorActor',
    ...actorPolicies.SupervisorActor,
    init: (_, ctx) => {
      ctx.spawn(storageActor, 'StorageActor', undefined);
      ctx.spawn(engineActor, 'EngineActor', { bridgeAddress: evmAddress(network.bridge.address) });
      ctx.spawn(chainActor, 'ChainActor', {
        network,
        networkHash: NETWORK_HASH,
        scheme: keys.scheme,
        genesis,
        self: { publicKey: publicKey as BlsPublicKey },
        buildBudgetMs: 1000,
      });
      ctx.spawn(acceptingBridge, 'BridgeActor', undefined);
      ctx.spawn(syncActor, 'SyncActor', undefined);
      ctx.spawn(networkActor, 'NetworkActor', {
        peerId: `peer-${OWN_INDEX}`,
        listen: [],
        names: {},
        slotDurationMs: SLOT_MS,
      });
      return null;
    },
    receive: (state) => state,
  };
  system.start(root, undefined);
  for (let peer = 1; peer < AUTHORITIES; peer++)
    events.emit({ kind: 'connected', peer: `peer-${peer}`, address: '', direction: 'inbound' });
  const engine = system.refOf<EngineMessage>('EngineActor');
  const submit = (raw: Hex): Promise<TransactionAccepted | TransactionRefused> =>
    system.ask(
      engine,
      { type: isBridgeCall(raw, network.bridge.address) ? 'BurnTransaction' : 'SubmitTransaction', raw },
      { from: 'User', timeoutMs: ASK_TIMEOUT_MS },
    );
  const rpc = await startEthRpcServer({
    host: '127.0.0.1',
    port: 0,
    api: evm,
    node: nodeStatus(system),
    submit: async (raw) => {
      const answer = await submit(raw);
      if (answer.type === 'TransactionAccepted') return answer.evmTxHash;
      const { rpcCode, rpcMessage } = answer;
      throw new ServiceError('TRANSACTION_REFUSED', rpcMessage, { rpcCode, rpcMessage });
    },
  });
  await until('ChainActor begins', () => system.view('ChainActor') !== undefined);
  const screening = { schedule: network.authorities, scheme: keys.scheme, networkHash: NETWORK_HASH };
  const reader = system.read('now');
  return {
    evm,
    system,
    rpc,
    genesis,
    network,
    published,
    failure: () => failure,
    view: () => system.view('ChainActor') as ChainView,
    enterSlot(number) {
      nowMs = number * SLOT_MS + SLOT_MS / 10;
      system.inject(
        system.refOf<ChainMessage>('ChainActor'),
        { type: 'SlotTick', slot: slot(number) },
        { from: 'AuraTimer', correlationId: `slot:${number}` },
      );
    },
    gossip(kind, data, peer = 'peer-1') {
      const screen = {
        block: (block: SignedBlock) => screenBlock(block, screening),
        vote: (vote: Vote) => screenVote(vote, screening),
      };
      const read = readGossip(topics, screen, topics[kind], data, peer);
      if (read.ok) events.emit(read.value);
      return read;
    },
    hand: (event) => {
      events.emit(event);
    },
    submit,
    logs: () => reader.read(0).logs,
    async stop() {
      await rpc.close();
      await system.stop();
      await store.close();
    },
  };
}

/** Peers that are always there and take everything. */
function peersPort(
  published: FuzzNode['published'],
  events: PeersPort['events'],
  honestStatus: () => PeerStatus,
): PeersPort {
  const done = (): Promise<void> => Promise.resolve();
  const recipients = Promise.resolve({ recipients: AUTHORITIES - 1 });
  return {
    events,
    publishBlock(signedBlock) {
      published.blocks.push(signedBlock);
      return recipients;
    },
    publishVote(vote) {
      published.votes.push(vote);
      return recipients;
    },
    publishTransaction: () => recipients,
    requestStatus: () => Promise.resolve(honestStatus()),
    requestBlocks: () => Promise.resolve([]),
    answerStatus: done,
    answerBlocks: done,
    disconnect: done,
  };
}
