import { AlysError } from '../../primitives/errors.ts';
import type { Hex } from '../../primitives/hex.ts';
import type { EvmAddress } from '../../primitives/ids.ts';
import type { BlockExecutor } from './block-executor.ts';
import { Candidates } from './candidates.ts';
import { OutOfTime } from './pacer.ts';
import type { TransactionPool } from './pool/transaction-pool.ts';
import { type Transaction, effectiveTip } from './transactions.ts';

/** Bytes of transactions in a built block, so that it fits a frame of 1 MiB with what else it holds. Source: protocol.md, "At most". */
const MAX_BLOCK_TRANSACTION_BYTES = 768 * 1024;
/** What a unit of gas takes at most, in the table of this folder's README, rounded up. */
const WORST_MS_PER_GAS = 0.000_13;
/** Share of a block's time that attempts which come to nothing may take; the rest is for transactions that surely fit. */
const ATTEMPTS_SHARE = 0.5;
/** Share for a transaction that ran out of time before and is now the first: twice what it has had at least. */
const ALONE_SHARE = 0.75;
/** How often a transaction may run out of time before it is given up. */
const MAX_OVERRUNS = 2;
/** Blocks without a first try after one that failed, doubled each time. */
const MAX_PAUSE_BLOCKS = 8;
/** Accounts whose transactions wait for a try of their own; the oldest is forgotten beyond it, and begins anew. */
const MAX_SLOW_ACCOUNTS = 4096;

/** Transactions of an account that ran out of time, counted by nonce: a replacement is no fresh start. */
interface Overruns {
  readonly nonce: bigint;
  readonly count: number;
}

/**
 * Chooses the transactions of a block. Any of them may turn out to take longer than there is time, and costs its sender
 * nothing then; so the time for such attempts is bounded, and at least a quarter of every block's time is for those of
 * which the gas limit says that they fit.
 */
export class BlockFiller {
  readonly #pool: TransactionPool;
  readonly #executor: BlockExecutor;
  readonly #clock: () => number;
  /** In the order in which they are to be tried. */
  readonly #slow = new Map<EvmAddress, Overruns>();
  #pauseBlocks = 0;
  #blocksToPause = 0;

  constructor(pool: TransactionPool, executor: BlockExecutor, clock: () => number) {
    this.#pool = pool;
    this.#executor = executor;
    this.#clock = clock;
  }

  /** Runs the best transactions until the block is full, the time is over or none is left. */
  async fill(baseFeeWei: bigint, startMs: number, deadlineMs: number): Promise<readonly Hex[]> {
    const timeMs = deadlineMs - startMs;
    const filling = { transactions: [] as Hex[], bytes: 0 };
    let attemptsMs = timeMs * ATTEMPTS_SHARE;
    const first = this.#nextSlow(baseFeeWei);
    if (first !== undefined && (await this.#attempt(first, startMs + timeMs * ALONE_SHARE, filling)) === 'overrun') {
      attemptsMs = 0;
      this.#pauseBlocks = Math.min(MAX_PAUSE_BLOCKS, Math.max(1, this.#pauseBlocks * 2));
      this.#blocksToPause = this.#pauseBlocks;
    } else if (first !== undefined) {
      this.#pauseBlocks = 0;
    }
    const candidates = new Candidates(this.#pool.pendingByAccount(), baseFeeWei);
    for (let next = candidates.peek(); next !== undefined; next = candidates.peek()) {
      if (next.raw === first?.raw && filling.transactions[0] === first.raw) {
        candidates.accepted();
        continue;
      }
      const nowMs = this.#clock();
      if (nowMs >= deadlineMs) break;
      const surelyFits = Number(next.tx.gasLimit) * WORST_MS_PER_GAS <= deadlineMs - nowMs;
      if ((!surelyFits && attemptsMs <= 0) || this.#overrunsOf(next) > 0) {
        candidates.passed();
        continue;
      }
      const outcome = await this.#attempt(
        next,
        surelyFits ? deadlineMs : Math.min(deadlineMs, nowMs + attemptsMs),
        filling,
      );
      if (outcome === 'overrun') attemptsMs -= this.#clock() - nowMs;
      if (outcome === 'included') candidates.accepted();
      else candidates.passed();
    }
    return filling.transactions;
  }

  async #attempt(
    transaction: Transaction,
    deadlineMs: number,
    filling: { readonly transactions: Hex[]; bytes: number },
  ): Promise<'included' | 'refused' | 'overrun'> {
    if (filling.bytes + transaction.byteLength > MAX_BLOCK_TRANSACTION_BYTES) return 'refused';
    try {
      await this.#executor.apply(transaction, deadlineMs);
    } catch (error) {
      if (error instanceof OutOfTime) {
        this.#countOverrun(transaction);
        return 'overrun';
      }
      if (error instanceof AlysError) throw error;
      return 'refused';
    }
    this.#slow.delete(transaction.sender);
    filling.transactions.push(transaction.raw);
    filling.bytes += transaction.byteLength;
    return 'included';
  }

  #overrunsOf({ sender, tx }: Transaction): number {
    const overruns = this.#slow.get(sender);
    return overruns?.nonce === tx.nonce ? overruns.count : 0;
  }

  #countOverrun(transaction: Transaction): void {
    const { sender, tx } = transaction;
    const count = this.#overrunsOf(transaction) + 1;
    this.#slow.delete(sender);
    if (count >= MAX_OVERRUNS) {
      this.#pool.giveUp(transaction, `it did not end in the time that a block has for one transaction, ${count} times`);
      return;
    }
    this.#slow.set(sender, { nonce: tx.nonce, count });
    for (const oldest of this.#slow.keys()) {
      if (this.#slow.size <= MAX_SLOW_ACCOUNTS) break;
      this.#slow.delete(oldest);
    }
  }

  /** The transaction that has waited longest for a try of its own. */
  #nextSlow(baseFeeWei: bigint): Transaction | undefined {
    if (this.#blocksToPause > 0) {
      this.#blocksToPause--;
      return undefined;
    }
    for (const [sender, { nonce }] of this.#slow) {
      const [next] = this.#pool.pendingOf(sender);
      // Included by another's block, replaced by nothing, or not worth its place now.
      if (next?.tx.nonce !== nonce) this.#slow.delete(sender);
      else if (effectiveTip(next, baseFeeWei) >= 0n) return next;
    }
    return undefined;
  }
}
