import type { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import { MAX_EVIDENCE_PER_KEY } from '../../../node-core/adapters/sqlite/writes.ts';
import type { Vote } from '../../../node-core/domain/consensus/types.ts';
import { addVote, EMPTY_COLLECTOR } from '../../../node-core/domain/consensus/votes.ts';
import { slot as slotOf } from '../../../node-core/primitives/ids.ts';
import type { StorageView } from '../../../node-core/protocol/views.ts';
import { addressOf } from '../../support/evm-chain.ts';
import type { Tally } from '../tally.ts';
import type { FuzzNode } from './fuzz-node.ts';
import type { Keys } from './keys.ts';
import { NETWORK_HASH } from './network.ts';
import { ACCOUNTS, FIRST_PAYEE, PAYEES } from './payments.ts';
import { StoreContent } from './store-content.ts';
import { until } from './until.ts';

/** What malformed input must leave as it is. */
export interface Snapshot {
  readonly head: string;
  readonly finalized: string;
  readonly highCertificateSlot: number;
  readonly latest: string;
  readonly stateRoot: string;
  readonly balances: string;
  readonly store: string;
}

/** Watches over one node: what it is may change by valid blocks alone, and no actor of it may crash. */
export class Invariants {
  readonly #node: FuzzNode;
  readonly #keys: Keys;
  readonly #tally: Tally;
  readonly #content: StoreContent;
  #expected: Snapshot | null = null;
  /** What the node must have collected: the same rule on the same votes, so that evidence can be foretold. */
  #collector = EMPTY_COLLECTOR;
  /** Rows of evidence that each key with two votes must have left; blocks leave one a slot, valid or not. */
  readonly #expectedEvidence = new Map<string, number>();

  constructor(node: FuzzNode, keys: Keys, folder: string, tally: Tally) {
    this.#node = node;
    this.#keys = keys;
    this.#tally = tally;
    this.#content = new StoreContent(folder);
  }

  /** Valid blocks came in: what is now is what must stay. */
  async accept(): Promise<Snapshot> {
    await this.#settle();
    return (this.#expected = await this.#snapshot());
  }

  /** @throws Error when the node ended or one of its actors crashed: then nothing more can be learned of it. */
  async check(after: string): Promise<void> {
    const expected = this.#expected;
    if (expected === null) throw new Error('there is nothing to compare with');
    const actual = await this.accept();
    for (const field of Object.keys(actual) as (keyof Snapshot)[])
      if (actual[field] !== expected[field])
        this.#tally.problem(`${after}: ${field} changed from ${expected[field]} to ${actual[field]}`);
    await this.#checkEvidence(after);
    const failure = this.#node.failure();
    if (failure !== null) throw new Error(`${after}: the node ended: ${failure}`);
    for (const { path, lifecycle, crashes, restarts, dropped, lastError } of this.#node.system.tree())
      if (lifecycle !== 'Running' || crashes + restarts + dropped > 0)
        throw new Error(
          `${after}: ${path} is ${lifecycle} after ${crashes} crashes, ${restarts} restarts, ${dropped} drops: ${lastError?.stack}`,
        );
  }

  /** What the node makes of a vote in this slot: kept, kept as evidence, or the code of its refusal. */
  foretellVote(vote: Vote, currentSlot: number): string {
    const added = addVote(this.#collector, vote, {
      sets: this.#node.network.authorities.map(({ members }) => members),
      scheme: this.#keys.scheme,
      networkHash: NETWORK_HASH,
      currentSlot: slotOf(currentSlot),
    });
    if (!added.ok) return added.refusal.code;
    this.#collector = added.value.collector;
    if (added.value.evidence === null) return 'kept, for an unknown block';
    const { key } = added.value;
    this.#expectedEvidence.set(key, (this.#expectedEvidence.get(key) ?? 0) + 1);
    return 'kept as evidence';
  }

  /** In how many slots the node knows an authority to have signed two blocks. */
  blockEvidence(authority: number): number {
    return this.#content.evidenceRows(this.#keyOf(authority), 'block');
  }

  /** Whether no more evidence of an authority is kept. */
  hasAllEvidence(authority: number): boolean {
    return this.#hasAllOf(this.#keyOf(authority));
  }

  #keyOf(authority: number): string {
    return this.#keys.pairs[authority]?.publicKey ?? '';
  }

  #hasAllOf(key: string): boolean {
    return this.#content.evidenceRows(key, 'vote') + this.#content.evidenceRows(key, 'block') >= MAX_EVIDENCE_PER_KEY;
  }

  async #checkEvidence(after: string): Promise<void> {
    for (const [key, expected] of this.#expectedEvidence) {
      const rows = (): number => this.#content.evidenceRows(key, 'vote');
      await until('equivocations are written down', () => rows() >= expected || this.#hasAllOf(key));
      const found = rows();
      if (found > expected || this.#content.evidenceRows(key, 'block') + found > MAX_EVIDENCE_PER_KEY)
        this.#tally.problem(`${after}: ${found} equivocations of ${key} are written down, not ${expected}`);
      this.#expectedEvidence.set(key, found);
    }
  }

  /** Resolves when nothing is under way any more. */
  #settle(): Promise<void> {
    const { system, evm } = this.#node;
    return until('the node comes to rest', async () => {
      if (this.#node.failure() !== null) return true;
      const isIdle = system.tree().every(({ mailbox, lifecycle }) => mailbox.depth === 0 || lifecycle !== 'Running');
      const storage = system.view('StorageActor') as StorageView | undefined;
      if (!isIdle || (storage?.pending ?? 0) > 0) return false;
      const { state, recentBlocks, highCertificateSlot } = this.#node.view();
      // Wallets see the highest certified block.
      const certified = recentBlocks.find(({ slot }) => slot === highCertificateSlot);
      const latest = (await evm.request('eth_getBlockByNumber', ['latest', false])) as { readonly hash: string };
      return state === 'Active' && latest.hash === certified?.blockHash;
    });
  }

  async #snapshot(): Promise<Snapshot> {
    const { head, finalized, highCertificateSlot } = this.#node.view();
    const { hash, stateRoot } = (await this.#node.evm.request('eth_getBlockByNumber', ['latest', false])) as {
      readonly hash: string;
      readonly stateRoot: string;
    };
    return {
      head: head.root,
      finalized: finalized.root,
      highCertificateSlot,
      latest: hash,
      stateRoot,
      balances: await balancesOf(this.#node.evm),
      store: this.#content.hash(),
    };
  }

  close(): void {
    this.#content.close();
  }
}

/** At the head, of all who pay and are paid here. */
export async function balancesOf(evm: EmbeddedEvm): Promise<string> {
  const indexes = Array.from({ length: ACCOUNTS + PAYEES }, (_, i) => (i < ACCOUNTS ? i : FIRST_PAYEE + i - ACCOUNTS));
  const found = indexes.map((index) => evm.request('eth_getBalance', [addressOf(index), 'latest']));
  return (await Promise.all(found)).join(' ');
}
