import { engineActor } from '../../node-core/actors/engine/engine-actor.ts';
import { storageActor } from '../../node-core/actors/storage/storage-actor.ts';
import type { ExecutionPayload, SignedBlock } from '../../node-core/domain/consensus/types.ts';
import { answerAfter, failAfter, type SimulatedAnswer } from '../../node-core/kernel/pump/simulation.ts';
import { ServiceError } from '../../node-core/primitives/errors.ts';
import { type BlockHeight, type BlockRoot, evmAddress, evmBlockHash } from '../../node-core/primitives/ids.ts';
import { sats, wei } from '../../node-core/primitives/units.ts';
import type { AuditEntry, BlockRecord, BlockWrite } from '../../node-core/ports/store.ts';
import type { BlockExecuted, BlockTemplate, BlockTemplateFailed } from '../../node-core/protocol/engine.ts';
import type { EngineView } from '../../node-core/protocol/views.ts';
import { actor, type Any, run, type Running } from './actors.ts';
import { createConsensusWorld } from './consensus-world.ts';
import { FakeClient } from './fake-client.ts';

export interface EngineWorldOptions {
  /** Blocks of the stored chain after genesis. */
  readonly length: number;
  readonly finalHeight: number;
}

/** EngineActor and StorageActor between a stored chain of the test's, a ChainActor that only asks, and a fake client. */
export class EngineWorld {
  readonly client: FakeClient;
  readonly running: Running;
  /** The stored main chain, by height. */
  readonly chain: BlockRecord[];
  readonly store = new Map<BlockRoot, BlockRecord>();
  readonly persisted: BlockWrite[] = [];
  readonly reads: string[] = [];
  readonly values = new Map<string, string>();
  /** How long the store takes to read one of them. */
  loadMs = 1;
  readonly audit: AuditEntry[] = [];
  readonly answers: (BlockExecuted | BlockTemplate | BlockTemplateFailed)[] = [];
  readonly #world = createConsensusWorld(3);
  readonly #finalHeight: number;
  #failure: string | null = null;

  constructor({ length, finalHeight }: EngineWorldOptions) {
    this.#finalHeight = finalHeight;
    this.chain = [this.#record(this.#world.genesis.root, this.#world.genesis.signed)];
    for (let height = 1; height <= length; height++) this.chain.push(this.child(this.at(height - 1), height));
    for (const record of this.chain) this.store.set(record.root, record);
    this.client = new FakeClient(this.payloadAt(0));
    for (const { signedBlock } of this.chain) {
      const { payload } = signedBlock.block;
      this.client.held.set(payload.blockHash, payload);
    }
    this.client.head = this.payloadAt(length).blockHash;
    const keep = (message: Any): void => {
      if (message.type !== 'Ask') this.answers.push(message as unknown as BlockExecuted);
    };
    const chainActor = actor('ChainActor', (message, ctx) => {
      keep(message);
      if (message.type === 'Ask')
        ctx.ask(
          ctx.refOf<Any>('EngineActor'),
          message['request'] as Any,
          {
            timeoutMs: 40_000,
            onTimeout: { type: 'NoAnswer' },
          } as never,
        );
    });
    const engine = {
      ...engineActor,
      init: (_: undefined, ctx: Parameters<typeof engineActor.init>[1]) =>
        engineActor.init({ bridgeAddress: evmAddress(`0x${'bb'.repeat(20)}`) }, ctx),
    };
    this.running = run([storageActor, engine, chainActor, actor('BridgeActor'), actor('NetworkActor')] as never, {
      ports: { store: this.#storePort(), execution: this.client.port },
    });
  }

  at(height: number): BlockRecord {
    const record = this.chain[height];
    if (record === undefined) throw new Error(`there is no block ${height}`);
    return record;
  }

  payloadAt(height: number): ExecutionPayload {
    return this.at(height).signedBlock.block.payload;
  }

  /** A block on `parent`, with a hash of its own by its slot. */
  child(parent: BlockRecord, slot: number): BlockRecord {
    const { signedBlock } = parent;
    const facts = this.#world.facts(signedBlock.block, parent.root);
    const { signed } = this.#world.propose(facts, this.#world.genesis.certificate, slot);
    const payload = { ...signed.block.payload, blockHash: evmBlockHash(`0x${slot.toString(16).padStart(64, '0')}`) };
    const block = this.#world.sign({ ...signed.block, payload });
    return this.#record(rootOf(slot), block);
  }

  #record(root: BlockRoot, signedBlock: SignedBlock): BlockRecord {
    const totals = { mintCount: 0n, mintedSats: sats(0n), burnedFeesWei: wei(0n) };
    return { root, signedBlock, burnedFeesWei: wei(0n), totals };
  }

  #storePort(): object {
    return {
      readBlock: (root: BlockRoot) => {
        this.reads.push(root);
        return answerAfter(1, this.store.get(root) ?? null);
      },
      readBlocks: (from: BlockHeight, limit: number) => {
        this.reads.push(`${from}+${limit}`);
        return answerAfter(1, this.chain.slice(from, from + limit));
      },
      getValue: (name: string) => answerAfter(this.loadMs, this.values.get(name) ?? null),
      putValue: (name: string, value: string) => this.#write(() => this.values.set(name, value)),
      appendAudit: (entry: AuditEntry) => this.#write(() => this.audit.push(entry)),
      persistBlocks: (blocks: readonly BlockWrite[]) => {
        this.persisted.push(...blocks);
        return answerAfter(1, undefined);
      },
    };
  }

  /** From now on the store takes no value and no entry of the audit log. */
  failWrites(code: string): void {
    this.#failure = code;
  }

  #write(write: () => unknown): SimulatedAnswer {
    if (this.#failure !== null) return failAfter(1, new ServiceError(this.#failure, 'nothing is written'));
    write();
    return answerAfter(1, undefined);
  }

  get view(): EngineView {
    return this.running.system.view('EngineActor') as EngineView;
  }

  run(ms: number): void {
    this.running.pump.runFor(ms);
  }

  /** ChainActor chooses the chain's head. */
  choose(head: BlockRecord = this.at(this.chain.length - 1)): void {
    const { height, payload } = head.signedBlock.block;
    this.running.tell('EngineActor', {
      type: 'UpdateForkchoice',
      head: payload.blockHash,
      safe: payload.blockHash,
      finalized: this.payloadAt(this.#finalHeight).blockHash,
      headRoot: head.root,
      headHeight: height,
      finalizedHeight: this.at(this.#finalHeight).signedBlock.block.height,
    });
  }

  /** ChainActor asks for the execution of a block. */
  execute(record: BlockRecord): void {
    const { payload, parentRoot } = record.signedBlock.block;
    this.#ask({ type: 'ExecuteBlock', root: record.root, parentRoot, payload });
  }

  /** ChainActor asks for a payload on `parent`. */
  build(parent: BlockRecord, slot: number): void {
    this.#ask({
      type: 'BuildBlockRequest',
      slot,
      parentRoot: parent.root,
      parentHash: parent.signedBlock.block.payload.blockHash,
      timestampS: slot,
      prevRandao: '0x',
      feeRecipient: `0x${'00'.repeat(20)}`,
      firstWithdrawalIndex: 0n,
      excluded: [],
      mintLimit: 16,
      timeBudgetMs: 100,
    });
  }

  #ask(request: Any): void {
    this.running.tell('ChainActor', { type: 'Ask', request });
  }
}

/** Roots of test blocks stand for themselves, by slot. */
const rootOf = (slot: number): BlockRoot => `0x${'ee'.repeat(4)}${slot.toString(16).padStart(56, '0')}` as BlockRoot;
