import { assert } from '../../../primitives/assert.ts';
import type { Outpoint, Txid } from '../../../primitives/ids.ts';
import { splitOutpoint } from '../../../primitives/ids.ts';
import { addSats, type Sats } from '../../../primitives/units.ts';
import { COINBASE_RESERVED_WEIGHT, MAX_BLOCK_SIGOP_COST, MAX_BLOCK_WEIGHT } from '../regtest.ts';
import type { Coin } from '../chain/coins.ts';
import type { Tx } from '../transaction.ts';
import { type MempoolEntry, compareFeeRates } from './entry.ts';

/** The height of coins that are in no block yet, as Core marks them: above any other. */
export const MEMPOOL_HEIGHT = 0x7fff_ffff;

/** The transactions that wait, and who spends what among them. Its rules of admission are in `admission.ts`. */
export class Mempool {
  private readonly entries = new Map<Txid, MempoolEntry>();
  private readonly spenders = new Map<Outpoint, Txid>();

  get size(): number {
    return this.entries.size;
  }

  get totalVsize(): number {
    return this.all().reduce((sum, entry) => sum + entry.vsize, 0);
  }

  get totalFeeSats(): Sats {
    return addSats(...this.all().map((entry) => entry.feeSats));
  }

  /** In the order of their coming, so that parents stand before children. */
  all(): readonly MempoolEntry[] {
    return [...this.entries.values()];
  }

  get(id: Txid): MempoolEntry | undefined {
    return this.entries.get(id);
  }

  /** The transaction in the mempool that spends an output. */
  spenderOf(at: Outpoint): Txid | undefined {
    return this.spenders.get(at);
  }

  /** An output of a transaction in the mempool, as a coin. */
  coin(at: Outpoint): Coin | undefined {
    const { txid, vout } = splitOutpoint(at);
    const output = this.entries.get(txid)?.tx.outputs[vout];
    return output && { output, height: MEMPOOL_HEIGHT, isCoinbase: false };
  }

  /** The transactions in the mempool that spend what this one spends. */
  conflictsOf(tx: Tx): readonly MempoolEntry[] {
    const ids = new Set(tx.inputs.flatMap((input) => this.spenders.get(input.outpoint) ?? []));
    return [...ids].map((id) => this.need(id));
  }

  parentsOf(tx: Tx): Set<Txid> {
    return new Set(tx.inputs.map((input) => input.txid).filter((id) => this.entries.has(id)));
  }

  /** Everything in the mempool that the parents rest on, with them. */
  ancestors(parents: Iterable<Txid>): readonly MempoolEntry[] {
    return this.closure(parents, (entry) => entry.parents);
  }

  /** Everything in the mempool that rests on these, with them. */
  descendants(ids: Iterable<Txid>): readonly MempoolEntry[] {
    return this.closure(ids, (entry) => entry.children);
  }

  add(entry: MempoolEntry): void {
    const id = entry.tx.txid;
    assert(!this.entries.has(id), 'a transaction enters the mempool once');
    this.entries.set(id, entry);
    for (const input of entry.tx.inputs) this.spenders.set(input.outpoint, id);
    for (const parent of entry.parents) this.need(parent).children.add(id);
  }

  /** Removes transactions; what rests on them must go with them, or they must be in a block now. */
  remove(ids: Iterable<Txid>): void {
    for (const id of ids) {
      const entry = this.need(id);
      this.entries.delete(id);
      for (const input of entry.tx.inputs) this.spenders.delete(input.outpoint);
      for (const parent of entry.parents) this.entries.get(parent)?.children.delete(id);
      for (const child of entry.children) this.entries.get(child)?.parents.delete(id);
    }
  }

  clear(): void {
    this.entries.clear();
    this.spenders.clear();
  }

  /** A copy to try things on. */
  fork(): Mempool {
    const copy = new Mempool();
    for (const entry of this.all()) copy.add({ ...entry, parents: new Set(entry.parents), children: new Set() });
    return copy;
  }

  /** What a miner puts into the next block: the best payers first, each after its parents, while there is room. */
  selectForBlock(): readonly MempoolEntry[] {
    const chosen = new Map<Txid, MempoolEntry>();
    let weight = COINBASE_RESERVED_WEIGHT;
    let sigopRoom = MAX_BLOCK_SIGOP_COST;
    const withAncestors = this.all().map((entry) => {
      const group = this.ancestors([entry.tx.txid]);
      return { group, feeSats: totalFee(group), vsize: totalVsize(group) };
    });
    for (const { group } of withAncestors.toSorted((a, b) => compareFeeRates(b, a))) {
      const missing = group.filter((entry) => !chosen.has(entry.tx.txid));
      const added = missing.reduce((sum, entry) => sum + entry.tx.weight, 0);
      const sigops = missing.reduce((sum, entry) => sum + entry.sigops, 0);
      if (weight + added > MAX_BLOCK_WEIGHT || sigops > sigopRoom) continue;
      weight += added;
      sigopRoom -= sigops;
      for (const entry of missing) chosen.set(entry.tx.txid, entry);
    }
    // The order of coming is an order in which parents stand before children.
    return this.all().filter((entry) => chosen.has(entry.tx.txid));
  }

  private closure(start: Iterable<Txid>, next: (entry: MempoolEntry) => Iterable<Txid>): readonly MempoolEntry[] {
    const found = new Map<Txid, MempoolEntry>();
    const open = [...start];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (found.has(id)) continue;
      const entry = this.need(id);
      found.set(id, entry);
      open.push(...next(entry));
    }
    return [...found.values()];
  }

  private need(id: Txid): MempoolEntry {
    const entry = this.entries.get(id);
    assert(entry !== undefined, 'the mempool knows the transactions that it links');
    return entry;
  }
}

export const totalFee = (entries: readonly MempoolEntry[]): Sats => addSats(...entries.map((entry) => entry.feeSats));
export const totalVsize = (entries: readonly MempoolEntry[]): number =>
  entries.reduce((sum, entry) => sum + entry.vsize, 0);
