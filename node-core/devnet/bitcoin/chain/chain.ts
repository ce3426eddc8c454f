import { assert } from '../../../primitives/assert.ts';
import type { BitcoinBlockHash, Txid } from '../../../primitives/ids.ts';
import type { Block } from '../block.ts';
import { Rejection, rejectUnless } from '../rejection.ts';
import type { Tx } from '../transaction.ts';
import { type BlockNode, isDescendantOf, lineage, makeGenesisNode, makeNode } from './block-node.ts';
import { CoinSet } from './coins.ts';
import { type BlockUndo, checkBlock, connectBlock, disconnectBlock } from './validate-block.ts';

/** What a change of the active chain did, in the order in which it did it. */
export interface ChainChange {
  readonly disconnected: readonly BlockNode[];
  readonly connected: readonly BlockNode[];
  /** Blocks that were found invalid on the way. */
  readonly failed: readonly BlockNode[];
}

/** The end of a branch, and how many of its blocks are outside of the active chain. */
export interface ChainTip {
  readonly tip: BlockNode;
  readonly branchLength: number;
  readonly status: 'active' | 'valid-fork' | 'invalid';
}

/** Where a transaction of the active chain is. */
export interface TxLocation {
  readonly node: BlockNode;
  readonly tx: Tx;
}

/**
 * The tree of blocks and its active branch: the highest that holds no invalid block, the first seen of equals.
 * All blocks have the same work here, so that height stands for it. Everything is in memory; the store keeps it.
 */
export class Chain {
  readonly coins = new CoinSet();
  private readonly nodes = new Map<BitcoinBlockHash, BlockNode>();
  private readonly active: BlockNode[] = [];
  private readonly undo = new Map<BitcoinBlockHash, BlockUndo>();
  private readonly locations = new Map<Txid, TxLocation>();
  private readonly scriptsKnown: (tx: Tx) => boolean;

  /** @param scriptsKnown says which transactions' scripts were found right before. */
  constructor(scriptsKnown: (tx: Tx) => boolean) {
    this.scriptsKnown = scriptsKnown;
    const genesis = makeGenesisNode();
    this.nodes.set(genesis.hash, genesis);
    this.active.push(genesis);
  }

  get tip(): BlockNode {
    return this.active.at(-1) as BlockNode;
  }

  /** Number of known blocks, on any branch. */
  get size(): number {
    return this.nodes.size;
  }

  node(hash: string): BlockNode | undefined {
    return this.nodes.get(hash as BitcoinBlockHash);
  }

  /** The block of the active chain at that height. */
  at(height: number): BlockNode | undefined {
    return this.active[height];
  }

  isActive(node: BlockNode): boolean {
    return this.active[node.height] === node;
  }

  /** 1 for the tip; -1 for a block outside of the active chain, as Core has it. */
  confirmations(node: BlockNode): number {
    return this.isActive(node) ? this.tip.height - node.height + 1 : -1;
  }

  /** The end of every branch, the highest first. */
  tips(): readonly ChainTip[] {
    const parents = new Set([...this.nodes.values()].map((node) => node.parent));
    const ends = [...this.nodes.values()].filter((node) => !parents.has(node) || node === this.tip);
    return ends.toSorted((a, b) => b.height - a.height).map((tip) => this.describeTip(tip));
  }

  locate(id: Txid): TxLocation | undefined {
    return this.locations.get(id);
  }

  /** The coins that a block of the active chain spent, by transaction. */
  undoOf(node: BlockNode): BlockUndo {
    return this.undo.get(node.hash) ?? [[]];
  }

  /**
   * Adds a block and moves to the highest branch.
   * @throws Rejection for a block that is wrong by itself, or that would be the next of the active chain but does not
   *   connect; one that only turns out wrong while a side branch is activated is marked invalid.
   */
  add(block: Block, nowSeconds: number): ChainChange {
    rejectUnless(!this.nodes.has(block.hash), 'duplicate');
    const parent = this.nodes.get(block.header.previousHash);
    rejectUnless(parent !== undefined, 'prev-blk-not-found');
    rejectUnless(!hasInvalidBlock(parent), 'bad-prevblk');
    checkBlock(block, parent, nowSeconds);
    const node = makeNode(block, parent);
    if (parent === this.tip) {
      this.connect(node);
      this.nodes.set(node.hash, node);
      return { disconnected: [], connected: [node], failed: [] };
    }
    this.nodes.set(node.hash, node);
    return this.activateBest();
  }

  /** Whether the block would connect on top of the tip; changes nothing. @throws Rejection if not. */
  tryOnTip(block: Block, nowSeconds: number): void {
    checkBlock(block, this.tip, nowSeconds);
    const undo = connectBlock(block, this.tip, this.coins, this.scriptsKnown);
    disconnectBlock(block, this.tip.height + 1, this.coins, undo);
  }

  /** Puts back a block that this node stored; `activateStored` follows the last one. */
  restore(block: Block, invalid: boolean): void {
    const parent = this.nodes.get(block.header.previousHash);
    assert(parent !== undefined, 'blocks are stored after their parents');
    this.nodes.set(block.hash, makeNode(block, parent, invalid));
  }

  activateStored(): void {
    this.activateBest();
  }

  /** Declares a block invalid, as an operator may. */
  invalidate(node: BlockNode): ChainChange {
    node.invalid = true;
    return this.activateBest();
  }

  /** Takes back the mark from a block, its ancestors and its descendants. @returns the blocks that had it, too. */
  reconsider(node: BlockNode): ChainChange & { readonly cleared: readonly BlockNode[] } {
    const marked = [...this.nodes.values()].filter((other) => other.invalid);
    const cleared = marked.filter((other) => isDescendantOf(other, node) || isDescendantOf(node, other));
    for (const other of cleared) other.invalid = false;
    return { ...this.activateBest(), cleared };
  }

  private describeTip(tip: BlockNode): ChainTip {
    let branchLength = 0;
    let invalid = false;
    for (const node of lineage(tip)) {
      if (this.isActive(node)) break;
      invalid ||= node.invalid;
      branchLength++;
    }
    return { tip, branchLength, status: branchLength === 0 ? 'active' : invalid ? 'invalid' : 'valid-fork' };
  }

  private activateBest(): ChainChange {
    const disconnected: BlockNode[] = [];
    const connected: BlockNode[] = [];
    const failed: BlockNode[] = [];
    for (;;) {
      const target = this.best();
      while (!isDescendantOf(target, this.tip)) disconnected.push(this.disconnectTip());
      const path = [...lineage(target)].slice(0, target.height - this.tip.height).reverse();
      const wrong = path.find((node) => !this.tryConnect(node, connected));
      if (wrong === undefined) return { disconnected, connected, failed };
      wrong.invalid = true;
      failed.push(wrong);
    }
  }

  private tryConnect(node: BlockNode, connected: BlockNode[]): boolean {
    try {
      this.connect(node);
      connected.push(node);
      return true;
    } catch (error) {
      if (error instanceof Rejection) return false;
      throw error;
    }
  }

  /** The highest block whose line holds no invalid one; of equals the tip, else the first seen. */
  private best(): BlockNode {
    const unusable = new Set<BlockNode>();
    let best = this.active[0] as BlockNode;
    // Parents come before their children in the map.
    for (const node of this.nodes.values()) {
      if (node.invalid || (node.parent !== null && unusable.has(node.parent))) unusable.add(node);
      else if (node.height > best.height) best = node;
    }
    return best.height === this.tip.height && !unusable.has(this.tip) ? this.tip : best;
  }

  private connect(node: BlockNode): void {
    this.undo.set(node.hash, connectBlock(node.block, this.tip, this.coins, this.scriptsKnown));
    this.active.push(node);
    for (const tx of node.block.transactions) this.locations.set(tx.txid, { node, tx });
  }

  private disconnectTip(): BlockNode {
    const node = this.active.pop();
    assert(node !== undefined && node.parent !== null, 'the genesis block is never disconnected');
    disconnectBlock(node.block, node.height, this.coins, this.undoOf(node));
    this.undo.delete(node.hash);
    for (const tx of node.block.transactions) this.locations.delete(tx.txid);
    return node;
  }
}

function hasInvalidBlock(node: BlockNode): boolean {
  for (const at of lineage(node)) if (at.invalid) return true;
  return false;
}
