import { RLP, type NestedUint8Array } from '@ethereumjs/rlp';
import { assert } from '../../../primitives/assert.ts';
import { ServiceError } from '../../../primitives/errors.ts';
import { bytesToHex } from '../../../primitives/hex.ts';
import { keccak256 } from '../crypto.ts';
import { compactPath, commonLength, expandPath, toNibbles } from './nibbles.ts';
import type { StateChanges, StateNode } from './node-store.ts';

/** Hash of the trie without entries: keccak of the RLP of the empty string. */
export const EMPTY_ROOT = keccak256(Uint8Array.of(0x80));

/** A node that isn't loaded: its hash, or the node itself where its RLP is under 32 bytes. */
type Reference = Uint8Array | NestedUint8Array;
interface Leaf {
  readonly kind: 'leaf';
  readonly path: Uint8Array;
  readonly value: Uint8Array;
}
interface Extension {
  readonly kind: 'extension';
  readonly path: Uint8Array;
  readonly child: Child;
}
interface Branch {
  readonly kind: 'branch';
  readonly children: readonly (Child | null)[];
}
type Node = Leaf | Extension | Branch;
type Child = Node | { readonly kind: 'reference'; readonly to: Reference };

/** An entry to write: its key as nibbles; `null` deletes. */
interface Change {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

export type ReadNode = (hash: Uint8Array) => Uint8Array | undefined;

/**
 * The Merkle Patricia trie of the Ethereum yellow paper, appendix D, for keys of which none is the beginning of another
 * (hashes, RLP of integers), so that branches hold no value. All changes of a block are written in one walk and each
 * touched node is hashed once, where a library that writes key by key hashes the upper levels again for every key.
 */
export class Trie {
  readonly #read: ReadNode;
  /** Of the update that runs. */
  #replaced: Uint8Array[] = [];

  constructor(read: ReadNode) {
    this.#read = read;
  }

  /** @throws ServiceError `STATE_MISSING` when a node of the path is in neither the store nor memory. */
  get(root: Uint8Array, key: Uint8Array): Uint8Array | undefined {
    if (isEmptyRoot(root)) return undefined;
    const path = toNibbles(key);
    let node = this.#load(root);
    let at = 0;
    for (;;) {
      if (node.kind === 'leaf') {
        return node.path.length === path.length - at && commonLength(node.path, path, at) === node.path.length
          ? node.value
          : undefined;
      }
      let child: Child | null | undefined;
      if (node.kind === 'extension') {
        if (commonLength(node.path, path, at) < node.path.length) return undefined;
        at += node.path.length;
        child = node.child;
      } else {
        child = node.children[path[at++] as number];
      }
      if (child === null || child === undefined) return undefined;
      node = child.kind === 'reference' ? this.#load(child.to) : child;
    }
  }

  /** Writes all entries (`null` or empty deletes) over the trie at `root`; returns the new root. */
  update(
    root: Uint8Array,
    entries: Iterable<readonly [key: Uint8Array, value: Uint8Array | null]>,
    { created, replaced }: Pick<StateChanges, 'created' | 'replaced'>,
  ): Uint8Array {
    this.#replaced = replaced;
    const changes: Change[] = [];
    for (const [key, value] of entries) {
      changes.push({ key: toNibbles(key), value: value === null || value.length === 0 ? null : value });
    }
    if (changes.length === 0) return root;
    changes.sort((a, b) => Buffer.compare(a.key, b.key));
    const top: Child | null = isEmptyRoot(root) ? null : { kind: 'reference', to: root };
    const changed = this.#apply(top, changes, 0, changes.length, 0);
    if (changed === null) return EMPTY_ROOT;
    if (changed.kind === 'reference') return changed.to as Uint8Array;
    const bytes = RLP.encode(encode(changed, created));
    const hash = keccak256(bytes);
    created.push([hash, bytes]);
    return hash;
  }

  #resolve(child: Child): Node {
    return child.kind === 'reference' ? this.#load(child.to) : child;
  }

  /** Notes that something else comes into the place of a node. */
  #replace(child: Child): void {
    if (child.kind === 'reference' && child.to instanceof Uint8Array) this.#replaced.push(child.to);
  }

  #load(to: Reference): Node {
    if (!(to instanceof Uint8Array)) return decode(to);
    const bytes = this.#read(to);
    if (bytes === undefined) throw missing('node', to);
    return decode(RLP.decode(bytes) as NestedUint8Array);
  }

  /** What `child`, `depth` nibbles down, becomes with the changes from `low` to `high`, which share those nibbles. */
  #apply(child: Child | null, changes: readonly Change[], low: number, high: number, depth: number): Child | null {
    if (child === null) return build(changes.slice(low, high), depth);
    const node = this.#resolve(child);
    this.#replace(child);
    if (node.kind === 'leaf') return this.#applyToLeaf(node, changes, low, high, depth);
    if (node.kind === 'branch') return this.#applyToBranch(node, changes, low, high, depth);
    const first = changes[low] as Change;
    const last = changes[high - 1] as Change;
    const shared = Math.min(commonLength(node.path, first.key, depth), commonLength(node.path, last.key, depth));
    if (shared === node.path.length) {
      return this.#join(node.path, this.#apply(node.child, changes, low, high, depth + shared));
    }
    // Some change leaves the extension on its way: a branch goes there, and collapses again if it only deleted.
    const rest = node.path.subarray(shared + 1);
    const children = new Array<Child | null>(16).fill(null);
    children[node.path[shared] as number] =
      rest.length === 0 ? node.child : { kind: 'extension', path: rest, child: node.child };
    const split = this.#applyToBranch({ kind: 'branch', children }, changes, low, high, depth + shared);
    return this.#join(node.path.subarray(0, shared), split);
  }

  #applyToLeaf(leaf: Leaf, changes: readonly Change[], low: number, high: number, depth: number): Child | null {
    const prefix = (changes[low] as Change).key.subarray(0, depth);
    const key = new Uint8Array(depth + leaf.path.length);
    key.set(prefix);
    key.set(leaf.path, depth);
    const merged = changes.slice(low, high);
    const place = merged.findIndex((change) => Buffer.compare(change.key, key) >= 0);
    const at = place === -1 ? merged.length : place;
    const replaced = merged[at] !== undefined && Buffer.compare((merged[at] as Change).key, key) === 0;
    if (!replaced) merged.splice(at, 0, { key, value: leaf.value });
    return build(merged, depth);
  }

  #applyToBranch(branch: Branch, changes: readonly Change[], low: number, high: number, depth: number): Child | null {
    const children = [...branch.children];
    for (let from = low; from < high;) {
      const nibble = (changes[from] as Change).key[depth] as number;
      let to = from + 1;
      while (to < high && (changes[to] as Change).key[depth] === nibble) to++;
      children[nibble] = this.#apply(children[nibble] ?? null, changes, from, to, depth + 1);
      from = to;
    }
    const left = children.flatMap((child, nibble) => (child === null ? [] : [nibble]));
    if (left.length === 0) return null;
    if (left.length > 1) return { kind: 'branch', children };
    const only = left[0] as number;
    return this.#join(Uint8Array.of(only), children[only] as Child);
  }

  /** `path` in front of a node: leaves and extensions take it in, a branch gets an extension. */
  #join(path: Uint8Array, child: Child | null): Child | null {
    if (child === null || path.length === 0) return child;
    const node = this.#resolve(child);
    if (node.kind === 'branch') return { kind: 'extension', path, child };
    this.#replace(child);
    const joined = new Uint8Array(path.length + node.path.length);
    joined.set(path);
    joined.set(node.path, path.length);
    return node.kind === 'leaf' ? { ...node, path: joined } : { ...node, path: joined };
  }
}

/** The state is incomplete: it was pruned, or the store lost it. */
export function missing(what: 'node' | 'code', hash: Uint8Array): ServiceError {
  return new ServiceError('STATE_MISSING', `the state has no ${what} with this hash`, { hash: bytesToHex(hash) });
}

export function isEmptyRoot(root: Uint8Array): boolean {
  return Buffer.compare(root, EMPTY_ROOT) === 0;
}

/** The subtree of new entries alone, `depth` nibbles down. */
function build(changes: readonly Change[], depth: number): Child | null {
  const entries = changes.filter((change) => change.value !== null);
  const first = entries[0];
  const last = entries.at(-1);
  if (first === undefined || last === undefined) return null;
  if (first === last) return { kind: 'leaf', path: first.key.subarray(depth), value: first.value as Uint8Array };
  const shared = commonLength(first.key.subarray(depth), last.key, depth);
  const at = depth + shared;
  assert(at < first.key.length, 'no key of a trie is the beginning of another');
  const children = new Array<Child | null>(16).fill(null);
  for (let from = 0; from < entries.length;) {
    const nibble = (entries[from] as Change).key[at] as number;
    let to = from + 1;
    while (to < entries.length && (entries[to] as Change).key[at] === nibble) to++;
    children[nibble] = build(entries.slice(from, to), at + 1);
    from = to;
  }
  const branch: Branch = { kind: 'branch', children };
  return shared === 0 ? branch : { kind: 'extension', path: first.key.subarray(depth, at), child: branch };
}

function encode(node: Node, created: StateNode[]): NestedUint8Array {
  if (node.kind === 'leaf') return [compactPath(node.path, true), node.value];
  if (node.kind === 'extension') return [compactPath(node.path, false), encodeChild(node.child, created)];
  const items = node.children.map((child) => (child === null ? EMPTY : encodeChild(child, created)));
  items.push(EMPTY);
  return items;
}

function encodeChild(child: Child, created: StateNode[]): Reference {
  if (child.kind === 'reference') return child.to;
  const raw = encode(child, created);
  const bytes = RLP.encode(raw);
  if (bytes.length < 32) return raw;
  const hash = keccak256(bytes);
  created.push([hash, bytes]);
  return hash;
}

const EMPTY = new Uint8Array(0);

function decode(raw: NestedUint8Array): Node {
  if (raw.length === 17) {
    const children = raw.slice(0, 16).map((to): Child | null => (to.length === 0 ? null : { kind: 'reference', to }));
    return { kind: 'branch', children };
  }
  const { path, isLeaf } = expandPath(raw[0] as Uint8Array);
  const second = raw[1] as Reference;
  return isLeaf
    ? { kind: 'leaf', path, value: second as Uint8Array }
    : { kind: 'extension', path, child: { kind: 'reference', to: second } };
}
