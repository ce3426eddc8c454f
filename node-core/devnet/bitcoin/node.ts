import { ServiceError } from '../../primitives/errors.ts';
import type { Outpoint, Txid } from '../../primitives/ids.ts';
import type { Sats } from '../../primitives/units.ts';
import { type Block, decodeBlock, encodeBlock } from './block.ts';
import { assembleBlock } from './chain/assemble.ts';
import type { BlockNode } from './chain/block-node.ts';
import { Chain, type ChainChange } from './chain/chain.ts';
import { type Coin, coinsOf } from './chain/coins.ts';
import { checkAmounts, findCoins } from './chain/rules.ts';
import { type Admission, type AdmissionRules, assess } from './mempool/admission.ts';
import type { MempoolEntry } from './mempool/entry.ts';
import { Mempool } from './mempool/mempool.ts';
import { Rejection } from './rejection.ts';
import type { ChainStore, StoredChange } from './store/store.ts';
import { type Tx, decodeTx } from './transaction.ts';

export interface RegtestNodeOptions {
  readonly store: ChainStore;
  readonly nowMs: () => number;
  readonly fullRbf: boolean;
  readonly maxMempoolVbytes: number;
}

/** What listeners hear, once it is on disk. */
export type NodeEvent =
  { readonly type: 'transaction'; readonly entry: MempoolEntry } | { readonly type: 'tip'; readonly tip: BlockNode };

const MAX_KNOWN_SCRIPTS = 50_000;
/** Source: Bitcoin Core, `DEFAULT_MAX_TIP_AGE`. */
const MAX_TIP_AGE_SECONDS = 24 * 60 * 60;

/** A node without peers: chain and mempool, kept in step with each other and with the store. */
export class RegtestNode {
  readonly chain: Chain;
  readonly mempool = new Mempool();
  private readonly options: RegtestNodeOptions;
  private readonly rules: AdmissionRules;
  /** wtxids of transactions whose scripts passed the rules of relay, so that their block needs no second look. */
  private readonly knownScripts = new Set<string>();
  private readonly listeners = new Set<(event: NodeEvent) => void>();
  private readonly storedMempool = new Set<Txid>();
  private loading = true;
  private storeFailed = false;
  private caughtUp = false;

  constructor(options: RegtestNodeOptions) {
    this.options = options;
    const scriptsKnown = (tx: Tx): boolean => this.loading || this.knownScripts.has(tx.wtxid);
    this.rules = { fullRbf: options.fullRbf, maxMempoolVbytes: options.maxMempoolVbytes, scriptsKnown };
    this.chain = new Chain(scriptsKnown);
    this.load();
    this.loading = false;
    this.noteTip();
  }

  /** True until the tip was once less than a day old, as Core has it. */
  get isCatchingUp(): boolean {
    return !this.caughtUp;
  }

  get nowSeconds(): number {
    return Math.floor(this.options.nowMs() / 1000);
  }

  get fullRbf(): boolean {
    return this.options.fullRbf;
  }

  get maxMempoolVbytes(): number {
    return this.options.maxMempoolVbytes;
  }

  /** Hears every accepted transaction and new tip. @returns what ends it. */
  listen(listener: (event: NodeEvent) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** An output that is unspent in the chain or comes from the mempool, whether or not something there spends it. */
  coin(at: Outpoint): Coin | undefined {
    return this.chain.coins.get(at) ?? this.mempool.coin(at);
  }

  /** Whether the mempool would take a transaction; changes nothing. @throws Rejection */
  assess(tx: Tx, pool: Mempool = this.mempool): Admission {
    return assess(tx, this.chain, pool, this.rules, this.nowSeconds);
  }

  /** Takes a transaction into the mempool. @throws Rejection */
  admit(admission: Admission): void {
    this.change(() => {
      this.mempool.remove(admission.replaced.map((entry) => entry.tx.txid));
      this.mempool.add(admission.entry);
      if (this.knownScripts.size >= MAX_KNOWN_SCRIPTS) this.knownScripts.clear();
      this.knownScripts.add(admission.entry.tx.wtxid);
      return {};
    });
    this.emit({ type: 'transaction', entry: admission.entry });
  }

  /** Drops a transaction and what rests on it, as a full mempool does. @returns whether it was there. */
  evict(id: Txid): boolean {
    if (this.mempool.get(id) === undefined) return false;
    this.change(() => {
      this.mempool.remove(this.mempool.descendants([id]).map((entry) => entry.tx.txid));
      return {};
    });
    return true;
  }

  /**
   * Mines blocks of the mempool's best payers.
   * @returns them, in order; fewer if the clock lies so far behind the chain that no further block may follow.
   * @throws Rejection `time-too-new` if that holds for the first.
   */
  mine(count: number, rewardScript: Uint8Array): readonly Block[] {
    const blocks: Block[] = [];
    this.change(() => {
      for (let i = 0; i < count; i++) {
        const selected = this.mempool.selectForBlock();
        const block = this.assemble(
          selected.map((entry) => entry.tx),
          selected.map((entry) => entry.feeSats),
          rewardScript,
        );
        try {
          this.follow(this.chain.add(block, this.nowSeconds));
        } catch (error) {
          if (error instanceof Rejection && blocks.length > 0) break;
          throw error;
        }
        blocks.push(block);
      }
      return { blocks };
    });
    this.emitTip();
    return blocks;
  }

  /** The block of exactly these transactions on top of the tip, not added yet. @throws Rejection if it is not valid. */
  buildBlock(transactions: readonly Tx[], rewardScript: Uint8Array): Block {
    const made = new Map<Outpoint, Coin>();
    const height = this.chain.tip.height + 1;
    const fees = transactions.map((tx) => {
      const fee = checkAmounts(
        tx,
        findCoins(tx, (at) => made.get(at) ?? this.chain.coins.get(at)),
        height,
      );
      for (const [at, coin] of coinsOf(tx, height)) made.set(at, coin);
      return fee;
    });
    const block = this.assemble(transactions, fees, rewardScript);
    this.chain.tryOnTip(block, this.nowSeconds);
    return block;
  }

  /** Adds a block made anywhere. @throws Rejection */
  addBlock(block: Block): void {
    this.change(() => {
      const change = this.chain.add(block, this.nowSeconds);
      return { blocks: [block], ...this.follow(change) };
    });
    this.emitTip();
  }

  invalidate(node: BlockNode): void {
    this.change(() => {
      const change = this.chain.invalidate(node);
      const { marks, reordered } = this.follow(change);
      return { marks: [{ hash: node.hash, invalid: true }, ...marks], reordered };
    });
    this.emitTip();
  }

  reconsider(node: BlockNode): void {
    this.change(() => {
      const change = this.chain.reconsider(node);
      const { marks, reordered } = this.follow(change);
      return { marks: [...change.cleared.map(({ hash }) => ({ hash, invalid: false })), ...marks], reordered };
    });
    this.emitTip();
  }

  close(): void {
    this.listeners.clear();
    this.options.store.close();
  }

  private assemble(transactions: readonly Tx[], feesSats: readonly Sats[], rewardScript: Uint8Array): Block {
    const parent = this.chain.tip;
    const extraNonce = this.chain.size;
    return assembleBlock({ parent, transactions, feesSats, rewardScript, nowSeconds: this.nowSeconds, extraNonce });
  }

  private load(): void {
    const { blocks, mempool } = this.options.store.load();
    for (const { bytes, invalid } of blocks) this.chain.restore(decodeBlock(bytes), invalid);
    this.chain.activateStored();
    for (const { bytes, timeSeconds } of mempool) {
      const tx = decodeTx(bytes);
      this.storedMempool.add(tx.txid);
      this.readmit(tx, timeSeconds);
      this.knownScripts.add(tx.wtxid);
    }
  }

  /** Brings the mempool in step with a change of the chain. */
  private follow({
    connected,
    disconnected,
    failed,
  }: ChainChange): Pick<StoredChange, 'marks'> & { reordered: boolean } {
    for (const { block } of connected) {
      for (const tx of block.transactions) {
        if (this.mempool.get(tx.txid) !== undefined) this.mempool.remove([tx.txid]);
        const beaten = this.mempool.conflictsOf(tx).map((entry) => entry.tx.txid);
        this.mempool.remove(this.mempool.descendants(beaten).map((entry) => entry.tx.txid));
      }
    }
    if (disconnected.length > 0) this.rebuildMempool(disconnected);
    return { marks: failed.map(({ hash }) => ({ hash, invalid: true })), reordered: disconnected.length > 0 };
  }

  /** After a reorg: what left the chain waits again, before what may rest on it; what no longer fits is dropped. */
  private rebuildMempool(disconnected: readonly BlockNode[]): void {
    const waiting = this.mempool.all();
    this.mempool.clear();
    for (const { block } of disconnected.toReversed()) {
      for (const tx of block.transactions.slice(1)) this.readmit(tx, this.nowSeconds);
    }
    for (const entry of waiting) this.readmit(entry.tx, entry.timeSeconds);
  }

  private readmit(tx: Tx, timeSeconds: number): void {
    try {
      const { entry, replaced } = assess(tx, this.chain, this.mempool, this.rules, timeSeconds);
      this.mempool.remove(replaced.map((other) => other.tx.txid));
      this.mempool.add(entry);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
    }
  }

  /**
   * Does a step in memory and puts it on disk before anyone hears of it.
   * @throws Rejection with nothing changed.
   * @throws ServiceError STORE_FAILED if the disk fails; memory is then ahead of it and the node answers no more.
   */
  private change(step: () => { blocks?: readonly Block[]; marks?: StoredChange['marks']; reordered?: boolean }): void {
    this.needStore();
    const { blocks = [], marks = [], reordered = false } = this.attempt(step);
    const entries = this.mempool.all();
    const present = new Set(entries.map((entry) => entry.tx.txid));
    const removed = [...this.storedMempool].filter((id) => reordered || !present.has(id));
    for (const id of removed) this.storedMempool.delete(id);
    const added = entries.filter((entry) => !this.storedMempool.has(entry.tx.txid));
    for (const entry of added) this.storedMempool.add(entry.tx.txid);
    try {
      this.options.store.write({
        blocks: blocks.map((block) => ({ hash: block.hash, bytes: encodeBlock(block) })),
        marks,
        mempoolRemoved: removed,
        mempoolAdded: added.map(({ tx, timeSeconds }) => ({ txid: tx.txid, bytes: tx.bytes, timeSeconds })),
      });
    } catch (error) {
      this.storeFailed = true;
      throw new ServiceError('STORE_FAILED', 'a change could not be put on disk', {}, { cause: error });
    }
  }

  /** A bug in the midst of a step leaves memory in an unknown state: the node answers no more. */
  private attempt<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof Rejection)) this.storeFailed = true;
      throw error;
    }
  }

  /** @throws ServiceError STORE_FAILED once a write has failed. */
  needStore(): void {
    if (this.storeFailed) throw new ServiceError('STORE_FAILED', 'the store failed before: restart the node');
  }

  private emit(event: NodeEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  private noteTip(): void {
    const ageSeconds = this.nowSeconds - this.chain.tip.block.header.timeSeconds;
    this.caughtUp ||= ageSeconds < MAX_TIP_AGE_SECONDS;
  }

  private emitTip(): void {
    this.noteTip();
    this.emit({ type: 'tip', tip: this.chain.tip });
  }
}
