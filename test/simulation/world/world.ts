import { devnetParameters } from '../../../node-core/config/devnet-parameters.ts';
import type { Network } from '../../../node-core/config/network.ts';
import { defaultSupervision } from '../../../node-core/config/supervision-settings.ts';
import type { TreeArgs } from '../../../node-core/composition/supervision-tree.ts';
import { genesisBlock } from '../../../node-core/domain/consensus/genesis.ts';
import { networkHash } from '../../../node-core/domain/consensus/network-hash.ts';
import type { SignedBlock } from '../../../node-core/domain/consensus/types.ts';
import type { CrashPoint, KernelClock } from '../../../node-core/kernel/pump/pump.ts';
import { SimulationPump } from '../../../node-core/kernel/pump/simulation.ts';
import { seededRandom } from '../../../node-core/kernel/pump/seeded-random.ts';
import { evmAddress } from '../../../node-core/primitives/ids.ts';
import { Bitcoin } from './bitcoin/bitcoin.ts';
import { federationOutput } from './bitcoin/federation-output.ts';
import { BitcoinFaults, bitcoinPort } from './bitcoin/port.ts';
import { Client } from './execution/client.ts';
import { BRIDGE, Evm } from './execution/evm.ts';
import { Governance } from './governance/governance.ts';
import { memberOf } from './governance/members.ts';
import { type Keys, blsKeys, keyedKeys } from './keys.ts';
import { type NodeWorld, WorldNode } from './node/node.ts';
import { PeerNetwork, peerName } from './node/peers.ts';
import type { Observation, Observer } from './observation.ts';
import type { WorldOptions } from './options.ts';

const START_MS = 1_700_000_000_000;
const POLL_MS = 1000;
/** A simulated Bitcoin makes a block in seconds: what waits for one is tried again as soon. */
const BRIDGE_TIMING = { resubmitMs: 2000, maxDenialPauseMs: 20_000, bumpAfterBlocks: 2 };
/** A seed's chance for what happens around the nodes is apart from what the nodes draw and from the order of events. */
const WORLD_STREAM = 0x2545_f491;

/** What faults hook into the nodes; replaced by whoever injects them. */
export interface Hooks {
  actorCrash: (point: CrashPoint) => Error | undefined;
  atEffect: NodeWorld['atEffect'];
}

/** A federation of whole nodes in one virtual time, and the world around it. */
export class World {
  readonly options: WorldOptions;
  readonly pump: SimulationPump;
  readonly random: () => number;
  readonly network: Network;
  readonly networkHash: string;
  readonly keys: Keys;
  readonly genesis: SignedBlock;
  readonly evm = new Evm();
  readonly bitcoin: Bitcoin;
  readonly peers: PeerNetwork;
  readonly governance: Governance;
  readonly nodes: readonly WorldNode[];
  readonly observers: Observer[] = [];
  /** Output scripts of those who are to be paid, by their address. */
  readonly payees = new Map<string, string>();
  /** Roots of blocks and votes that were signed past the guard, by an authority that misbehaves. */
  readonly equivocations = new Set<string>();
  /** Resumes and ends of freezes by the operator, by node. */
  readonly operatorResumes = new Map<number, number>();
  readonly operatorResolves = new Map<number, number>();
  readonly hooks: Hooks = { actorCrash: () => undefined, atEffect: () => false };
  readonly #clocks = new Set<KernelClock>();
  #woken = false;
  #stopped = false;

  constructor(options: WorldOptions) {
    this.options = options;
    this.pump = new SimulationPump({ seed: options.seed, startMs: START_MS });
    this.pump.attach({
      clockUs: 0,
      readClock: () => {
        for (const clock of this.#clocks) clock.readClock();
        return 0;
      },
      closeSlice: () => undefined,
    });
    this.random = seededRandom(options.seed ^ WORLD_STREAM);
    this.keys = options.signatures === 'bls' ? blsKeys(options.nodes) : keyedKeys(options.nodes);
    const members = Array.from({ length: options.members }, (_, member) => member);
    this.network = this.#describe(members);
    this.networkHash = networkHash(this.network);
    this.genesis = genesisBlock(this.evm.genesis.payload);
    const observe: Observer = (observation) => this.observe(observation);
    const around = { pump: this.pump, random: this.random, observe };
    this.bitcoin = new Bitcoin(
      federationOutput(members.map((member) => memberOf(member).bitcoin.publicKey)),
      START_MS / 1000,
    );
    this.peers = new PeerNetwork(this.pump, this.random, observe);
    this.governance = new Governance(around, this.networkHash, this.bitcoin, members);
    const shared = this.#sharedBy(observe);
    this.nodes = Array.from(
      { length: options.nodes },
      (_, index) =>
        new WorldNode(shared, {
          index,
          client: new Client(this.evm),
          bitcoinFaults: new BitcoinFaults(),
          args: this.#argsOf(index),
          secretKey: (this.keys.authorities[index] as Keys['authorities'][number]).secretKey,
        }),
    );
  }

  observe(observation: Observation): void {
    for (const observer of this.observers) observer(observation);
  }

  get nowMs(): number {
    return this.pump.nowMs;
  }

  /** A whole number from 0 to `count` less 1. */
  below(count: number): number {
    return Math.floor(this.random() * count);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** `act` once in each of `times` moments, spread over the next `durationMs`. */
  sometime(times: number, durationMs: number, act: () => void): void {
    for (let i = 0; i < times; i++) this.pump.after(this.below(durationMs), act);
  }

  /** Ends `run` after the current event. */
  stop(): void {
    this.#stopped = true;
  }

  /** Lets virtual time pass, until `reached` at the latest; false when the world was stopped. */
  async run(durationMs: number, reached: () => boolean = () => false): Promise<boolean> {
    let over = false;
    const cancel = this.pump.after(durationMs, () => (over = true));
    while (!over && !this.#stopped && !reached()) {
      this.pump.step();
      if (!this.#woken) continue;
      this.#woken = false;
      // The signer awaits its guard: all that can run now runs before the next event.
      await new Promise((resolve) => setImmediate(resolve));
    }
    cancel();
    return !this.#stopped;
  }

  #describe(members: readonly number[]): Network {
    const { slotMs, depth } = this.options;
    return {
      ...devnetParameters,
      name: 'simulation',
      slotDurationMs: slotMs,
      genesisTimeMs: START_MS,
      bitcoin: { ...devnetParameters.bitcoin, depositConfirmations: depth },
      authorities: [
        {
          activationHeight: 0,
          members: this.keys.authorities.map(({ publicKey, proofOfPossession }, index) => ({
            name: `node-${index}`,
            blsPublicKey: publicKey,
            proofOfPossession,
            feeRecipient: `0x${'fe'.repeat(19)}${index.toString(16).padStart(2, '0')}`,
            peerId: peerName(index),
          })),
        },
      ],
      governance: [{ activationHeight: 0, epoch: 0, members: members.map(governanceMember) }],
    };
  }

  #argsOf(index: number): TreeArgs {
    const { network, networkHash: hash } = this;
    const local = {
      bitcoin: { url: 'http://127.0.0.1:1', pollMs: POLL_MS, requestTimeoutMs: 5000 },
      governance: { address: '127.0.0.1:1', requestTimeoutMs: 10_000, heartbeatMs: 10_000, tls: null },
      payoutCapSatsPerDay: '100000000000',
      supervision: defaultSupervision,
    };
    const names = Object.fromEntries(this.keys.authorities.map((_, of) => [peerName(of), `node-${of}`]));
    return {
      nodeName: `node-${index}`,
      supervision: defaultSupervision,
      chain: {
        network,
        networkHash: hash,
        scheme: this.keys.scheme,
        genesis: this.genesis,
        self: { publicKey: (this.keys.authorities[index] as Keys['authorities'][number]).publicKey },
        buildBudgetMs: Math.floor(network.slotDurationMs / 4),
      },
      engine: { bridgeAddress: evmAddress(BRIDGE) },
      bridge: { network, networkHash: hash, local, timing: BRIDGE_TIMING },
      network: { peerId: peerName(index), listen: [], names, slotDurationMs: network.slotDurationMs },
      stream: { network, networkHash: hash, local },
    };
  }

  #sharedBy(observe: Observer): NodeWorld {
    const { pump, random, bitcoin, hooks } = this;
    return {
      pump,
      clocks: this.#clocks,
      observe,
      random,
      slotMs: this.options.slotMs,
      networkHash: this.networkHash,
      signing: this.keys.signing,
      woke: () => (this.#woken = true),
      peersPort: (index) => this.peers.port(index),
      governancePort: (index) => this.governance.port(index),
      bitcoinPort: (index, faults) => bitcoinPort(bitcoin, faults, { node: index, random, observe }),
      gone: (index) => {
        this.peers.leave(index);
        this.governance.cut(index);
      },
      embeddedClients: this.options.clients === 'embedded',
      actorCrash: (point) => hooks.actorCrash(point),
      atEffect: (...effect) => hooks.atEffect(...effect),
    };
  }
}

export const governanceMember = (member: number): Network['governance'][number]['members'][number] => {
  const { bitcoin, identity } = memberOf(member);
  return { name: `member-${member}`, bitcoinKey: bitcoin.publicKey, identityKey: identity.publicKey };
};
