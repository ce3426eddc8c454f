import { createSigner, type Signing } from '../../../../node-core/adapters/signer/signer.ts';
import { supervisorActor, type TreeArgs } from '../../../../node-core/composition/supervision-tree.ts';
import { slotAt } from '../../../../node-core/domain/consensus/schedule.ts';
import { createActorSystem } from '../../../../node-core/kernel/actor-system.ts';
import type { Message } from '../../../../node-core/kernel/envelope.ts';
import type { CrashPoint, KernelClock } from '../../../../node-core/kernel/pump/pump.ts';
import type { SimulationPump } from '../../../../node-core/kernel/pump/simulation.ts';
import type { ActorSystem } from '../../../../node-core/kernel/system.ts';
import type { Hex } from '../../../../node-core/primitives/hex.ts';
import type { ChainMessage } from '../../../../node-core/protocol/chain.ts';
import type { BridgeView, ChainView, EngineView, StreamView } from '../../../../node-core/protocol/views.ts';
import type { BitcoinFaults } from '../bitcoin/port.ts';
import type { Client } from '../execution/client.ts';
import type { Observer } from '../observation.ts';
import { type DiskContent, Disk } from './disk.ts';
import { guardStore } from './guard.ts';
import { NodePump } from './node-pump.ts';
import { type AtEffect, portsOfLife } from './ports.ts';
import { storePort } from './store-port.ts';

/** What every node of a federation has of the world. */
export interface NodeWorld {
  readonly pump: SimulationPump;
  readonly clocks: Set<KernelClock>;
  readonly observe: Observer;
  readonly random: () => number;
  readonly slotMs: number;
  readonly networkHash: string;
  readonly signing: Signing;
  /** Code that awaits a promise may run before the next event. */
  readonly woke: () => void;
  readonly peersPort: (index: number) => object;
  readonly governancePort: (index: number) => object;
  readonly bitcoinPort: (index: number, faults: BitcoinFaults) => object;
  /** The node is gone: the world's ends of its connections close. */
  readonly gone: (index: number) => void;
  readonly embeddedClients: boolean;
  readonly actorCrash: (point: CrashPoint) => Error | undefined;
  readonly atEffect: (index: number, ...effect: Parameters<AtEffect>) => boolean;
}

/** So that a thousand systems fit in memory: the hash of the trace is what a simulation keeps. */
const LIMITS = {
  recordEntries: 1024,
  payloads: 16,
  paths: 4096,
  correlations: 4096,
  logLines: 512,
  lifecycleEntries: 256,
};

/** One whole node: the supervision tree that ships, on simulated ports, over as many lives as it takes. */
export class WorldNode {
  readonly index: number;
  readonly disk: Disk;
  readonly client: Client;
  readonly bitcoinFaults: BitcoinFaults;
  /** How far its clock is ahead, ms. */
  clockAheadMs = 0;
  system: ActorSystem | null = null;
  readonly #world: NodeWorld;
  readonly #args: TreeArgs;
  readonly #secretKey: Hex;
  #pump: NodePump | null = null;

  constructor(
    world: NodeWorld,
    own: {
      readonly index: number;
      readonly client: Client;
      readonly bitcoinFaults: BitcoinFaults;
      readonly args: TreeArgs;
      readonly secretKey: Hex;
    },
  ) {
    this.#world = world;
    this.index = own.index;
    this.client = own.client;
    this.bitcoinFaults = own.bitcoinFaults;
    this.#args = own.args;
    this.#secretKey = own.secretKey;
    // The host ends a node whose disk fails to sync, at once.
    this.disk = new Disk(world.pump, () => world.pump.after(0, () => this.kill()));
  }

  get alive(): boolean {
    return this.system !== null;
  }

  get nowMs(): number {
    return this.#world.pump.nowMs + this.clockAheadMs;
  }

  start(): void {
    const world = this.#world;
    const life = { alive: true };
    const { content } = this.disk;
    if (world.embeddedClients)
      this.client.keepOnly([...content.blocks.values()].map(({ signedBlock }) => signedBlock.block.payload.blockHash));
    const pump = new NodePump(world.pump, world.clocks, life, world.actorCrash);
    this.#pump = pump;
    const system = createActorSystem({
      ports: this.#ports(life),
      environment: { ...world.pump.environment, nowMs: () => this.nowMs },
      pump,
      limits: LIMITS,
    });
    this.system = system;
    world.observe({ kind: 'started', node: this.index, disarmed: content.disarmed });
    system.start(supervisorActor, this.#args);
    const tick = (): void => {
      if (!life.alive) return;
      const slot = slotAt(this.nowMs, world.slotMs);
      this.tell('ChainActor', { type: 'SlotTick', slot } as ChainMessage, 'AuraTimer', `slot:${slot}`);
      world.pump.after(world.slotMs - (this.nowMs % world.slotMs), tick);
    };
    world.pump.after(world.slotMs - (this.nowMs % world.slotMs), tick);
  }

  /** Power off: what is not on the disk is gone, messages on the way included. */
  kill(): void {
    if (this.system === null) return;
    this.system = null;
    this.#pump?.kill();
    this.disk.losePower(this.#world.random);
    this.#world.gone(this.index);
    this.#world.observe({ kind: 'died', node: this.index });
  }

  restore(backup: DiskContent): void {
    this.kill();
    this.disk.restore(backup);
  }

  tell(path: string, message: Message, from: string, correlationId?: string): void {
    const { system } = this;
    if (system === null) return;
    system.inject(
      system.refOf<typeof message>(path),
      message,
      correlationId === undefined ? { from } : { from, correlationId },
    );
  }

  /** What the operator sees; undefined while the actor doesn't run. */
  get chain(): ChainView | undefined {
    return this.system?.view('ChainActor') as ChainView | undefined;
  }
  get bridge(): BridgeView | undefined {
    return this.system?.view('BridgeActor') as BridgeView | undefined;
  }
  get stream(): StreamView | undefined {
    return this.system?.view('StreamActor') as StreamView | undefined;
  }
  get engine(): EngineView | undefined {
    return this.system?.view('EngineActor') as EngineView | undefined;
  }

  #ports(life: { readonly alive: boolean }): object {
    const { index, disk } = this;
    const { signing, networkHash, observe, woke, atEffect } = this.#world;
    const guard = guardStore(disk, () => life.alive, woke);
    const signer = createSigner({ secretKey: this.#secretKey, networkHash, guard, signing });
    const out = (what: 'block' | 'vote', slot: number, root: string, justifiedSlot: number | null): void => {
      const durable = disk.content.guard;
      if (life.alive) observe({ kind: 'signed', node: index, what, slot, root, justifiedSlot, durable });
    };
    const signerPort = {
      ...signer,
      signBlock: async (request: Parameters<typeof signer.signBlock>[0]) => {
        observe({ kind: 'signatureRequested', node: index, what: 'block' });
        const signature = await signer.signBlock(request);
        out('block', request.slot, request.root, null);
        return signature;
      },
      signVote: async (request: Parameters<typeof signer.signVote>[0]) => {
        observe({ kind: 'signatureRequested', node: index, what: 'vote' });
        const vote = await signer.signVote(request);
        out('vote', request.slot, request.root, request.justifiedSlot);
        return vote;
      },
      rearm: async (request: Parameters<typeof signer.rearm>[0]) => {
        const record = await signer.rearm(request);
        observe({ kind: 'rearmed', node: index, floor: request.floor });
        return record;
      },
    };
    const ports = {
      bitcoin: this.#world.bitcoinPort(index, this.bitcoinFaults),
      execution: this.client.port,
      governance: this.#world.governancePort(index),
      peers: this.#world.peersPort(index),
      signer: withWaking(signerPort, woke),
      store: storePort(disk, index, observe),
    };
    return portsOfLife(life, ports as never, (...effect) => atEffect(index, ...effect));
  }
}

/** A call of the signer begins code that awaits. */
function withWaking(methods: object, woke: () => void): object {
  return Object.fromEntries(
    Object.entries(methods as Record<string, (...args: unknown[]) => unknown>).map(([name, run]) => [
      name,
      (...args: unknown[]) => {
        woke();
        return run(...args);
      },
    ]),
  );
}
