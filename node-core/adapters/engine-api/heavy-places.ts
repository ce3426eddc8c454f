import type { Transaction } from 'ethers';
import type { Hex } from '../../primitives/hex.ts';
import { type EvmAddress, type EvmBlockHash, type EvmTxHash, evmAddress } from '../../primitives/ids.ts';
import { type BlockShares, leastGasOf, sharesOf, weightOf } from './block-shares.ts';
import { type BlockSummary, type PooledTransaction, isKnown, readBytes, readPool, readQuantity } from './convert.ts';
import { decodeTransaction, isRefusal, transactionRefused } from './submitted.ts';

/** Heavy transactions that wait in the client. */
const MAX_PLACES = 256;
/** Heavy transactions that wait for their turn to be handed over. */
const MAX_WAITING = 32;
/** Transactions in the client's pool that are looked at closely when it is read. */
const MAX_LOOKED_AT = 1024;
/** A signed transaction without data and access list: 121 bytes is usual, longer numbers make it somewhat longer. */
const MAX_BARE_BYTES = 300;
/** What geth asks of a transaction in a block that it builds, in wei a unit of gas. Source: geth, `--miner.gasprice`. */
const MIN_TIP_WEI = 1_000_000n;
/** Largest share of a block's gas limit: in percent. Blocks are half full in the long run, or the base fee rises. */
const MAX_GAS_PERCENT = 75n;
/** What it must offer of the base fee, in percent: three full blocks don't raise it above that. */
const MIN_FEE_PERCENT = 150n;

const FULL = 'txpool is full: other transactions of many bytes and little gas wait; send it again after the next block';
const IN_TURN = 'one of many bytes and little gas can be sent when those before it are in a block';

interface Place {
  readonly sender: EvmAddress;
  readonly nonce: number;
  readonly evmTxHash: EvmTxHash;
  readonly bytes: number;
}

/** A method of the client's wallet RPC. @throws ServiceError */
type Ask = (method: string, params: readonly unknown[]) => Promise<unknown>;

/**
 * Hands transactions to a client that packs its blocks by gas alone, so that no block of it is too large: light ones
 * always, heavy ones while those that wait there fit into a block together (`block-shares.ts`).
 *
 * What may fill the places for nothing is refused: a heavy transaction has to be its account's next one, and to offer
 * what blocks ask of it, so that one of the next blocks takes it. What waits in the client is read from it: at first, and
 * when the head goes to another branch, all of it; then, block by block, what has become of the places.
 */
export class HeavyPlaces {
  readonly #ask: Ask;
  readonly #gasLimit: bigint;
  readonly #shares: BlockShares;
  /** By account and nonce. */
  readonly #places = new Map<string, Place>();
  /** Null before the client was told one. */
  #head: BlockSummary | null = null;
  /** Whether all heavy ones in the client have a place. */
  #isWhole = false;
  /** The head at which the client was asked last. */
  #askedAt: EvmBlockHash | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** `gasLimit` is the network's. */
  constructor(ask: Ask, gasLimit: bigint) {
    this.#ask = ask;
    this.#gasLimit = gasLimit;
    this.#shares = sharesOf(gasLimit);
  }

  /** To be told of each head that the client has taken. */
  headMoved(head: BlockSummary): void {
    const isNext = head.hash === this.#head?.hash || head.parentHash === this.#head?.hash;
    // Transactions of orphans come back.
    if (!isNext) this.#isWhole = false;
    this.#head = head;
  }

  /**
   * Hands a transaction over by `send` if there is room for it; heavy ones one after the other.
   * @throws ServiceError `TRANSACTION_REFUSED`, and what `send` throws.
   */
  async handOver<T extends { readonly evmTxHash: EvmTxHash }>(
    raw: Hex,
    transaction: Transaction,
    send: () => Promise<T>,
  ): Promise<T> {
    const weight = weightOf(raw, transaction);
    if (this.#shares.isLight(weight)) return send();
    if (this.#waiting >= MAX_WAITING) throw transactionRefused(FULL);
    this.#waiting++;
    const turn = this.#turn.then(() => this.#handOverHeavy(transaction, weight.bytes, send));
    this.#turn = turn
      .catch(() => undefined)
      .finally(() => {
        this.#waiting--;
      });
    return turn;
  }

  async #handOverHeavy<T extends { readonly evmTxHash: EvmTxHash }>(
    transaction: Transaction,
    bytes: number,
    send: () => Promise<T>,
  ): Promise<T> {
    const head = this.#head;
    if (head === null) throw transactionRefused('the execution client has no head yet; send it again after a block');
    await this.#follow(head);
    this.#checkOffer(transaction, head.baseFeePerGas);
    const { nonce } = transaction;
    // To find the sender of a long transaction takes its time: what can't replace another is refused without it.
    const mayReplace = [...this.#places.values()].some((place) => place.nonce === nonce);
    if (!mayReplace) this.#checkRoom(bytes, undefined);
    const sender = senderOf(transaction);
    const key = keyOf(sender, nonce);
    this.#checkRoom(bytes, this.#places.get(key));
    const next = await this.#nonceOf(sender);
    if (nonce < next) throw transactionRefused(`nonce too low: next nonce ${next}, tx nonce ${nonce}`);
    if (nonce > next) throw transactionRefused(`nonce too high: next nonce ${next}, tx nonce ${nonce}; ${IN_TURN}`);
    try {
      const sent = await send();
      this.#places.set(key, { sender, nonce, evmTxHash: sent.evmTxHash, bytes });
      return sent;
    } catch (error) {
      // A client whose answer is lost may have taken it.
      if (!isRefusal(error)) this.#isWhole = false;
      throw error;
    }
  }

  /** It must not wait for nothing: blocks have room for its gas, and it pays what they ask, now and for a while. */
  #checkOffer(transaction: Transaction, baseFee: bigint): void {
    const { gasLimit } = transaction;
    const maxGas = (this.#gasLimit * MAX_GAS_PERCENT) / 100n;
    if (gasLimit > maxGas) {
      throw transactionRefused(
        `gas limit too high: gas ${gasLimit}, at most ${maxGas} with so many bytes and so little gas for them`,
      );
    }
    const maxFee = transaction.maxFeePerGas ?? transaction.gasPrice ?? 0n;
    const tip = transaction.maxPriorityFeePerGas ?? transaction.gasPrice ?? 0n;
    const minFee = (baseFee * MIN_FEE_PERCENT) / 100n + MIN_TIP_WEI;
    if (tip < MIN_TIP_WEI) {
      throw transactionRefused(
        `transaction gas price below minimum: gas tip cap ${tip}, minimum needed ${MIN_TIP_WEI}`,
      );
    }
    if (maxFee < minFee) {
      throw transactionRefused(
        `max fee per gas less than needed for so many bytes: ${maxFee}, minimum needed ${minFee}`,
      );
    }
  }

  #checkRoom(bytes: number, replaced: Place | undefined): void {
    let taken = 0;
    for (const place of this.#places.values()) if (place !== replaced) taken += place.bytes;
    const hasPlace = replaced !== undefined || this.#places.size < MAX_PLACES;
    if (!this.#isWhole || !hasPlace || taken + bytes > this.#shares.heavyBytes) throw transactionRefused(FULL);
  }

  /** Learns from the client what has become of those that wait there; once for each head. */
  async #follow({ hash }: BlockSummary): Promise<void> {
    if (this.#askedAt === hash) return;
    // Set before: a client whose pool can't be read is not asked for it again with every transaction.
    this.#askedAt = hash;
    if (this.#isWhole) await this.#freePlaces();
    else await this.#readPool(hash);
  }

  /** Frees the places of what is in a block, and of what the client has forgotten. */
  async #freePlaces(): Promise<void> {
    const method = 'eth_getTransactionByHash';
    for (const [key, { sender, nonce, evmTxHash }] of this.#places) {
      const isMined = (await this.#nonceOf(sender)) > nonce;
      if (isMined || !isKnown(method, await this.#ask(method, [evmTxHash]))) this.#places.delete(key);
    }
  }

  /** `head` is the one at which it is read: what a later one gives back may be missing in it. */
  async #readPool(head: EvmBlockHash): Promise<void> {
    const pooled = readPool('txpool_content', await this.#ask('txpool_content', []));
    const heavy = pooled.filter((transaction) => this.#mayBeHeavy(transaction));
    this.#places.clear();
    for (const { hash } of heavy.slice(0, MAX_LOOKED_AT)) {
      const method = 'eth_getRawTransactionByHash';
      const raw = readBytes(method, await this.#ask(method, [hash]));
      // Empty when it left the pool since.
      if (raw === '0x') continue;
      const transaction = decodeTransaction(raw);
      const weight = weightOf(raw, transaction);
      if (this.#shares.isLight(weight)) continue;
      const { nonce } = transaction;
      const sender = senderOf(transaction);
      this.#places.set(keyOf(sender, nonce), { sender, nonce, evmTxHash: hash, bytes: weight.bytes });
    }
    // With more than that it waits for blocks to take them.
    this.#isWhole = heavy.length <= MAX_LOOKED_AT && this.#head?.hash === head;
  }

  /** By what the pool tells of it, which is not all: it may have fewer bytes than that. */
  #mayBeHeavy({ to, input, accessListBytes }: PooledTransaction): boolean {
    const bytes = MAX_BARE_BYTES + input.length / 2 + accessListBytes;
    return !this.#shares.isLight({ bytes, leastGas: leastGasOf({ to, data: input }) });
  }

  /** Nonce of the account's next transaction in a block. */
  async #nonceOf(sender: EvmAddress): Promise<number> {
    const method = 'eth_getTransactionCount';
    return readQuantity(method, await this.#ask(method, [sender, 'latest']));
  }
}

/** @throws ServiceError `TRANSACTION_REFUSED` where no account has signed. */
function senderOf({ from }: Transaction): EvmAddress {
  if (from === null) throw transactionRefused('invalid sender');
  return evmAddress(from);
}

const keyOf = (sender: EvmAddress, nonce: number): string => `${sender}:${nonce}`;
