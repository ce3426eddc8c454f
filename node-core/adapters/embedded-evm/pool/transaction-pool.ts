import type { EvmAddress, EvmTxHash } from '../../../primitives/ids.ts';
import type { ExecutionConfig } from '../execution-config.ts';
import { type Transaction, effectiveTip } from '../transactions.ts';
import { AccountQueue } from './account-queue.ts';
import { transactionRefused } from './refusal.ts';

/** An account at the head of the chain. */
export interface PoolAccount {
  readonly nonce: bigint;
  readonly balanceWei: bigint;
  readonly hasCode: boolean;
}

/** What the pool asks of the chain. */
export interface PoolChain {
  /** The account at the head. */
  account(address: EvmAddress): PoolAccount;
  readonly gasLimit: bigint;
  /** Of the next block. */
  readonly baseFeeWei: bigint;
}

/** A transaction that could go, and what it is worth. */
interface Evictable {
  readonly transaction: Transaction;
  readonly isQueued: boolean;
  readonly tip: bigint;
}

const goesBefore = (a: Evictable, b: Evictable): boolean => (a.isQueued === b.isQueued ? a.tip < b.tip : a.isQueued);

/** Reasons that are kept of transactions that were given up. */
const MAX_GIVEN_UP = 4096;

/**
 * Transactions that wait for a block. An account's transactions are *pending* as far as their nonces follow its next
 * one without a gap; the others are *queued* until the gap is filled.
 */
export class TransactionPool {
  #config: ExecutionConfig;
  readonly #chain: PoolChain;
  readonly #accounts = new Map<EvmAddress, AccountQueue>();
  readonly #byHash = new Map<EvmTxHash, Transaction>();
  /** Why transactions that never ended were given up; oldest first. */
  readonly #givenUp = new Map<EvmTxHash, string>();
  #bytes = 0;
  /** The account with which `pending` goes on. */
  #tellNext: EvmAddress | null = null;

  readonly #onGivenUp: (evmTxHash: EvmTxHash, reason: string) => void;

  /** `onGivenUp` is told of transactions that never ended. */
  constructor(config: ExecutionConfig, chain: PoolChain, onGivenUp: (evmTxHash: EvmTxHash, reason: string) => void) {
    this.#config = config;
    this.#chain = chain;
    this.#onGivenUp = onGivenUp;
  }

  get size(): number {
    return this.#byHash.size;
  }

  /** New rules hold for what comes from now on; what is too much goes at once. */
  configure(config: ExecutionConfig): void {
    this.#config = config;
    while (this.#isOverfull(0, 0)) this.#evictCheapest();
  }

  get(hash: EvmTxHash): Transaction | undefined {
    return this.#byHash.get(hash);
  }

  /** Nonce of the next transaction that the account should send. */
  nextNonce(address: EvmAddress): bigint {
    return this.#accounts.get(address)?.nextNonce() ?? this.#chain.account(address).nonce;
  }

  /** @throws ServiceError `TRANSACTION_REFUSED`. Returns whether it was there already. */
  add(transaction: Transaction): { readonly alreadyKnown: boolean } {
    const { evmTxHash, sender, byteLength } = transaction;
    if (this.#byHash.has(evmTxHash)) return { alreadyKnown: true };
    const givenUp = this.#givenUp.get(evmTxHash);
    if (givenUp !== undefined) throw transactionRefused(`the transaction was given up: ${givenUp}`);
    const account = this.#chain.account(sender);
    this.#checkAlone(transaction, account);
    const queue = this.#accounts.get(sender) ?? new AccountQueue(account.nonce);
    const replaced = queue.get(transaction.tx.nonce);
    if (replaced !== undefined) {
      this.#checkReplacement(transaction, replaced);
    } else if (queue.size >= this.#config.pool.maxPerAccount) {
      throw transactionRefused('account limit exceeded: too many transactions of this account wait');
    }
    const spentByOthers = queue.totalCost() - (replaced?.cost ?? 0n);
    if (spentByOthers + transaction.cost > account.balanceWei) {
      throw transactionRefused(
        `insufficient funds for gas * price + value: balance ${account.balanceWei}, queued cost ${spentByOthers}, tx cost ${transaction.cost}`,
      );
    }
    for (const evicted of this.#roomFor(transaction, queue, replaced)) this.#remove(evicted);
    queue.put(transaction);
    this.#accounts.set(sender, queue);
    if (replaced !== undefined) this.#forget(replaced);
    this.#byHash.set(evmTxHash, transaction);
    this.#bytes += byteLength;
    return { alreadyKnown: false };
  }

  /** What can be said of a transaction without the others in the pool. */
  #checkAlone({ tx, byteLength, maxFeeWei, maxTipWei }: Transaction, account: PoolAccount): void {
    const { maxTransactionBytes, maxTransactionGas } = this.#config.pool;
    if (byteLength > maxTransactionBytes) {
      throw transactionRefused(`oversized data: transaction size ${byteLength}, limit ${maxTransactionBytes}`);
    }
    if (tx.gasLimit > this.#chain.gasLimit) throw transactionRefused('exceeds block gas limit');
    if (tx.gasLimit > maxTransactionGas) {
      throw transactionRefused(
        `gas limit too high: gas ${tx.gasLimit}, this node gives a transaction at most ${maxTransactionGas}`,
      );
    }
    const intrinsic = tx.getIntrinsicGas();
    if (tx.gasLimit < intrinsic) {
      throw transactionRefused(`intrinsic gas too low: gas ${tx.gasLimit}, minimum needed ${intrinsic}`);
    }
    const minTip = BigInt(this.#config.minTipWei);
    const tip = maxTipWei < maxFeeWei ? maxTipWei : maxFeeWei;
    if (tip < minTip) {
      throw transactionRefused(`transaction gas price below minimum: gas tip cap ${tip}, minimum needed ${minTip}`);
    }
    if (tx.nonce < account.nonce) {
      throw transactionRefused(`nonce too low: next nonce ${account.nonce}, tx nonce ${tx.nonce}`);
    }
    if (account.hasCode) throw transactionRefused('sender not an eoa');
  }

  #checkReplacement(transaction: Transaction, replaced: Transaction): void {
    const needed = (price: bigint): bigint => (price * BigInt(100 + this.#config.pool.priceBumpPercent) + 99n) / 100n;
    if (transaction.maxFeeWei < needed(replaced.maxFeeWei) || transaction.maxTipWei < needed(replaced.maxTipWei)) {
      throw transactionRefused('replacement transaction underpriced');
    }
  }

  #isOverfull(more: number, moreBytes: number): boolean {
    const { maxTransactions, maxBytes } = this.#config.pool;
    return this.#byHash.size + more > maxTransactions || this.#bytes + moreBytes > maxBytes;
  }

  /**
   * The least worth transactions, as many as have to go for a better one.
   * @throws ServiceError `TRANSACTION_REFUSED` when it is not better than all of them.
   */
  #roomFor(transaction: Transaction, queue: AccountQueue, replaced: Transaction | undefined): readonly Transaction[] {
    let more = replaced === undefined ? 1 : 0;
    let moreBytes = transaction.byteLength - (replaced?.byteLength ?? 0);
    if (!this.#isOverfull(more, moreBytes)) return [];
    const isQueued = transaction.tx.nonce > queue.nextNonce();
    const tip = effectiveTip(transaction, this.#chain.baseFeeWei);
    const evicted: Transaction[] = [];
    for (const cheapest of this.#cheapestFirst()) {
      const isBetter = isQueued === cheapest.isQueued ? tip > cheapest.tip : cheapest.isQueued;
      if (cheapest.transaction.sender === transaction.sender || !isBetter) break;
      evicted.push(cheapest.transaction);
      more--;
      moreBytes -= cheapest.transaction.byteLength;
      if (!this.#isOverfull(more, moreBytes)) return evicted;
    }
    throw transactionRefused('txpool is full');
  }

  #evictCheapest(): void {
    for (const { transaction } of this.#cheapestFirst()) {
      this.#remove(transaction);
      return;
    }
  }

  /** In the order in which they would go: of the last ones left of all accounts, so that none of an account's goes before a later one, queued before pending, then by tip. */
  *#cheapestFirst(): Iterable<Evictable> {
    const baseFee = this.#chain.baseFeeWei;
    const lines = [...this.#accounts.values()].map((queue) => {
      const byNonce = [...queue.all()].sort((a, b) => (a.tx.nonce < b.tx.nonce ? -1 : 1));
      return { byNonce, nextNonce: queue.nextNonce() };
    });
    const lastOf = ({ byNonce, nextNonce }: (typeof lines)[number]): Evictable | undefined => {
      const transaction = byNonce.at(-1);
      if (transaction === undefined) return undefined;
      return { transaction, isQueued: transaction.tx.nonce >= nextNonce, tip: effectiveTip(transaction, baseFee) };
    };
    for (;;) {
      let cheapest: Evictable | undefined;
      let from: (typeof lines)[number] | undefined;
      for (const line of lines) {
        const last = lastOf(line);
        if (last !== undefined && (cheapest === undefined || goesBefore(last, cheapest))) {
          cheapest = last;
          from = line;
        }
      }
      if (cheapest === undefined) return;
      from?.byNonce.pop();
      yield cheapest;
    }
  }

  #remove(transaction: Transaction): void {
    const queue = this.#accounts.get(transaction.sender);
    queue?.delete(transaction.tx.nonce);
    if (queue?.size === 0) this.#accounts.delete(transaction.sender);
    this.#forget(transaction);
  }

  #forget(transaction: Transaction): void {
    if (this.#byHash.delete(transaction.evmTxHash)) this.#bytes -= transaction.byteLength;
  }

  /**
   * Takes the head's move in: what blocks hold is gone, what orphans held comes back if it still can. Without orphans
   * only an account's own transactions can use up its nonces or lower its balance.
   */
  onHeadMoved(senders: ReadonlySet<EvmAddress>, orphaned: readonly Transaction[]): void {
    for (const address of orphaned.length > 0 ? [...this.#accounts.keys()] : senders) {
      const queue = this.#accounts.get(address);
      if (queue === undefined) continue;
      const { nonce, balanceWei } = this.#chain.account(address);
      for (const dropped of queue.advance(nonce, balanceWei)) this.#forget(dropped);
      if (queue.size === 0) this.#accounts.delete(address);
    }
    for (const transaction of orphaned) {
      try {
        this.add(transaction);
      } catch {
        // The other branch made it impossible, or another transaction took its place.
      }
    }
  }

  /** Forgets a transaction for good: it is refused with the reason when it comes again. */
  giveUp(transaction: Transaction, reason: string): void {
    this.#remove(transaction);
    this.#givenUp.set(transaction.evmTxHash, reason);
    for (const oldest of this.#givenUp.keys()) {
      if (this.#givenUp.size <= MAX_GIVEN_UP) break;
      this.#givenUp.delete(oldest);
    }
    this.#onGivenUp(transaction.evmTxHash, reason);
  }

  /** An account's pending transactions in nonce order. */
  pendingOf(address: EvmAddress): readonly Transaction[] {
    return this.#accounts.get(address)?.pending() ?? [];
  }

  /** The transactions that the next block could hold, account by account in nonce order. */
  *pendingByAccount(): Iterable<readonly Transaction[]> {
    for (const queue of this.#accounts.values()) {
      const pending = queue.pending();
      if (pending.length > 0) yield pending;
    }
  }

  /** Pending ones, at most `limit`; the next call begins with the account at which this one ended. */
  pending(limit: number): readonly Transaction[] {
    const found: Transaction[] = [];
    const lines = [...this.pendingByAccount()];
    const start = Math.max(
      0,
      lines.findIndex(([first]) => first?.sender === this.#tellNext),
    );
    for (const line of [...lines.slice(start), ...lines.slice(0, start)]) {
      this.#tellNext = line[0]?.sender ?? null;
      for (const transaction of line) {
        if (found.length >= limit) return found;
        found.push(transaction);
      }
    }
    this.#tellNext = null;
    return found;
  }
}
