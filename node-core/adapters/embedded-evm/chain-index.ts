import { LogicError, ServiceError } from '../../primitives/errors.ts';
import { bytesToHex, hexToBytes } from '../../primitives/hex.ts';
import type { EvmBlockHash, EvmTxHash } from '../../primitives/ids.ts';
import type { AncestorHash } from './environment.ts';
import { type ExecutedBlock, decodeExecutedBlock } from './executed-block.ts';
import type { NodeStore, StateNode } from './state/node-store.ts';

/** Decoded blocks kept in memory, a block as one and its transactions on top; others are decoded again from the store. */
const MAX_DECODED = 20_000;

const NO_LOGS = new Uint8Array(256);

/**
 * Keys in the `state` table beside the hashes, which are 32 bytes long. They are written for final blocks alone: a number
 * leads to the block's hash, and its bloom if it has logs; a transaction to its block's hash.
 */
const numberKey = (number: number): Uint8Array => Buffer.from(`n${number}`);
const transactionKey = (hash: EvmTxHash): Uint8Array => Buffer.concat([Buffer.from('t'), hexToBytes(hash)]);

export interface TransactionPlace {
  readonly block: ExecutedBlock;
  readonly index: number;
}

/** What a move of the head took out of the chain and put into it, both by ascending number. */
export interface HeadMove {
  readonly removed: readonly ExecutedBlock[];
  readonly added: readonly ExecutedBlock[];
}

/**
 * Which executed blocks there are and which of them are the chain: by hash, number and transaction. Places of final
 * blocks go to the store with a later block; those of newer ones are in memory and found again from the head.
 */
export class ChainIndex {
  readonly #nodes: NodeStore;
  readonly #genesis: ExecutedBlock;
  /** In order of last use. */
  readonly #decoded = new Map<EvmBlockHash, ExecutedBlock>();
  #decodedWeight = 0;
  /** The chain where the store doesn't have its places yet. */
  readonly #numbers = new Map<number, EvmBlockHash>();
  readonly #transactions = new Map<EvmTxHash, EvmBlockHash>();
  /** Final blocks whose places the store may lack, with the block whose staged state carries them. */
  readonly #unindexed = new Map<number, EvmBlockHash | null>();
  #head: ExecutedBlock;
  #safe: ExecutedBlock;
  #finalized: ExecutedBlock;

  constructor(nodes: NodeStore, genesis: ExecutedBlock) {
    this.#nodes = nodes;
    this.#genesis = genesis;
    this.#head = this.#safe = this.#finalized = genesis;
  }

  get genesis(): ExecutedBlock {
    return this.#genesis;
  }
  get head(): ExecutedBlock {
    return this.#head;
  }
  get safe(): ExecutedBlock {
    return this.#safe;
  }
  get finalized(): ExecutedBlock {
    return this.#finalized;
  }

  block(hash: EvmBlockHash): ExecutedBlock | undefined {
    if (hash === this.#genesis.payload.blockHash) return this.#genesis;
    const known = this.#decoded.get(hash);
    if (known !== undefined) {
      this.#keep(known);
      return known;
    }
    const bytes = this.#nodes.receipts(hash);
    if (bytes === undefined) return undefined;
    const block = decodeExecutedBlock(bytes);
    this.#keep(block);
    return block;
  }

  add(block: ExecutedBlock): void {
    this.#keep(block);
  }

  #keep(block: ExecutedBlock): void {
    const { blockHash } = block.payload;
    if (!this.#decoded.delete(blockHash)) this.#decodedWeight += 1 + block.receipts.length;
    this.#decoded.set(blockHash, block);
    for (const [oldest, { receipts }] of this.#decoded) {
      if (this.#decodedWeight <= MAX_DECODED || oldest === blockHash) return;
      this.#decoded.delete(oldest);
      this.#decodedWeight -= 1 + receipts.length;
    }
  }

  /** Hash of the chain's block with this number. */
  hashAt(number: number): EvmBlockHash | undefined {
    if (number === 0) return this.#genesis.payload.blockHash;
    const recent = this.#numbers.get(number);
    if (recent !== undefined) return recent;
    return number > this.#finalized.payload.blockNumber ? undefined : this.#indexedHash(number);
  }

  /** Filter of the logs in the chain's block with this number: 256 bytes. Reads no block where the store has its place. */
  bloomAt(number: number): Uint8Array | undefined {
    const isStored = number > 0 && !this.#numbers.has(number) && number <= this.#finalized.payload.blockNumber;
    const place = isStored ? this.#nodes.get(numberKey(number)) : undefined;
    if (place !== undefined) return place.length > 32 ? place.subarray(32) : NO_LOGS;
    const hash = this.hashAt(number);
    const block = hash === undefined ? undefined : this.block(hash);
    return block === undefined ? undefined : hexToBytes(block.payload.logsBloom);
  }

  #indexedHash(number: number): EvmBlockHash | undefined {
    const place = this.#nodes.get(numberKey(number));
    return place === undefined ? undefined : (bytesToHex(place.subarray(0, 32)) as EvmBlockHash);
  }

  transaction(hash: EvmTxHash): TransactionPlace | undefined {
    const blockHash = this.#transactions.get(hash) ?? this.#indexedTransaction(hash);
    const block = blockHash === undefined ? undefined : this.block(blockHash);
    const index = block?.receipts.findIndex((receipt) => receipt.evmTxHash === hash) ?? -1;
    return block === undefined || index === -1 ? undefined : { block, index };
  }

  #indexedTransaction(hash: EvmTxHash): EvmBlockHash | undefined {
    const place = this.#nodes.get(transactionKey(hash));
    return place === undefined ? undefined : (bytesToHex(place) as EvmBlockHash);
  }

  /** Looks for ancestors of a block that stands on `parent`; all zero for none. */
  ancestorHash(parent: ExecutedBlock): AncestorHash {
    return (number) => {
      let ancestor: ExecutedBlock | undefined = parent;
      while (ancestor !== undefined && ancestor.payload.blockNumber > number) {
        // From a block of the chain on, the index leaps.
        if (this.hashAt(ancestor.payload.blockNumber) === ancestor.payload.blockHash) {
          const hash = this.hashAt(Number(number));
          return hash === undefined ? new Uint8Array(32) : hexToBytes(hash);
        }
        ancestor = this.block(ancestor.payload.parentHash);
      }
      return ancestor === undefined ? new Uint8Array(32) : hexToBytes(ancestor.payload.blockHash);
    };
  }

  /**
   * Moves the chain's ends.
   * @throws ServiceError `UNKNOWN_BLOCK` for a block that was not executed.
   * @throws LogicError `FINALITY_REVERTED` for a head that doesn't descend from the finalized block.
   */
  setForkchoice(choice: { head: EvmBlockHash; safe: EvmBlockHash; finalized: EvmBlockHash }): HeadMove {
    const head = this.#require(choice.head);
    const safe = this.#require(choice.safe);
    const finalized = this.#require(choice.finalized);
    const added: ExecutedBlock[] = [];
    let fork = head;
    while (this.#isUnknownToChain(fork, finalized)) {
      added.push(fork);
      fork = this.#require(fork.payload.parentHash);
    }
    added.reverse();
    const removed: ExecutedBlock[] = [];
    for (let number = fork.payload.blockNumber + 1; ; number++) {
      const hash = this.#numbers.get(number);
      if (hash === undefined) break;
      if (number <= this.#finalized.payload.blockNumber) {
        throw new LogicError('FINALITY_REVERTED', 'a head must descend from the finalized block', {
          head: choice.head,
        });
      }
      removed.push(this.#require(hash));
    }
    for (const { payload, receipts } of removed) {
      this.#numbers.delete(payload.blockNumber);
      for (const { evmTxHash } of receipts) this.#transactions.delete(evmTxHash);
    }
    for (const { payload, receipts } of added) {
      this.#numbers.set(payload.blockNumber, payload.blockHash);
      for (const { evmTxHash } of receipts) this.#transactions.set(evmTxHash, payload.blockHash);
    }
    this.#head = head;
    this.#safe = safe;
    this.#finalize(finalized);
    return { removed, added };
  }

  /** Whether the block has to be put into the chain: below the new finalized block the store's index is right already. */
  #isUnknownToChain({ payload: { blockNumber, blockHash } }: ExecutedBlock, finalized: ExecutedBlock): boolean {
    if (this.#numbers.get(blockNumber) === blockHash || blockNumber === 0) return false;
    return blockNumber > finalized.payload.blockNumber || this.#indexedHash(blockNumber) !== blockHash;
  }

  #finalize(finalized: ExecutedBlock): void {
    const { blockNumber, blockHash } = finalized.payload;
    if (blockNumber > 0 && (this.#numbers.get(blockNumber) ?? this.#indexedHash(blockNumber)) !== blockHash) {
      throw new LogicError('FINALITY_REVERTED', 'the finalized block is not in the chain of the head', { blockHash });
    }
    this.#finalized = finalized;
    for (let number: number = blockNumber; this.#numbers.has(number) && !this.#unindexed.has(number); number--) {
      this.#unindexed.set(number, null);
    }
    this.#nodes.releaseForks(blockNumber, (hash) => {
      const block = this.block(hash);
      return block !== undefined && this.#numbers.get(block.payload.blockNumber) === hash;
    });
  }

  #require(hash: EvmBlockHash): ExecutedBlock {
    const block = this.block(hash);
    if (block === undefined) throw new ServiceError('UNKNOWN_BLOCK', 'the block was not executed here', { hash });
    return block;
  }

  /** Places of final blocks that the store lacks, to be staged with the block `stagedWith`. */
  takeUnindexed(stagedWith: EvmBlockHash): readonly StateNode[] {
    const entries: StateNode[] = [];
    for (const [number, carrier] of this.#unindexed) {
      const block = this.#require(this.#numbers.get(number) as EvmBlockHash);
      if (carrier !== null && this.#nodes.isDurable(carrier)) {
        this.#unindexed.delete(number);
        this.#numbers.delete(number);
        for (const { evmTxHash } of block.receipts) this.#transactions.delete(evmTxHash);
      } else if (carrier === null || this.#isDead(carrier)) {
        this.#unindexed.set(number, stagedWith);
        const hash = hexToBytes(block.payload.blockHash);
        const bloom = hexToBytes(block.payload.logsBloom);
        const hasLogs = bloom.some((byte) => byte !== 0);
        entries.push([numberKey(number), hasLogs ? Buffer.concat([hash, bloom]) : hash]);
        for (const { evmTxHash } of block.receipts) entries.push([transactionKey(evmTxHash), hash]);
      }
    }
    return entries;
  }

  /** Whether a block that carries places was left behind by finality without having become durable. */
  #isDead(carrier: EvmBlockHash): boolean {
    const block = this.block(carrier);
    if (block === undefined) return true;
    const { blockNumber } = block.payload;
    return blockNumber <= this.#finalized.payload.blockNumber && this.hashAt(blockNumber) !== carrier;
  }
}
