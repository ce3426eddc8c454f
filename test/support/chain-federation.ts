import { chainActor, type ChainArgs } from '../../node-core/actors/chain/chain-actor.ts';
import { engineActor } from '../../node-core/actors/engine/engine-actor.ts';
import { networkActor } from '../../node-core/actors/network/network-actor.ts';
import { storageActor } from '../../node-core/actors/storage/storage-actor.ts';
import { syncActor } from '../../node-core/actors/sync/sync-actor.ts';
import { actorPolicies } from '../../node-core/config/supervision.ts';
import { devnetParameters } from '../../node-core/config/devnet-parameters.ts';
import type { AuthorityMember, Network } from '../../node-core/config/network.ts';
import { NO_AUTHORITIES, withAuthority } from '../../node-core/domain/consensus/authority-set.ts';
import { blockRootOf } from '../../node-core/domain/consensus/encoding.ts';
import { genesisBlock } from '../../node-core/domain/consensus/genesis.ts';
import { slotAt, timestampOfSlot } from '../../node-core/domain/consensus/schedule.ts';
import { blockSigningRoot, prevRandaoOf, voteSigningRoot } from '../../node-core/domain/consensus/signing.ts';
import type {
  AuthoritySet,
  Block,
  EquivocationEvidence,
  PegOutEntry,
  QuorumCertificate,
  SignedBlock,
  Vote,
} from '../../node-core/domain/consensus/types.ts';
import { withdrawalFor } from '../../node-core/domain/consensus/validate.ts';
import { afterProposal, afterVote, EMPTY_GUARD, mayPropose, mayVote } from '../../node-core/domain/consensus/voting.ts';
import { createActorSystem } from '../../node-core/kernel/actor-system.ts';
import type { Behaviour, Source } from '../../node-core/kernel/behaviour.ts';
import type { Pump } from '../../node-core/kernel/pump/pump.ts';
import type { ReplyTo } from '../../node-core/kernel/ref.ts';
import { answerAfter, failAfter, SimulationPump } from '../../node-core/kernel/pump/simulation.ts';
import type { ActorSystem } from '../../node-core/kernel/system.ts';
import { NetworkError, ServiceError } from '../../node-core/primitives/errors.ts';
import {
  authorityIndex,
  blockHeight,
  type BlockRoot,
  evmAddress,
  evmBlockHash,
  type Slot,
} from '../../node-core/primitives/ids.ts';
import type { Hex } from '../../node-core/primitives/hex.ts';
import { bytesToHex } from '../../node-core/primitives/hex.ts';
import type { PeerEvent, PeerStatus } from '../../node-core/ports/peers.ts';
import type { GuardRecord } from '../../node-core/ports/signer.ts';
import type { BlockRecord, BlockWrite, ChainPointers } from '../../node-core/ports/store.ts';
import type { BridgeMessage } from '../../node-core/protocol/bridge.ts';
import type { PegValidationResult } from '../../node-core/protocol/peg-validation.ts';
import type { ChainMessage, EmergencyHaltRequest, HaltApplied, ResumeRequest } from '../../node-core/protocol/chain.ts';
import type { ChainView } from '../../node-core/protocol/views.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { emptyPayload } from './consensus-world.ts';
import { FakeClient } from './fake-client.ts';
import { createKeyedScheme, type KeyedScheme } from './keyed-scheme.ts';

/** What a node's disk keeps over a crash. */
interface Disk {
  readonly blocks: Map<BlockRoot, BlockRecord>;
  pointers: ChainPointers | null;
  guard: GuardRecord;
  /** It was restored from a backup. */
  disarmed: boolean;
  /** The code with which every read fails; null while reads work. */
  broken: string | null;
  /** No value can be written. */
  full: boolean;
  readonly values: Map<string, string>;
  readonly evidence: EquivocationEvidence[];
}

interface SimulatedNode {
  readonly index: number;
  readonly disk: Disk;
  /** In another process: it survives the node's crashes. */
  readonly client: FakeClient;
  system: ActorSystem | null;
  emit: ((event: PeerEvent) => void) | null;
  /** Counts this node's lives: what an earlier one was to be told is lost. */
  life: number;
}

export interface Signature {
  readonly node: number;
  readonly kind: 'block' | 'vote';
  readonly slot: Slot;
  readonly root: BlockRoot;
}

const SLOT_MS = 1000;
export const NETWORK_HASH = 'ab'.repeat(32);

const hashOf = (...parts: readonly unknown[]): Hex =>
  bytesToHex(
    sha256(utf8ToBytes(JSON.stringify(parts, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)))),
  );

/** A pump for one of several systems that share a virtual time: each has a clock of its own to keep. */
function shared(pump: SimulationPump, clocks: { readClock(): number }[]): Pump {
  return new Proxy(pump, {
    get(target, property) {
      if (property === 'attach') return (clock: { readClock(): number }) => clocks.push(clock);
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
}

/**
 * A federation of real Chain-, Engine-, Storage-, Network- and SyncActors in one virtual time, on simulated disks, links
 * and execution. The simulation owns crashes, partitions and delays; it keeps what was signed and what became final.
 */
export class ChainFederation {
  readonly pump: SimulationPump;
  readonly nodes: SimulatedNode[];
  readonly signatures: Signature[] = [];
  /** Final root by height, as the first node that finalized it saw it. */
  readonly final = new Map<number, BlockRoot>();
  readonly conflicts: string[] = [];
  /** Nodes whom no gossiped block reaches. */
  readonly deafToBlocks = new Set<number>();
  /** Nodes to whom no peer gives the blocks that they lack. */
  readonly unserved = new Set<number>();
  /** What each bridge takes to answer, and whether it accepts what it is asked. */
  bridgeDelayMs = 0;
  bridgeAccepts = true;
  /** What a node's bridge would propose; nothing where nothing is said. */
  readonly bridgePegOuts = new Map<number, readonly PegOutEntry[]>();
  readonly #clocks: { readClock(): number }[] = [];
  readonly #scheme: KeyedScheme = createKeyedScheme();
  readonly #network: Network;
  readonly #genesis: SignedBlock;
  /** Groups of nodes that reach each other; null when all do. */
  #partition: readonly (readonly number[])[] | null = null;

  /** `schedule` says which of the members are authorities from which height on; all of them from genesis when left out. */
  constructor(
    seed: number,
    size: number,
    schedule: (members: readonly AuthorityMember[]) => Network['authorities'] = (members) => [
      { activationHeight: 0, members: [...members] },
    ],
  ) {
    this.pump = new SimulationPump({ seed });
    this.pump.attach({
      clockUs: 0,
      readClock: () => {
        for (const clock of this.#clocks) clock.readClock();
        return 0;
      },
    } as never);
    const members = Array.from({ length: size }, (_, i) => {
      const { secretKey, publicKey } = this.#scheme.keyPair(i);
      return {
        name: `node-${i}`,
        blsPublicKey: publicKey,
        proofOfPossession: this.#scheme.proofOfPossession(secretKey),
        feeRecipient: `0x${'0'.repeat(38)}${(i + 16).toString(16)}`,
        peerId: `peer-${i}`,
      };
    });
    this.#network = {
      ...devnetParameters,
      slotDurationMs: SLOT_MS,
      genesisTimeMs: 0,
      authorities: schedule(members),
      governance: [],
    };
    this.#genesis = genesisBlock(emptyPayload());
    this.nodes = Array.from({ length: size }, (_, index) => ({
      index,
      disk: {
        blocks: new Map(),
        pointers: null,
        guard: EMPTY_GUARD,
        disarmed: false,
        broken: null,
        full: false,
        values: new Map(),
        evidence: [],
      },
      client: new FakeClient(this.#genesis.block.payload),
      system: null,
      emit: null,
      life: 0,
    }));
    const tick = (): void => {
      const slot = slotAt(this.pump.nowMs, SLOT_MS);
      for (const { system } of this.nodes) {
        system?.inject(
          system.refOf<ChainMessage>('ChainActor'),
          { type: 'SlotTick', slot },
          { from: 'AuraTimer', correlationId: `slot:${slot}` },
        );
      }
      this.pump.after(SLOT_MS - (this.pump.nowMs % SLOT_MS), tick);
    };
    this.pump.after(SLOT_MS - (this.pump.nowMs % SLOT_MS), tick);
  }

  view(index: number): ChainView | undefined {
    return this.nodes[index]?.system?.view('ChainActor') as ChainView | undefined;
  }

  /** Asks a node's ChainActor, as the operator or governance's link would; the answer comes while slots pass. */
  askChain(index: number, request: EmergencyHaltRequest | ResumeRequest): Promise<HaltApplied> {
    const { system } = this.#node(index);
    if (system === null) throw new Error(`node ${index} is down`);
    return system.ask(system.refOf<ChainMessage>('ChainActor'), request, {
      from: 'Operator',
      timeoutMs: 20_000,
    });
  }

  /** Clean votes of authorities who do what the test wants, and the certificate that they make. */
  forgeVotes(
    voters: readonly number[],
    blockRoot: BlockRoot,
    slot: Slot,
  ): { votes: Vote[]; certificate: QuorumCertificate } {
    const votes = voters.map((voter): Vote => {
      const message = voteSigningRoot(NETWORK_HASH, blockRoot, slot, true);
      const signature = this.#scheme.sign(this.#scheme.keyPair(voter).secretKey, message);
      return { blockRoot, slot, clean: true, authority: authorityIndex(voter), signature };
    });
    const cleanVoters = voters.reduce<AuthoritySet>(
      (set, voter) => withAuthority(set, authorityIndex(voter)),
      NO_AUTHORITIES,
    );
    const signature = this.#scheme.aggregate(votes.map((vote) => vote.signature));
    return { votes, certificate: { blockRoot, slot, cleanVoters, otherVoters: NO_AUTHORITIES, signature } };
  }

  /**
   * A block on `certificate`, else on node `at`'s highest, signed by authority `signer` for its place in `slot`, whether or
   * not that is its turn. Different `salt`s make different blocks. What it mints and pays out, `contents` says.
   */
  forge(
    at: number,
    signer: number,
    slot: Slot,
    salt: string,
    certificate = this.#node(at).disk.pointers?.highCertificate,
    { pegIns = [], pegOuts = [] }: Partial<Pick<Block, 'pegIns' | 'pegOuts'>> = {},
  ): SignedBlock {
    const { disk } = this.#node(at);
    const record = certificate === undefined ? undefined : disk.blocks.get(certificate.blockRoot);
    if (certificate === undefined || record === undefined) throw new Error('the node has no certified block');
    const parent = record.signedBlock.block;
    const { secretKey } = this.#scheme.keyPair(signer);
    const block: Block = {
      parentRoot: certificate.blockRoot,
      slot,
      height: blockHeight(parent.height + 1),
      proposer: authorityIndex(signer),
      payload: emptyPayload({
        parentHash: parent.payload.blockHash,
        timestampS: timestampOfSlot(slot, SLOT_MS),
        prevRandao: prevRandaoOf(certificate.blockRoot, slot),
        feeRecipient: evmAddress(this.#network.authorities[0]?.members[signer]?.feeRecipient ?? ''),
        blockNumber: blockHeight(parent.height + 1),
        blockHash: evmBlockHash(hashOf(certificate.blockRoot, slot, salt)),
        withdrawals: pegIns.map((pegIn, i) => withdrawalFor(pegIn, record.totals.mintCount + BigInt(i))),
      }),
      pegIns,
      pegOuts,
      federationUpdates: [],
      certificate,
    };
    return { block, signature: this.#scheme.sign(secretKey, blockSigningRoot(NETWORK_HASH, blockRootOf(block), slot)) };
  }

  /** Hands a block to every living node, as a peer's gossip would. */
  spread(from: number, signedBlock: SignedBlock): void {
    for (const { index, emit } of this.nodes)
      if (index !== from) emit?.({ kind: 'block', peer: `peer-${from}`, signedBlock });
  }

  /** Hands votes to every living node, as a peer's gossip would. */
  spreadVotes(from: number, votes: readonly Vote[]): void {
    for (const { index, emit } of this.nodes)
      for (const vote of votes) if (index !== from) emit?.({ kind: 'vote', peer: `peer-${from}`, vote });
  }

  /** Lets so many slots pass, watching finality after each. */
  runSlots(count: number): void {
    for (let i = 0; i < count; i++) {
      this.pump.runFor(SLOT_MS);
      this.#watchFinality();
    }
  }

  #watchFinality(): void {
    for (const { index } of this.nodes) {
      for (const { height, root, finalized } of this.view(index)?.recentBlocks ?? []) {
        if (!finalized) continue;
        const known = this.final.get(height);
        if (known === undefined) this.final.set(height, root as BlockRoot);
        else if (known !== root) this.conflicts.push(`height ${height}: ${known} and ${root} at node ${index}`);
      }
    }
  }

  /** Nodes reach each other only inside their group; null joins all. */
  partition(groups: readonly (readonly number[])[] | null): void {
    this.#partition = groups;
    for (const a of this.nodes) for (const b of this.nodes) if (a.index < b.index) this.#relink(a, b);
  }

  #relink(a: SimulatedNode, b: SimulatedNode): void {
    const kind = this.#reach(a.index, b.index) ? 'connected' : 'disconnected';
    const event = (peer: number): PeerEvent =>
      kind === 'connected'
        ? { kind, peer: `peer-${peer}`, address: '', direction: 'inbound' }
        : { kind, peer: `peer-${peer}` };
    a.emit?.(event(b.index));
    b.emit?.(event(a.index));
  }

  #reach(a: number, b: number): boolean {
    if (this.nodes[a]?.system === null || this.nodes[b]?.system === null) return false;
    return this.#partition === null || this.#partition.some((group) => group.includes(a) && group.includes(b));
  }

  /** Power off: what is not on the disk is gone, messages on the way included. */
  crash(index: number): void {
    const node = this.#node(index);
    node.system = null;
    node.emit = null;
    node.life++;
    for (const other of this.nodes)
      if (other.index !== index) other.emit?.({ kind: 'disconnected', peer: `peer-${index}` });
  }

  /** A copy of a node's disk, to be restored later. */
  backup(index: number): Disk {
    const { blocks, values, ...rest } = this.#node(index).disk;
    return { ...rest, blocks: new Map(blocks), values: new Map(values) };
  }

  /** The node's disk is lost and comes back as it was when `backup` was made. */
  restore(index: number, { blocks, pointers, guard, values }: Disk): void {
    this.crash(index);
    const { disk } = this.#node(index);
    disk.blocks.clear();
    for (const [root, record] of blocks) disk.blocks.set(root, record);
    disk.values.clear();
    for (const [key, value] of values) disk.values.set(key, value);
    Object.assign(disk, { pointers, guard, disarmed: true });
  }

  start(index: number): void {
    const node = this.#node(index);
    const life = ++node.life;
    const system = createActorSystem({
      ports: this.#ports(node, life),
      environment: this.pump.environment,
      pump: shared(this.pump, this.#clocks),
      limits: {
        recordEntries: 4096,
        payloads: 64,
        paths: 256,
        correlations: 1024,
        logLines: 1024,
        lifecycleEntries: 256,
      },
    });
    node.system = system;
    const chain: ChainArgs = {
      network: this.#network,
      networkHash: NETWORK_HASH,
      scheme: this.#scheme,
      genesis: this.#genesis,
      self: { publicKey: this.#scheme.keyPair(index).publicKey },
      checkApproval: (pegIn) => ({ ok: true, value: pegIn }),
      buildBudgetMs: 100,
    };
    const root: Behaviour<null, { readonly type: 'Nothing' }, undefined> = {
      name: 'SupervisorActor',
      ...actorPolicies.SupervisorActor,
      init: (_, ctx) => {
        ctx.spawn(storageActor, 'StorageActor', undefined);
        ctx.spawn(engineActor, 'EngineActor', { bridgeAddress: evmAddress(this.#network.bridge.address) });
        ctx.spawn(chainActor, 'ChainActor', chain);
        ctx.spawn(
          bridgeAfter(
            () => this.bridgeDelayMs,
            () => this.bridgeAccepts,
            () => this.bridgePegOuts.get(index) ?? [],
          ),
          'BridgeActor',
          undefined,
        );
        ctx.spawn(syncActor, 'SyncActor', undefined);
        ctx.spawn(networkActor, 'NetworkActor', {
          peerId: `peer-${index}`,
          listen: [],
          names: {},
          slotDurationMs: SLOT_MS,
        });
        return null;
      },
      receive: (state) => state,
    };
    system.start(root, undefined);
  }

  #node(index: number): SimulatedNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`there is no node ${index}`);
    return node;
  }

  /** Gossip: each that is reached now gets it after a delay of its own, if it still lives then. */
  #gossip(from: SimulatedNode, event: PeerEvent): void {
    for (const to of this.nodes) {
      if (to === from || !this.#reach(from.index, to.index)) continue;
      if (event.kind === 'block' && this.deafToBlocks.has(to.index)) continue;
      const { life } = to;
      this.pump.after(5 + Math.floor(this.pump.random() * 60), () => {
        if (to.life === life && this.#reach(from.index, to.index)) to.emit?.(event);
      });
    }
  }

  #ports(node: SimulatedNode, life: number): Record<string, Record<string, unknown>> {
    const { disk } = node;
    const alive = (): boolean => node.life === life;
    /** Applied at once or, after a crash, not at all: what a crash in between loses is the answer. */
    const apply = (change: () => void): unknown => {
      if (alive()) change();
      return answerAfter(2, undefined);
    };
    const { secretKey } = this.#scheme.keyPair(node.index);
    const events: Source<PeerEvent> = {
      open: (sink) => {
        node.emit = (event) => {
          sink.item(event);
        };
        for (const other of this.nodes) if (other !== node) this.#relink(node, other);
        return () => {
          node.emit = null;
        };
      },
    };
    return {
      store: {
        persistBlocks: (blocks: readonly BlockWrite[], pointers: ChainPointers | null) =>
          apply(() => {
            for (const { root, signedBlock, burnedFeesWei, totals } of blocks)
              disk.blocks.set(root, { root, signedBlock, burnedFeesWei, totals });
            if (pointers !== null) disk.pointers = pointers;
          }),
        persistPointers: (pointers: ChainPointers) =>
          apply(() => {
            disk.pointers = pointers;
          }),
        loadChain: () => {
          if (disk.broken !== null) return failAfter(2, new ServiceError(disk.broken, 'the disk gives nothing'));
          if (disk.pointers === null) return answerAfter(2, null);
          const { pointers } = disk;
          const finalHeight = disk.blocks.get(pointers.finalizedRoot)?.signedBlock.block.height ?? 0;
          const recent = [...disk.blocks.values()]
            .filter(({ signedBlock }) => signedBlock.block.height >= finalHeight)
            .sort((a, b) => a.signedBlock.block.height - b.signedBlock.block.height);
          return answerAfter(2, { pointers, recent, minted: [] });
        },
        readBlocks: (fromHeight: number, limit: number) => {
          const chain: BlockRecord[] = [];
          let root: BlockRoot | undefined = disk.pointers?.headRoot;
          while (root !== undefined) {
            const record: BlockRecord | undefined = disk.blocks.get(root);
            if (record === undefined || record.signedBlock.block.height < fromHeight) break;
            chain.unshift(record);
            root = record.signedBlock.block.parentRoot;
          }
          return answerAfter(2, chain.slice(0, limit));
        },
        readBlock: (root: BlockRoot) => answerAfter(2, disk.blocks.get(root) ?? null),
        putValue: (key: string, value: string | null) =>
          disk.full
            ? failAfter(2, new ServiceError('STORE_FULL', 'the disk of the data folder is full'))
            : apply(() => {
                if (value === null) disk.values.delete(key);
                else disk.values.set(key, value);
              }),
        getValue: (key: string) =>
          disk.broken === null
            ? answerAfter(1, disk.values.get(key) ?? null)
            : failAfter(2, new ServiceError(disk.broken, 'the disk gives nothing')),
        putEvidence: (evidence: EquivocationEvidence) =>
          apply(() => {
            disk.evidence.push(evidence);
          }),
        loadEvidence: () => answerAfter(2, [...disk.evidence]),
        appendAudit: () => answerAfter(1, undefined),
      },
      execution: { ...node.client.port },
      signer: {
        record: () => answerAfter(1, disk.guard),
        disarmed: () => answerAfter(1, disk.disarmed),
        rearm: ({ floor, lockedRoot, lockedSlot }: { floor: Slot; lockedRoot: BlockRoot; lockedSlot: Slot }) => {
          disk.disarmed = false;
          disk.guard = { lastProposedSlot: floor, lastVotedSlot: floor, lastVotedRoot: null, lockedRoot, lockedSlot };
          return answerAfter(2, disk.guard);
        },
        signBlock: ({ slot, root }: { slot: Slot; root: BlockRoot }) => {
          const verdict = mayPropose(disk.guard, slot);
          if (!verdict.ok || !alive()) return failAfter(2, new ServiceError('GUARD_REFUSED', 'refused'));
          disk.guard = afterProposal(disk.guard, slot);
          this.signatures.push({ node: node.index, kind: 'block', slot, root });
          return answerAfter(3, this.#scheme.sign(secretKey, blockSigningRoot(NETWORK_HASH, root, slot)));
        },
        signVote: ({
          slot,
          root,
          justifiedRoot,
          justifiedSlot,
        }: {
          slot: Slot;
          root: BlockRoot;
          justifiedRoot: BlockRoot;
          justifiedSlot: Slot;
        }) => {
          const block = { slot, certificate: { blockRoot: justifiedRoot, slot: justifiedSlot } };
          const verdict = mayVote(disk.guard, block);
          if (!verdict.ok || !alive()) return failAfter(2, new ServiceError('GUARD_REFUSED', 'refused'));
          disk.guard = afterVote(disk.guard, root, block);
          this.signatures.push({ node: node.index, kind: 'vote', slot, root });
          const { clean } = verdict.value;
          return answerAfter(3, {
            clean,
            signature: this.#scheme.sign(secretKey, voteSigningRoot(NETWORK_HASH, root, slot, clean)),
          });
        },
      },
      peers: {
        events: () => events,
        publishBlock: (signedBlock: SignedBlock) => {
          if (alive()) this.#gossip(node, { kind: 'block', peer: `peer-${node.index}`, signedBlock });
          return answerAfter(1, { recipients: 1 });
        },
        publishVote: (vote: Vote) => {
          if (alive()) this.#gossip(node, { kind: 'vote', peer: `peer-${node.index}`, vote });
          return answerAfter(1, { recipients: 1 });
        },
        publishTransaction: () => answerAfter(1, { recipients: 0 }),
        requestStatus: (peer: string) => {
          const other = this.#node(Number(peer.slice('peer-'.length)));
          const status = this.#reach(node.index, other.index) ? this.#statusOf(other) : undefined;
          return status === undefined
            ? failAfter(50, new NetworkError('PEER_UNREACHABLE', 'gone'))
            : answerAfter(20, status);
        },
        requestBlocks: (peer: string, from: number, to: number) => {
          const other = this.#node(Number(peer.slice('peer-'.length)));
          if (this.unserved.has(node.index) || !this.#reach(node.index, other.index))
            return failAfter(50, new NetworkError('PEER_UNREACHABLE', 'gone'));
          const chain: SignedBlock[] = [];
          let root = other.disk.pointers?.headRoot;
          while (root !== undefined) {
            const record = other.disk.blocks.get(root);
            if (record === undefined || record.signedBlock.block.height < from) break;
            if (record.signedBlock.block.height <= to) chain.unshift(record.signedBlock);
            root = record.signedBlock.block.parentRoot;
          }
          return answerAfter(30, chain);
        },
        disconnect: () => answerAfter(1, undefined),
      },
    };
  }

  /** What a node says of itself, read off its disk, where its head is a moment late. */
  #statusOf({ disk, index }: SimulatedNode): PeerStatus | undefined {
    const { pointers } = disk;
    if (pointers === null) return undefined;
    const head = disk.blocks.get(pointers.headRoot)?.signedBlock.block;
    const finalized = disk.blocks.get(pointers.finalizedRoot)?.signedBlock.block;
    if (head === undefined || finalized === undefined) return undefined;
    return {
      networkHash: NETWORK_HASH,
      headRoot: pointers.headRoot,
      headHeight: head.height,
      finalizedRoot: pointers.finalizedRoot,
      finalizedHeight: finalized.height,
      highCertificate: pointers.highCertificate,
      lastSignedSlots: (this.view(index)?.lastSignedSlots ?? []) as Slot[],
    };
  }
}

interface Late {
  readonly type: 'Late';
  readonly requestId: string;
}

/** Stands in for the bridge where no peg is looked at: accepts everything or nothing, so many ms after it was asked. */
const bridgeAfter = (
  delayMs: () => number,
  accepts: () => boolean,
  pegOuts: () => readonly PegOutEntry[],
): Behaviour<Map<string, ReplyTo<PegValidationResult>>, BridgeMessage | Late, undefined> => ({
  name: 'BridgeActor',
  ...actorPolicies.BridgeActor,
  init: () => new Map(),
  receive: (asked, message, ctx) => {
    const answer = (requestId: string, to: ReplyTo<PegValidationResult>): void => {
      ctx.reply(to, {
        type: 'PegValidationResult',
        requestId,
        accepted: accepts(),
        reason: accepts() ? null : 'not seen',
        contested: [],
        pegOuts: pegOuts(),
        federationUpdates: [],
      });
    };
    if (message.type === 'ValidatePegOperations') {
      const to = ctx.replyTo<PegValidationResult>(message);
      const { requestId } = message;
      if (delayMs() === 0) answer(requestId, to);
      else {
        asked.set(requestId, to);
        ctx.timer(requestId, delayMs(), { type: 'Late', requestId });
      }
    } else if (message.type === 'Late') {
      const to = asked.get(message.requestId);
      if (to !== undefined) answer(message.requestId, to);
    }
    return asked;
  },
});
export const acceptingBridge = bridgeAfter(
  () => 0,
  () => true,
  () => [],
);
