import { parseTx } from '../bitcoin/transaction.ts';
import type { Observer } from '../observation.ts';
import type { FinalBlock } from '../reference/final-chain.ts';
import type { ReferenceLedger } from '../reference/ledger.ts';
import type { World } from '../world.ts';
import type { Report } from './report.ts';

/** INV-17, INV-19 and INV-20 in the blocks: who the members are follows from the chain, and from nothing else. */
export class MemberRules {
  readonly #world: World;
  readonly #ledger: ReferenceLedger;
  readonly #report: Report;

  constructor(world: World, ledger: ReferenceLedger, report: Report) {
    this.#world = world;
    this.#ledger = ledger;
    this.#report = report;
  }

  /** A block that a node stores is one that it took for valid. */
  readonly observe: Observer = (observation) => {
    if (observation.kind !== 'blocksStored') return;
    for (const { signedBlock } of observation.blocks)
      for (const { messageId } of signedBlock.block.federationUpdates)
        if (!this.#isSound(messageId))
          this.#report('INV-17', `node ${observation.node} imported a member change that nobody stands behind`);
  };

  #isSound(messageId: string): boolean {
    return this.#world.governance.sound.get(messageId) === 'federationUpdate';
  }

  /** Called with each new final block, before the ledger takes it in. */
  onFinal({ signedBlock: { block } }: FinalBlock): void {
    const { height, federationUpdates, pegIns, pegOuts } = block;
    const { bitcoin } = this.#world;
    const known = this.#ledger.successions.length;
    const active = this.#ledger.epochAt(height);
    for (const { messageId, update } of federationUpdates) {
      if (!this.#isSound(messageId))
        this.#report('INV-19', `block ${height} records a member change that nobody stands behind`);
      if ((JSON.parse(update) as { readonly epoch: number }).epoch !== known + 1)
        this.#report('INV-19', `block ${height} records a member change twice, or out of turn`);
    }
    for (const { outpoint, epoch } of pegIns)
      if (epoch > active)
        this.#report('INV-19', `block ${height} mints ${outpoint} by members of epoch ${epoch}, in epoch ${active}`);
    for (const entry of pegOuts) {
      if (entry.status === 'Confirmed') continue;
      const change = parseTx(entry.unsignedTx).outputs[entry.shares.length];
      if (change !== undefined && change.script !== bitcoin.federations[active]?.script)
        this.#report('INV-20', `block ${height} leaves the change of ${entry.id} with former members`);
    }
  }
}
