import type { BlockWrite, ChainPointers } from '../../../../node-core/ports/store.ts';
import type { Observer } from '../observation.ts';
import type { FinalBlock, FinalChain } from '../reference/final-chain.ts';
import type { World } from '../world.ts';
import type { Report } from './report.ts';
import type { SigningRules } from './signing.ts';

/** INV-15 to INV-18: what nodes store is valid, signed by who had to, executed alike, and final for good. */
export class ConsensusRules {
  readonly #world: World;
  readonly #chain: FinalChain;
  readonly #signing: SigningRules;
  readonly #report: Report;
  readonly #onFinal: (block: FinalBlock) => void;
  /** The final block that each disk last named; a restored disk begins where its backup is. */
  readonly #finalOf: (string | null)[];

  constructor(
    world: World,
    known: { readonly chain: FinalChain; readonly signing: SigningRules },
    report: Report,
    onFinal: (block: FinalBlock) => void,
  ) {
    this.#world = world;
    this.#chain = known.chain;
    this.#signing = known.signing;
    this.#report = report;
    this.#onFinal = onFinal;
    this.#finalOf = world.nodes.map(() => null);
  }

  readonly observe: Observer = (observation) => {
    switch (observation.kind) {
      case 'blocksStored':
        for (const block of observation.blocks) this.#onStored(observation.node, block);
        if (observation.pointers !== null) this.#onPointers(observation.node, observation.pointers);
        return;
      case 'started':
        if (observation.disarmed)
          this.#finalOf[observation.node] =
            this.#world.nodes[observation.node]?.disk.content.pointers?.finalizedRoot ?? null;
        return;
      default:
    }
  };

  #onStored(node: number, { root, signedBlock }: BlockWrite): void {
    if (this.#chain.blocks.has(root)) return;
    const { block } = signedBlock;
    this.#chain.add(root, signedBlock);
    if (block.height === 0) return;
    const where = `node ${node} stored block ${block.height} of slot ${block.slot}`;
    const due = block.slot % this.#world.options.nodes;
    if (block.proposer !== due) this.#report('INV-15', `${where} by ${block.proposer}, and the slot is ${due}'s`);
    if (!this.#signing.signedBlock(root, block.proposer))
      this.#report('INV-15', `${where}, which its authority never signed`);
    const parent = this.#chain.blocks.get(block.parentRoot)?.block;
    if (parent === undefined || parent.height !== block.height - 1 || parent.slot >= block.slot)
      this.#report('INV-17', `${where}, which doesn't follow its parent`);
    if (parent !== undefined && parent.height > 0) {
      const refusal = this.#signing.checkCertificate(block.certificate);
      if (refusal !== null) this.#report('INV-16', `${where}: ${refusal}`);
    }
    if (block.payload.withdrawals.length !== block.pegIns.length)
      this.#report(
        'INV-17',
        `${where}, which mints ${block.payload.withdrawals.length} times for ${block.pegIns.length} deposits`,
      );
    const executed = this.#world.evm.block(block.payload.blockHash);
    if (executed === undefined || executed.payload.stateRoot !== block.payload.stateRoot)
      this.#report(executed === undefined ? 'INV-17' : 'INV-18', `${where}, which executes to something else`);
  }

  #onPointers(node: number, { headRoot, finalizedRoot }: ChainPointers): void {
    const before = this.#finalOf[node] ?? null;
    if (before !== null && !this.#chain.descends(finalizedRoot, before))
      this.#report('INV-16', `node ${node} took back final block ${before} for ${finalizedRoot}`);
    if (!this.#chain.descends(headRoot, finalizedRoot))
      this.#report('INV-16', `node ${node}: head ${headRoot} doesn't descend from final ${finalizedRoot}`);
    this.#finalOf[node] = finalizedRoot;
    const fresh = this.#chain.finalize(finalizedRoot);
    if (typeof fresh === 'string') this.#report('INV-16', `node ${node}: ${fresh}`);
    else for (const block of fresh) this.#onFinal(block);
  }
}
