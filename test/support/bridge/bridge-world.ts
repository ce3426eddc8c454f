import { bridgeActor } from '../../../node-core/actors/bridge/bridge-actor.ts';
import type { BridgeTiming } from '../../../node-core/actors/bridge/args.ts';
import { storageActor } from '../../../node-core/actors/storage/storage-actor.ts';
import { streamActor } from '../../../node-core/actors/stream/stream-actor.ts';
import { devnetParameters } from '../../../node-core/config/devnet-parameters.ts';
import type { Network } from '../../../node-core/config/network.ts';
import { defaultSupervision, type SupervisionSettings } from '../../../node-core/config/supervision-settings.ts';
import { actorPolicies } from '../../../node-core/config/supervision.ts';
import { type Federation, federationOf, threshold } from '../../../node-core/domain/federation/address.ts';
import { createActorSystem } from '../../../node-core/kernel/actor-system.ts';
import type { Behaviour, PortMap } from '../../../node-core/kernel/behaviour.ts';
import type { Message } from '../../../node-core/kernel/envelope.ts';
import { SimulationPump, type SimulationOptions } from '../../../node-core/kernel/pump/simulation.ts';
import type { RecordedLog, RecordedMessage } from '../../../node-core/kernel/record.ts';
import type { ActorSystem } from '../../../node-core/kernel/system.ts';
import type { BridgeView, OperationView, StreamView } from '../../../node-core/protocol/views.ts';
import { membersOf } from '../../unit/federation/members.ts';
import { FakeBitcoin, opReturn, transaction, txidOf } from './fake-bitcoin.ts';
import { FakeChain, chainStub, engineStub } from './fake-chain.ts';
import { FakeGovernance } from './fake-governance.ts';
import { MemoryStore } from './memory-store.ts';

export const NETWORK_HASH = 'ab'.repeat(32);
export const RECIPIENT = `0x${'a1'.repeat(20)}` as const;
/** P2WPKH on regtest. */
export const PAYEE = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
export const PAYEE_SCRIPT = '0014751e76e8199196d454941c45d1b3a323f1433bd6';
const POLL_MS = 300;

/** What a dead node's call comes to: no answer, ever. */
const DEAD = Object.assign(new Promise<never>(() => undefined), { open: () => () => undefined });

export interface WorldOptions {
  readonly seed?: number;
  readonly members?: number;
  readonly capSats?: string;
  /** Confirmations of a deposit; the devnet's when not given. */
  readonly depth?: number;
  readonly timing?: Partial<BridgeTiming>;
  readonly supervision?: SupervisionSettings;
  readonly crash?: SimulationOptions['crash'];
}

/** One node's BridgeActor, StreamActor and StorageActor in virtual time, between a Bitcoin, a governance and a chain of the test's. */
export class BridgeWorld {
  readonly pump: SimulationPump;
  readonly bitcoin = new FakeBitcoin();
  readonly store = new MemoryStore();
  readonly chain = new FakeChain();
  readonly governance: FakeGovernance;
  readonly federation: Federation;
  readonly network: Network;
  readonly messages: RecordedMessage[] = [];
  readonly logs: RecordedLog[] = [];
  system: ActorSystem;
  readonly #options: WorldOptions;
  #read: () => void = () => undefined;
  #salt = 1;
  #life = { alive: true };

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    const { seed = 1, members = 3, crash, depth = devnetParameters.bitcoin.depositConfirmations } = options;
    this.pump = new SimulationPump(crash === undefined ? { seed } : { seed, crash });
    const set = membersOf(members);
    this.federation = federationOf(set, threshold(members));
    this.governance = new FakeGovernance(this.pump, NETWORK_HASH, this.federation);
    this.network = {
      ...devnetParameters,
      slotDurationMs: 1000,
      genesisTimeMs: 0,
      bitcoin: { ...devnetParameters.bitcoin, depositConfirmations: depth },
      authorities: [],
      governance: [
        { activationHeight: 0, epoch: 0, members: set.map((member, i) => ({ name: `member-${i}`, ...member })) },
      ],
    } as unknown as Network;
    this.system = this.#start();
  }

  /** Ports that reach the world while this life of the node lasts. */
  #ports(life: { alive: boolean }): PortMap {
    const ports: Readonly<Record<string, object>> = {
      bitcoin: this.bitcoin.port,
      governance: this.governance.port,
      store: this.store.port,
    };
    return Object.fromEntries(
      Object.entries(ports).map(([name, port]) => [
        name,
        Object.fromEntries(
          Object.entries(port as Record<string, (...args: unknown[]) => unknown>).map(([method, run]) => [
            method,
            (...args: unknown[]) => (life.alive ? run(...args) : DEAD),
          ]),
        ),
      ]),
    );
  }

  #start(): ActorSystem {
    const life = { alive: true };
    this.#life = life;
    const { capSats = '100000000000', timing, supervision = defaultSupervision } = this.#options;
    const system = createActorSystem({
      ports: this.#ports(life),
      environment: this.pump.environment,
      pump: this.pump,
    });
    const reader = system.read('oldest');
    this.#read = () => {
      const { messages, logs } = reader.read(1_000_000);
      this.messages.push(...messages);
      this.logs.push(...logs);
    };
    const local = {
      bitcoin: { url: 'http://127.0.0.1:1', pollMs: POLL_MS, requestTimeoutMs: 5000 },
      governance: { address: '127.0.0.1:1', requestTimeoutMs: 10_000, heartbeatMs: 5000, tls: null },
      payoutCapSatsPerDay: capSats,
      supervision,
    };
    const { network, chain } = this;
    const args = { network, networkHash: NETWORK_HASH, local };
    const root: Behaviour<null, Message> = {
      name: 'SupervisorActor',
      ...actorPolicies.SupervisorActor,
      init: (_, ctx) => {
        ctx.spawn(storageActor, 'StorageActor', undefined);
        ctx.spawn(engineStub(chain), 'EngineActor', undefined);
        ctx.spawn(chainStub(chain, life), 'ChainActor', undefined);
        ctx.spawn(bridgeActor, 'BridgeActor', timing === undefined ? args : { ...args, timing });
        ctx.spawn(streamActor, 'StreamActor', args);
        return null;
      },
      receive: (state) => state,
    };
    system.start(root, undefined);
    return system;
  }

  /** The node dies at once, as by kill -9, and is started again on its disk: what it was about to do never happens. */
  restart(): void {
    this.#read();
    this.#life.alive = false;
    this.governance.cut();
    const dead = this.system;
    this.pump.after(0, () => void dead.stop());
    this.system = this.#start();
  }

  run(durationMs: number): void {
    this.pump.runFor(durationMs);
    this.#read();
  }

  until(reached: () => boolean, withinMs = 60_000): boolean {
    const done = this.pump.runUntil(reached, withinMs);
    this.#read();
    return done;
  }

  /** A deposit's transaction, in a block. Its first output pays the federation. */
  deposit(amountSats: bigint, recipient: string = RECIPIENT): { readonly raw: string; readonly outpoint: string } {
    const raw = transaction(
      [
        { script: this.federation.scriptPubKey, value: amountSats },
        { script: opReturn(recipient), value: 0n },
      ],
      [],
      this.#salt++,
    );
    this.bitcoin.mine([raw]);
    return { raw, outpoint: `${txidOf(raw)}:0` };
  }

  /** A deposit that is minted, so that there are coins to pay out and tokens to burn. */
  fund(amountSats: bigint): string {
    const { outpoint } = this.deposit(amountSats);
    this.bitcoin.mineEmpty(5);
    if (!this.until(() => this.chain.mints.has(outpoint))) throw new Error('the deposit was not minted');
    return outpoint;
  }

  /** What the operator sees; nothing while the actor is starting. */
  get bridge(): BridgeView | undefined {
    return this.system.view('BridgeActor') as BridgeView | undefined;
  }
  get stream(): StreamView | undefined {
    return this.system.view('StreamActor') as StreamView | undefined;
  }
  operation(id: string): OperationView | undefined {
    return this.bridge?.operations.find((operation) => operation.id === id);
  }

  tell(path: string, message: Message): void {
    this.system.inject(this.system.refOf<typeof message>(path), message, { from: 'Operator' });
  }

  /** `FROM -> TO: TYPE` of a story, in order of sending. */
  story(correlationId: string): string[] {
    this.#read();
    return this.messages
      .filter((message) => message.correlationId === correlationId)
      .sort((a, b) => a.seq - b.seq)
      .map(({ from, to, type }) => `${from.split('/')[0]} -> ${to.split('/')[0]}: ${type}`);
  }
}
