import { randomBytes } from 'node:crypto';
import { MerklePatriciaTrie } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { describe, expect, it } from 'vitest';
import { listRoot } from '../../../node-core/adapters/embedded-evm/block-roots.ts';
import { keccak256 } from '../../../node-core/adapters/embedded-evm/crypto.ts';
import { keyText, noChanges } from '../../../node-core/adapters/embedded-evm/state/node-store.ts';
import { EMPTY_ROOT, Trie, isEmptyRoot } from '../../../node-core/adapters/embedded-evm/state/trie.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { trieHashes } from '../../support/state-walk.ts';

/** Our trie over a map of nodes, beside the library's. */
class Pair {
  readonly nodes = new Map<string, Uint8Array>();
  readonly read = (hash: Uint8Array): Uint8Array | undefined => this.nodes.get(keyText(hash));
  readonly ours = new Trie(this.read);
  readonly theirs = new MerklePatriciaTrie();
  root = EMPTY_ROOT;
  readonly #places = new Map<string, number>();
  readonly #prunes: boolean;

  constructor({ prunes }: { readonly prunes: boolean } = { prunes: true }) {
    this.#prunes = prunes;
  }

  async write(entries: readonly (readonly [Uint8Array, Uint8Array | null])[]): Promise<void> {
    const { created, replaced } = noChanges();
    this.root = this.ours.update(this.root, entries, { created, replaced });
    for (const [key, value] of created) this.#count(keyText(key), 1, value);
    for (const key of replaced) this.#count(keyText(key), -1);
    for (const [key, value] of entries) {
      if (value === null) await this.theirs.del(key);
      else await this.theirs.put(key, value);
    }
  }

  /** Keeps a node as long as it has a place, as the store does. */
  #count(text: string, by: 1 | -1, value?: Uint8Array): void {
    const places = (this.#places.get(text) ?? 0) + by;
    this.#places.set(text, places);
    if (places === 0 && this.#prunes) this.nodes.delete(text);
    else if (value !== undefined) this.nodes.set(text, value);
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('the trie', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('has the root of the library after random batches, seed %i', async (seed) => {
    const random = seededRandom(seed);
    const pair = new Pair();
    // Few first bytes, so that keys share long beginnings and deletions collapse branches.
    const pool = Array.from({ length: 120 }, (_, i) => {
      const key = keccak256(Uint8Array.of(seed, i));
      if (i % 3 === 0) key.set(new Uint8Array(30).fill(0x11), 0);
      return key;
    });
    for (let batch = 0; batch < 25; batch++) {
      const chosen = new Map<string, readonly [Uint8Array, Uint8Array | null]>();
      const size = Math.floor(random() * 30);
      for (let i = 0; i < size; i++) {
        const key = pool[Math.floor(random() * pool.length)] as Uint8Array;
        const value =
          random() < 0.4 ? null : keccak256(Uint8Array.of(batch, i)).subarray(0, 1 + Math.floor(random() * 32));
        chosen.set(hex(key), [key, value]);
      }
      await pair.write([...chosen.values()]);
      expect(hex(pair.root)).toBe(hex(pair.theirs.root()));
    }
    // What was replaced is gone, and nothing else.
    expect(pair.nodes.size).toBe(isEmptyRoot(pair.root) ? 0 : trieHashes(pair.root, pair.read).size);
    for (const key of pool) {
      expect(hex(pair.ours.get(pair.root, key) ?? new Uint8Array(0))).toBe(
        hex((await pair.theirs.get(key)) ?? new Uint8Array(0)),
      );
    }
  });

  it('is empty again when all is deleted, and unchanged by deleting what is not there', async () => {
    const pair = new Pair();
    const keys = Array.from({ length: 40 }, () => new Uint8Array(randomBytes(32)));
    await pair.write(keys.map((key) => [key, key]));
    const full = pair.root;
    await pair.write([[new Uint8Array(32), null]]);
    expect(hex(pair.root)).toBe(hex(full));
    await pair.write(keys.map((key) => [key, null]));
    expect(hex(pair.root)).toBe(hex(EMPTY_ROOT));
  });

  it('keeps old roots readable', async () => {
    const pair = new Pair({ prunes: false });
    const key = keccak256(Uint8Array.of(1));
    await pair.write([[key, Uint8Array.of(1)]]);
    const old = pair.root;
    await pair.write([[key, Uint8Array.of(2)]]);
    expect(pair.ours.get(old, key)).toEqual(Uint8Array.of(1));
    expect(pair.ours.get(pair.root, key)).toEqual(Uint8Array.of(2));
  });

  it.each([0, 1, 2, 16, 127, 128, 129, 300])('commits to a list of %i items as the library does', async (length) => {
    const theirs = new MerklePatriciaTrie();
    const items = Array.from({ length }, (_, i) => keccak256(Uint8Array.of(i & 255, i >> 8)));
    for (const [index, item] of items.entries()) await theirs.put(RLP.encode(index), item);
    expect(hex(listRoot(items))).toBe(hex(theirs.root()));
  });

  it('says which node is missing', () => {
    const trie = new Trie(() => undefined);
    expect(() => trie.get(keccak256(Uint8Array.of(9)), new Uint8Array(32))).toThrow('the state has no node');
  });
});
