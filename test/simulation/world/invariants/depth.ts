import type { Block } from '../bitcoin/chain.ts';
import type { Observer } from '../observation.ts';
import type { FinalChain } from '../reference/final-chain.ts';
import type { World } from '../world.ts';
import type { Report } from './report.ts';

/** A node may have begun to judge by a tip that it was told this long ago. */
const VIEW_AGE_MS = 15_000;

interface NodeView {
  readonly served: { readonly tip: Block; readonly atMs: number }[];
  /** What this node saw Bitcoin take back in one piece, beyond the depth, and it was not resolved since. */
  deepReorg: { readonly tip: Block; readonly undone: number } | null;
  resolves: number;
}

/** INV-9: no mint is proposed or voted for below the depth, and a reorg deeper than it halts minting and says so. */
export class DepthRules {
  readonly #world: World;
  readonly #chain: FinalChain;
  readonly #report: Report;
  readonly #views: NodeView[];

  constructor(world: World, chain: FinalChain, report: Report) {
    this.#world = world;
    this.#chain = chain;
    this.#report = report;
    this.#views = world.nodes.map(() => ({ served: [], deepReorg: null, resolves: 0 }));
  }

  readonly observe: Observer = (observation) => {
    switch (observation.kind) {
      case 'tipServed':
        this.#onTip(observation.node, observation.tip);
        return;
      case 'signed': {
        const block = this.#chain.blocks.get(observation.root)?.block;
        if (observation.what === 'vote' && block !== undefined)
          this.#checkMints(
            observation.node,
            'votes for',
            block.pegIns.map(({ outpoint }) => outpoint),
          );
        return;
      }
      case 'blockPublished': {
        const { pegIns } = observation.signedBlock.block;
        this.#checkMints(
          observation.node,
          'proposes',
          pegIns.map(({ outpoint }) => outpoint),
        );
        return;
      }
      case 'started':
        if (observation.disarmed)
          this.#views[observation.node] = { served: [], deepReorg: null, resolves: this.#resolves(observation.node) };
        return;
      case 'slot':
        for (const node of this.#world.nodes.keys()) this.#checkFrozen(node);
        return;
      default:
    }
  };

  #view(node: number): NodeView {
    return this.#views[node] as NodeView;
  }

  #onTip(node: number, tip: Block): void {
    const view = this.#view(node);
    const last = view.served.at(-1)?.tip;
    if (last !== tip) {
      const undone =
        last === undefined ? 0 : this.#undone(last, tip, this.#world.nodes[node]?.bridge?.scannedHeight ?? 0);
      if (undone >= this.#world.options.depth) view.deepReorg = { tip, undone };
    }
    view.served.push({ tip, atMs: this.#world.nowMs });
    while (view.served.length > 1 && (view.served[1]?.atMs ?? 0) < this.#world.nowMs - VIEW_AGE_MS) view.served.shift();
  }

  /** Blocks of the branch of `from` up to `scannedHeight` that the branch of `to` doesn't hold. */
  #undone(from: Block, to: Block, scannedHeight = from.height): number {
    const { bitcoin } = this.#world;
    const branch = new Set<string>();
    for (
      let block: Block | undefined = to;
      block !== undefined && block.height >= from.height - 50;
      block = bitcoin.chain.parentOf(block)
    )
      branch.add(block.hash);
    let count = 0;
    for (
      let block: Block | undefined = from;
      block !== undefined && !branch.has(block.hash);
      block = bitcoin.chain.parentOf(block)
    ) {
      // A tip that only went back, as of a node that is asked by turns with another, undoes nothing.
      if (block.height <= Math.min(to.height, scannedHeight)) count++;
    }
    return count;
  }

  #checkMints(node: number, verb: string, outpoints: readonly string[]): void {
    if (outpoints.length === 0) return;
    const { depth } = this.#world.options;
    for (const outpoint of outpoints) {
      const txid = outpoint.slice(0, 64);
      const most = Math.max(
        ...this.#view(node).served.map(({ tip }) => this.#world.bitcoin.chain.confirmationsAt(txid, tip)),
        0,
      );
      if (most < depth)
        this.#report('INV-9', `node ${node} ${verb} a mint of ${outpoint} at ${most} of ${depth} confirmations`);
    }
    if (this.#stoodSince(node))
      this.#report('INV-9', `node ${node} ${verb} a mint after a reorganisation beyond the depth`);
  }

  /** Whether this node has scanned past a deep reorganisation that no operator has resolved. */
  #stoodSince(node: number): boolean {
    const view = this.#view(node);
    const { deepReorg } = view;
    const resolves = this.#resolves(node);
    if (deepReorg === null || resolves > view.resolves) {
      view.deepReorg = null;
      view.resolves = resolves;
      return false;
    }
    const bridge = this.#world.nodes[node]?.bridge;
    const tip = bridge?.bitcoinTip ?? null;
    const block = tip === null ? undefined : this.#world.bitcoin.chain.blocks.get(tip.hash);
    return (
      block !== undefined &&
      bridge?.scannedHeight === tip?.height &&
      this.#undone(deepReorg.tip, block) === 0 &&
      block.height >= deepReorg.tip.height
    );
  }

  #resolves(node: number): number {
    return this.#world.operatorResolves.get(node) ?? 0;
  }

  #checkFrozen(node: number): void {
    if (!this.#stoodSince(node)) return;
    const { bridge } = this.#world.nodes[node] ?? {};
    if (bridge?.state === 'Monitoring' && bridge.frozen === null)
      this.#report(
        'INV-9',
        `node ${node} saw ${this.#view(node).deepReorg?.undone} blocks taken back and is not frozen`,
      );
  }
}
