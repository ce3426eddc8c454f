import type { PegOutEntry } from '../../../../node-core/domain/consensus/types.ts';
import type { Bitcoin } from '../bitcoin/bitcoin.ts';
import type { Coin } from '../bitcoin/chain.ts';
import { type Tx, parseTx } from '../bitcoin/transaction.ts';
import type { Evm, TrueBurn } from '../execution/evm.ts';
import { type Judged, judgeCoin } from './deposits.ts';
import type { FinalBlock } from './final-chain.ts';

const WEI_PER_SAT = 10n ** 10n;
const ceilSats = (wei: bigint): bigint => (wei + WEI_PER_SAT - 1n) / WEI_PER_SAT;
const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

/** What a block says of a payout that is to be signed. */
export type Unsigned = Extract<PegOutEntry, { readonly shares: unknown }>;

export interface KnownBurn extends TrueBurn {
  readonly height: number;
  /** The payout that pays it, by final blocks. */
  payout: string | null;
}
export interface KnownPayout {
  readonly id: string;
  readonly versions: { readonly tx: Tx; readonly entry: Unsigned }[];
  confirmed: boolean;
}

/** What a block says of the members who follow. */
export interface Succession {
  readonly epoch: number;
  readonly activationHeight: number;
  readonly handover: { readonly fromBitcoinHeight: number; readonly untilBitcoinHeight: number };
}

export interface Balance {
  readonly reserveSats: bigint;
  readonly liabilitiesSats: bigint;
}

/**
 * The books by protocol.md's definition, kept from the simulated Bitcoin and from the final blocks executed by the
 * stand-in: not one number comes from a node's own books.
 */
export class ReferenceLedger {
  readonly mints = new Map<
    string,
    { readonly sats: bigint; readonly recipient: string; readonly height: number; readonly epoch: number }
  >();
  readonly burns = new Map<string, KnownBurn>();
  readonly payouts = new Map<string, KnownPayout>();
  mintedSats = 0n;
  burnedFeesWei = 0n;
  burnedWei = 0n;
  /** The member sets that final blocks have recorded, from epoch 1 on. */
  readonly successions: Succession[] = [];
  readonly #bitcoin: Bitcoin;
  readonly #evm: Evm;
  readonly #rules: { readonly depth: number; readonly minimumSats: bigint };
  readonly #judged = new Map<string, Judged>();

  constructor(bitcoin: Bitcoin, evm: Evm, rules: { readonly depth: number; readonly minimumSats: bigint }) {
    this.#bitcoin = bitcoin;
    this.#evm = evm;
    this.#rules = rules;
  }

  get depth(): number {
    return this.#rules.depth;
  }

  /** Takes a block that became final in. */
  apply({ signedBlock: { block } }: FinalBlock): void {
    const executed = this.#evm.block(block.payload.blockHash);
    for (const { outpoint, amountSats, recipient, epoch } of block.pegIns)
      this.mints.set(outpoint, { sats: amountSats, recipient, height: block.height, epoch });
    for (const { amountGwei } of block.payload.withdrawals) this.mintedSats += amountGwei / 10n;
    this.burnedFeesWei += executed?.burnedFeesWei ?? 0n;
    for (const burn of executed?.burns ?? []) {
      this.burns.set(burn.id, { ...burn, height: block.height, payout: null });
      this.burnedWei += burn.wei;
    }
    for (const entry of block.pegOuts) this.#applyEntry(entry);
    for (const { update } of block.federationUpdates) this.successions.push(JSON.parse(update) as Succession);
  }

  /** Epoch of the members at a height, by the final blocks. */
  epochAt(height: number): number {
    return this.successions.findLast(({ activationHeight }) => activationHeight <= height)?.epoch ?? 0;
  }

  #applyEntry(entry: PegOutEntry): void {
    const known = this.payouts.get(entry.id);
    if (entry.status === 'Confirmed') {
      if (known !== undefined) known.confirmed = true;
      return;
    }
    const version = { tx: parseTx(entry.unsignedTx), entry };
    if (known === undefined) this.payouts.set(entry.id, { id: entry.id, versions: [version], confirmed: false });
    else known.versions.push(version);
    for (const { burn } of entry.shares) {
      const paid = this.burns.get(burn);
      if (paid !== undefined) paid.payout ??= entry.id;
    }
  }

  /** Outputs of the best chain that pay the federation: a set of members that the chain knows. */
  coins(): readonly Coin[] {
    return [...this.#bitcoin.chain.coins.values()].filter(({ script, height }) => {
      const epoch = this.#epochOf(script);
      if (epoch <= 0) return epoch === 0;
      return this.successions.some((set) => set.epoch === epoch && height >= set.handover.fromBitcoinHeight);
    });
  }

  judge(coin: Coin): Judged {
    const retired = this.#isRetired(coin);
    const key = `${coin.outpoint}:${retired}`;
    const known = this.#judged.get(key);
    if (known !== undefined) return known;
    const judged = judgeCoin(coin, { minimumSats: this.#rules.minimumSats, retired });
    this.#judged.set(key, judged);
    return judged;
  }

  /** From the Bitcoin height on that the members who follow have named. */
  #isRetired({ script, height }: Coin): boolean {
    const next = this.#epochOf(script) + 1;
    return this.successions.some(({ epoch, handover }) => epoch === next && height >= handover.untilBitcoinHeight);
  }

  #epochOf(script: string): number {
    return this.#bitcoin.federations.findIndex((federation) => federation.script === script);
  }

  confirmations(txid: string): number {
    return this.#bitcoin.chain.confirmations(txid);
  }

  isDeep(txid: string): boolean {
    return this.confirmations(txid) >= this.depth;
  }

  /** The version of a payout that the best chain holds. */
  paymentOf({ versions }: KnownPayout): Tx | undefined {
    return versions.find(({ tx }) => this.#bitcoin.chain.confirmed.has(tx.txid))?.tx;
  }

  isPaid(burn: KnownBurn): boolean {
    const payout = burn.payout === null ? undefined : this.payouts.get(burn.payout);
    const payment = payout === undefined ? undefined : this.paymentOf(payout);
    return payment !== undefined && this.isDeep(payment.txid);
  }

  /** Both sides at one Bitcoin depth. Source: protocol.md, Solvency. */
  balance(): Balance {
    const deep = this.coins().filter(({ tx }) => this.isDeep(tx.txid));
    const unspent = deep.filter(({ outpoint }) => {
      const spend = this.#bitcoin.chain.spends.get(outpoint);
      return spend === undefined || !this.isDeep(spend.tx.txid);
    });
    const reserveSats = sum(unspent.map(({ sats }) => sats));
    const supply = ceilSats(this.mintedSats * WEI_PER_SAT - this.burnedFeesWei - this.burnedWei);
    const unpaid = ceilSats(
      sum([...this.burns.values()].map((burn) => (this.isPaid(burn) ? burn.wei % WEI_PER_SAT : burn.wei))),
    );
    const unminted = sum(
      deep
        .filter((coin) => this.judge(coin).kind === 'deposit' && !this.mints.has(coin.outpoint))
        .map(({ sats }) => sats),
    );
    const rejected = sum(unspent.filter((coin) => this.judge(coin).kind === 'rejected').map(({ sats }) => sats));
    return { reserveSats, liabilitiesSats: supply + unpaid + unminted + rejected };
  }
}
