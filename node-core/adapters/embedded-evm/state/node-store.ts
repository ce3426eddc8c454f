import { ServiceError } from '../../../primitives/errors.ts';
import { hexToBytes } from '../../../primitives/hex.ts';
import type { EvmBlockHash } from '../../../primitives/ids.ts';
import { keccak256 } from '../crypto.ts';
import type { StateReader } from './state-reader.ts';

/** Blocks executed and not yet durable; more means that the store doesn't keep up. */
const MAX_UNPERSISTED_BLOCKS = 4096;
const MAX_UNPERSISTED_BYTES = 512 * 1024 * 1024;
/** Bytes of nodes and code kept from the store. */
const CACHE_BYTES = 64 * 1024 * 1024;

/** A key as the text that maps are keyed by: one character a byte. */
export const keyText = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');

export type StateNode = readonly [key: Uint8Array, value: Uint8Array];

/** What a block does to the state; `created` and `replaced` as in `StagedTrie`. */
export interface StateChanges {
  readonly created: StateNode[];
  readonly replaced: Uint8Array[];
  /** Code by its hash. */
  readonly code: StateNode[];
}

export const noChanges = (): StateChanges => ({ created: [], replaced: [], code: [] });

/** An entry that is in the store when its block is: found without reading the block. Its key is 33 bytes, a hash 32. */
export const durableMark = (blockHash: EvmBlockHash): StateNode => [
  Buffer.concat([Buffer.from('b'), hexToBytes(blockHash)]),
  Uint8Array.of(1),
];

/** Whether a value is the one that was stored under its key, where the key tells: a node or code under its hash. */
export const isWholeEntry = (key: Uint8Array, value: Uint8Array): boolean =>
  key.length !== 32 || Buffer.compare(keccak256(value), key) === 0;

interface UnpersistedBlock {
  readonly height: number;
  readonly keys: readonly string[];
  readonly bytes: number;
  readonly receipts: Uint8Array;
}

/**
 * Trie nodes and code by their hash: those of genesis, those of blocks that the store doesn't have yet, a cache of hot
 * ones, then the store. What a key holds never changes, so that nothing here can be stale.
 */
export class NodeStore {
  readonly #reader: StateReader;
  readonly #genesis: ReadonlyMap<string, Uint8Array>;
  /** Values of blocks not yet durable, with the number of such blocks that need each. */
  readonly #overlay = new Map<string, { readonly value: Uint8Array; holders: number }>();
  readonly #unpersisted = new Map<EvmBlockHash, UnpersistedBlock>();
  #unpersistedBytes = 0;
  /** In order of last use: a `Map` iterates in order of insertion. */
  readonly #cache = new Map<string, Uint8Array>();
  #cacheBytes = 0;

  constructor(reader: StateReader, genesisNodes: readonly StateNode[]) {
    this.#reader = reader;
    this.#genesis = new Map(genesisNodes.map(([key, value]) => [keyText(key), value]));
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const text = keyText(key);
    const cached = this.#cache.get(text);
    if (cached !== undefined) {
      this.#cache.delete(text);
      this.#cache.set(text, cached);
      return cached;
    }
    const recent = this.#overlay.get(text)?.value ?? this.#genesis.get(text);
    if (recent !== undefined) return recent;
    const stored = this.#reader.get(key);
    if (stored !== undefined) this.#keepHot(text, stored);
    return stored;
  }

  /** Whether the block's nodes are held for the store. */
  isHeld(blockHash: EvmBlockHash): boolean {
    return this.#unpersisted.has(blockHash);
  }

  isDurable(blockHash: EvmBlockHash): boolean {
    return this.#reader.get(durableMark(blockHash)[0]) !== undefined;
  }

  receipts(blockHash: EvmBlockHash): Uint8Array | undefined {
    return this.#unpersisted.get(blockHash)?.receipts ?? this.#reader.receipts(blockHash);
  }

  /**
   * Holds what a block adds until the store has it.
   * @throws ServiceError `ENGINE_OVERLAY_FULL` when the store is too far behind.
   */
  stage(blockHash: EvmBlockHash, height: number, nodes: readonly StateNode[], receipts: Uint8Array): void {
    if (this.#unpersisted.has(blockHash)) return;
    this.#releaseDurable();
    if (this.#unpersisted.size >= MAX_UNPERSISTED_BLOCKS || this.#unpersistedBytes >= MAX_UNPERSISTED_BYTES) {
      throw new ServiceError('ENGINE_OVERLAY_FULL', 'too many executed blocks wait for the store', {
        blocks: this.#unpersisted.size,
        bytes: this.#unpersistedBytes,
      });
    }
    let bytes = receipts.length;
    const keys = nodes.map(([key, value]) => {
      const text = keyText(key);
      const held = this.#overlay.get(text);
      if (held === undefined) this.#overlay.set(text, { value, holders: 1 });
      else held.holders++;
      bytes += key.length + value.length;
      return text;
    });
    this.#unpersisted.set(blockHash, { height, keys, bytes, receipts });
    this.#unpersistedBytes += bytes;
  }

  /** Lets go of a block's nodes: the store has them, or the block will never be part of the chain. */
  release(blockHash: EvmBlockHash): void {
    const block = this.#unpersisted.get(blockHash);
    if (block === undefined) return;
    this.#unpersisted.delete(blockHash);
    this.#unpersistedBytes -= block.bytes;
    for (const text of block.keys) {
      const held = this.#overlay.get(text);
      if (held === undefined || --held.holders > 0) continue;
      this.#overlay.delete(text);
      this.#keepHot(text, held.value);
    }
  }

  /** Lets go of all blocks up to `height` but `keep`: forks that finality has passed by. */
  releaseForks(height: number, keep: (blockHash: EvmBlockHash) => boolean): void {
    for (const [blockHash, block] of this.#unpersisted) {
      if (block.height <= height && !keep(blockHash)) this.release(blockHash);
    }
  }

  /** Blocks become durable in the order of their execution, but for forks that nobody stores. */
  #releaseDurable(): void {
    for (const blockHash of this.#unpersisted.keys()) {
      if (!this.isDurable(blockHash)) return;
      this.release(blockHash);
    }
  }

  #keepHot(text: string, value: Uint8Array): void {
    this.#cache.set(text, value);
    this.#cacheBytes += value.length;
    for (const [oldest, bytes] of this.#cache) {
      if (this.#cacheBytes <= CACHE_BYTES) return;
      this.#cache.delete(oldest);
      this.#cacheBytes -= bytes.length;
    }
  }
}
