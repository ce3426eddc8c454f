import type { ReferenceLedger } from './reference/ledger.ts';
import type { FinalChain } from './reference/final-chain.ts';
import type { World } from './world.ts';

const WEI_PER_SAT = 10n ** 10n;
/** Finality follows the head by three slots when all is well. */
const MAX_LAG_BLOCKS = 4;
const MORE_FINAL_BLOCKS = 5;

/** INV-28 and INV-10: what is still to come after all faults have healed; empty when the federation has come to rest. */
export class Liveness {
  readonly #world: World;
  readonly #chain: FinalChain;
  readonly #ledger: ReferenceLedger;
  #finalAtHeal = 0;

  constructor(world: World, chain: FinalChain, ledger: ReferenceLedger) {
    this.#world = world;
    this.#chain = chain;
    this.#ledger = ledger;
  }

  healed(): void {
    this.#finalAtHeal = this.#chain.final.length;
  }

  /** Bitcoin took back a deposit that was minted: nobody can put that right, and nodes must stay frozen. */
  get moneyIsLost(): boolean {
    return [...this.#ledger.mints.keys()].some((outpoint) => !this.#world.bitcoin.chain.coins.has(outpoint));
  }

  pending(): string[] {
    const pending = this.#chainPending();
    if (pending.length > 0) return pending;
    if (this.moneyIsLost)
      return this.#world.nodes.flatMap((node) =>
        node.bridge?.frozen === null ? [`node ${node.index} is not frozen`] : [],
      );
    return [...this.#depositsPending(), ...this.#burnsPending(), ...this.#nodesPending()];
  }

  #chainPending(): string[] {
    const { nodes } = this.#world;
    const height = this.#chain.final.length - 1;
    const pending: string[] = [];
    if (this.#chain.final.length < this.#finalAtHeal + MORE_FINAL_BLOCKS) pending.push('finality has not gone on');
    const epoch = this.#world.governance.epochs.length - 1;
    for (const { index, chain, engine, stream } of nodes) {
      if (chain === undefined) pending.push(`node ${index} does not run`);
      else if (chain.halted) pending.push(`node ${index} is halted`);
      else if (height - chain.finalized.height > MAX_LAG_BLOCKS)
        pending.push(`node ${index} lags at height ${chain.finalized.height} of ${height}`);
      else if (stream?.epoch !== epoch) pending.push(`node ${index} is in epoch ${stream?.epoch} of ${epoch}`);
      else if (engine?.client !== 'Ready') pending.push(`node ${index}: its client is ${engine?.client}`);
    }
    return pending;
  }

  #depositsPending(): string[] {
    return this.#ledger.coins().flatMap((coin) => {
      if (this.#ledger.judge(coin).kind !== 'deposit' || this.#ledger.mints.has(coin.outpoint)) return [];
      return [`deposit ${coin.outpoint} is not minted`];
    });
  }

  #burnsPending(): string[] {
    return [...this.#ledger.burns.values()].flatMap((burn) => {
      if (!this.#world.payees.has(burn.destination) || burn.wei < 1_000_000n * WEI_PER_SAT) return [];
      const payout = burn.payout === null ? undefined : this.#ledger.payouts.get(burn.payout);
      return this.#ledger.isPaid(burn) && payout?.confirmed === true ? [] : [`burn ${burn.id} is not paid`];
    });
  }

  /** Each node shows every operation as over, and the same books as the reference. */
  #nodesPending(): string[] {
    const { reserveSats, liabilitiesSats } = this.#ledger.balance();
    return this.#world.nodes.flatMap(({ index, bridge }) => {
      if (bridge === undefined) return [`node ${index} shows no bridge`];
      const open = bridge.operations.filter(({ id, terminal }) => !terminal && !this.#isTakenBack(id));
      if (open.length > 0) return open.map(({ id, state, blocker }) => `node ${index}: ${id} is ${state}: ${blocker}`);
      if (bridge.frozen !== null) return [`node ${index} is frozen: ${bridge.frozen.reason}`];
      const books = bridge.solvency;
      if (books?.reserveSats !== `${reserveSats}` || books.liabilitiesSats !== `${liabilitiesSats}`)
        return [
          `node ${index} counts ${books?.reserveSats} of ${reserveSats} sat held, ${books?.liabilitiesSats} of ${liabilitiesSats} owed`,
        ];
      return [];
    });
  }

  /** A deposit that a reorganisation and its sender have taken back waits for ever, in sight. */
  #isTakenBack(id: string): boolean {
    return id.startsWith('peg-in:') && !this.#world.bitcoin.chain.coins.has(id.slice('peg-in:'.length));
  }

  /** INV-10: whatever is open says what it waits for and until when somebody should look. */
  unexplained(): string[] {
    return this.#world.nodes.flatMap(({ index, bridge }) =>
      (bridge?.operations ?? [])
        .filter(({ terminal, blocker, deadlineMs }) => !terminal && (blocker === null || deadlineMs === null))
        .map(
          ({ id, state, blocker, deadlineMs }) =>
            `node ${index}: ${id} is ${state}, blocker ${blocker}, deadline ${deadlineMs}`,
        ),
    );
  }
}
