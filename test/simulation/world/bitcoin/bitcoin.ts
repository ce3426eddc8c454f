import { type Block, BitcoinChain, type ChainChange } from './chain.ts';
import { type FederationOutput, spendRefusal } from './federation-output.ts';
import { type Tx, type TxOutput, parseTx } from './transaction.ts';

/** Core's reason for not taking a transaction. */
export class Rejected extends Error {}

const MIN_RELAY_RATE = 1;
const DUST_SATS = 294n;
const STANDARD =
  /^(?:76a914[0-9a-f]{40}88ac|a914[0-9a-f]{40}87|0014[0-9a-f]{40}|0020[0-9a-f]{64}|5120[0-9a-f]{64}|6a[0-9a-f]{2,166})$/;
/** Fee of a user's transaction, whose inputs are worth what they pay. */
const USER_FEE_RATE = 10_000;

interface Waiting {
  readonly tx: Tx;
  readonly feeSats: bigint;
  readonly rate: number;
}

/** A Bitcoin network of one mempool and one best chain: takes transactions by relay's rules, mines, reorganizes, forgets. */
export class Bitcoin {
  readonly chain: BitcoinChain;
  readonly mempool = new Map<string, Waiting>();
  /** What miners ask for, sat/vB: a spike leaves cheaper transactions lying. */
  minedRate = 1;
  /** What `estimatesmartfee` answers. */
  feeRate = 2;
  /** By epoch. */
  readonly federations: FederationOutput[] = [];
  /** What was ever taken, for the time when a reorganisation brings it back. */
  readonly #taken = new Map<string, Waiting>();

  constructor(federation: FederationOutput, timeS: number) {
    this.federations.push(federation);
    this.chain = new BitcoinChain((script) => this.federationOf(script) !== undefined, timeS);
  }

  addFederation(federation: FederationOutput): void {
    this.federations.push(federation);
  }

  federationOf(script: string): FederationOutput | undefined {
    return this.federations.find((federation) => federation.script === script);
  }

  /** Takes a transaction into the mempool. @returns whether it was known. @throws Rejected or a parser's Error */
  submit(raw: string): { readonly tx: Tx; readonly known: boolean } {
    const tx = parseTx(raw);
    if (this.mempool.has(tx.txid) || this.chain.confirmed.has(tx.txid)) return { tx, known: true };
    const spent = tx.inputs.map(({ outpoint }) => this.#spentBy(tx, outpoint));
    this.#checkStandard(tx);
    let paid = 0n;
    let federated = false;
    for (const [index, output] of spent.entries()) {
      paid += output?.sats ?? 0n;
      const federation = output === null ? undefined : this.federationOf(output.script);
      if (federation === undefined) continue;
      federated = true;
      const refusal = spendRefusal(tx, index, spent as TxOutput[], federation);
      if (refusal !== null) throw new Rejected(`mempool-script-verify-flag-failed (${refusal})`);
    }
    const feeSats = federated
      ? paid - tx.outputs.reduce((sum, { sats }) => sum + sats, 0n)
      : BigInt(tx.vsize * USER_FEE_RATE);
    if (feeSats < BigInt(tx.vsize * MIN_RELAY_RATE)) throw new Rejected('min relay fee not met');
    const rate = Number(feeSats) / tx.vsize;
    this.#replace(tx, feeSats, rate);
    const waiting = { tx, feeSats, rate };
    this.#taken.set(tx.txid, waiting);
    this.mempool.set(tx.txid, waiting);
    return { tx, known: false };
  }

  /** Drops a transaction, as a full mempool does. */
  evict(txid: string): void {
    this.mempool.delete(txid);
  }

  mine(timeS: number): Block {
    return this.chain.extend(this.#take(), timeS);
  }

  /**
   * Replaces the newest `depth` blocks by one more. What they held waits again, unless `lost` says that its sender pays
   * somebody else instead.
   */
  reorganize(
    depth: number,
    timeS: number,
    lost: (tx: Tx) => Tx | null,
    empty: (index: number) => boolean,
  ): ChainChange {
    const undone = this.chain.undo(depth);
    for (const tx of undone.toReversed().flatMap(({ txs }) => txs)) {
      const instead = lost(tx);
      const waiting = this.#taken.get(tx.txid) as Waiting;
      this.mempool.set(instead?.txid ?? tx.txid, instead === null ? waiting : { ...waiting, tx: instead });
      if (instead !== null) this.#taken.set(instead.txid, { ...waiting, tx: instead });
    }
    this.#dropConflicts();
    const added = Array.from({ length: undone.length + 1 }, (_, index) =>
      this.chain.extend(empty(index) ? [] : this.#take(), timeS),
    );
    return { undone, added };
  }

  /** What the next block holds: by fee, parents before children, nothing that conflicts. */
  #take(): Tx[] {
    const taken: Tx[] = [];
    const made = new Set<string>();
    const spent = new Set<string>();
    for (const { tx, rate } of [...this.mempool.values()].sort((a, b) => b.rate - a.rate)) {
      if (rate < this.minedRate) continue;
      const fits = tx.inputs.every(
        ({ outpoint }) => !this.chain.isSpent(outpoint) && !spent.has(outpoint) && this.#exists(outpoint, made),
      );
      if (!fits) continue;
      taken.push(tx);
      for (const { outpoint } of tx.inputs) spent.add(outpoint);
      for (const vout of tx.outputs.keys()) made.add(`${tx.txid}:${vout}`);
    }
    for (const { txid } of taken) this.mempool.delete(txid);
    this.#dropConflicts(spent);
    return taken;
  }

  /** An output of a transaction that is nowhere now can't be spent; any other outpoint is a user's coin. */
  #exists(outpoint: string, made: ReadonlySet<string>): boolean {
    if (made.has(outpoint) || this.chain.coins.has(outpoint)) return true;
    const txid = outpoint.slice(0, 64);
    return !this.mempool.has(txid) && !this.chain.ever.has(txid);
  }

  #dropConflicts(spent: ReadonlySet<string> = new Set()): void {
    for (const [txid, { tx }] of this.mempool) {
      const gone = tx.inputs.some(({ outpoint }) => spent.has(outpoint) || this.chain.isSpent(outpoint));
      if (gone) this.mempool.delete(txid);
    }
  }

  /** The output that an input spends; null for a user's coin from nowhere. */
  #spentBy(tx: Tx, outpoint: string): TxOutput | null {
    if (this.chain.isSpent(outpoint)) throw new Rejected('bad-txns-inputs-missingorspent');
    const coin = this.chain.coins.get(outpoint);
    if (coin !== undefined) return coin;
    const parent = this.mempool.get(outpoint.slice(0, 64))?.tx;
    const output = parent?.outputs[Number(outpoint.slice(65))];
    if (output !== undefined) return output;
    if (this.chain.ever.has(outpoint.slice(0, 64)) || tx.inputs.some(({ witness }) => witness.length > 0))
      throw new Rejected('bad-txns-inputs-missingorspent');
    return null;
  }

  #checkStandard({ version, outputs }: Tx): void {
    if (version < 1 || version > 3) throw new Rejected('version');
    for (const { script, sats } of outputs) {
      if (!STANDARD.test(script)) throw new Rejected('scriptpubkey');
      if (sats < DUST_SATS && !script.startsWith('6a')) throw new Rejected('dust');
    }
  }

  /** BIP-125: the newcomer pays more than all that it throws out, and for its own relay. */
  #replace(tx: Tx, feeSats: bigint, rate: number): void {
    const spent = new Set(tx.inputs.map(({ outpoint }) => outpoint));
    const conflicts = [...this.mempool.values()].filter(({ tx: other }) =>
      other.inputs.some(({ outpoint }) => spent.has(outpoint)),
    );
    if (conflicts.length === 0) return;
    if (conflicts.some(({ tx: other }) => other.inputs.every(({ sequence }) => sequence > 0xffff_fffd)))
      throw new Rejected('txn-mempool-conflict');
    const before = conflicts.reduce((sum, other) => sum + other.feeSats, 0n);
    if (feeSats < before + BigInt(tx.vsize) || conflicts.some((other) => other.rate >= rate))
      throw new Rejected('insufficient fee');
    for (const { tx: other } of conflicts) this.mempool.delete(other.txid);
  }
}
