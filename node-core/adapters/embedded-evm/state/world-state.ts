import type { AccountFields, StateManagerInterface } from '@ethereumjs/common';
import { RLP } from '@ethereumjs/rlp';
import { Account, type Address } from '@ethereumjs/util';
import { LogicError } from '../../../primitives/errors.ts';
import { assert } from '../../../primitives/assert.ts';
import { keccak256 } from '../crypto.ts';
import { StateView, copyAccount } from './accounts.ts';
import { type NodeStore, type StateChanges, keyText } from './node-store.ts';
import { OriginalSlots } from './original-slots.ts';
import { EMPTY_ROOT, Trie } from './trie.ts';

/** Accounts and slots kept from earlier blocks; above it the caches start empty at the next block. */
const MAX_CACHED_ENTRIES = 200_000;

const unpad = (value: Uint8Array): Uint8Array => {
  let start = 0;
  while (start < value.length && value[start] === 0) start++;
  return value.subarray(start);
};

interface CachedAccount {
  readonly address: Uint8Array;
  /** `null`: there is none. */
  account: Account | null;
  /** By slot, values without leading zeros: what was read or written since the storage was last cleared. */
  slots: Map<string, Uint8Array>;
  /** Slots of `slots` that differ from the trie, with their bytes. */
  writtenSlots: Map<string, Uint8Array>;
}

/**
 * The state that transactions change: a journalled cache over the trie. Nothing is hashed until `seal`, which writes
 * everything changed since the root in one walk of each trie.
 *
 * It is used in place of the library's manager, whose bounded caches lose a write when they evict an entry before their
 * flush, and whose write of key after key costs most of a block's time.
 */
export class WorldState implements StateManagerInterface {
  readonly originalStorageCache = new OriginalSlots((address, key) => this.slot(address, key));
  readonly #nodes: NodeStore;
  readonly #view: StateView;
  readonly #trie: Trie;
  readonly #accounts = new Map<string, CachedAccount>();
  readonly #changed = new Set<CachedAccount>();
  /** Code put since the root, by hash; that of reverted creations too, which no account names. */
  readonly #code = new Map<string, Uint8Array>();
  /** Undoes changes, newest last. */
  #undo: (() => void)[] = [];
  /** Lengths of `#undo` at the open checkpoints. */
  readonly #checkpoints: number[] = [];
  #entries = 0;
  #root: Uint8Array;

  constructor(nodes: NodeStore, root: Uint8Array = EMPTY_ROOT) {
    this.#nodes = nodes;
    const read = (hash: Uint8Array): Uint8Array | undefined => nodes.get(hash);
    this.#view = new StateView(read);
    this.#trie = new Trie(read);
    this.#root = root;
  }

  /** Stands at `root` with nothing changed; what is cached stays if it is of this root. */
  reset(root: Uint8Array): void {
    assert(this.#checkpoints.length === 0, 'a state is reset between executions');
    this.originalStorageCache.clear();
    if (this.#changed.size === 0 && this.#entries < MAX_CACHED_ENTRIES && Buffer.compare(root, this.#root) === 0)
      return;
    this.clearCaches();
    this.#root = root;
  }

  /** Writes all changes: the new root is the state's root from now on. What that did goes to `changes`. */
  seal(changes: StateChanges): Uint8Array {
    assert(this.#checkpoints.length === 0, 'a state is sealed between executions');
    const entries: [Uint8Array, Uint8Array | null][] = [];
    for (const cached of this.#changed) {
      this.#sealStorage(cached, changes);
      const { account } = cached;
      entries.push([keccak256(cached.address), account?.serialize() ?? null]);
      const code = account === null ? undefined : this.#code.get(keyText(account.codeHash));
      if (account !== null && code !== undefined) changes.code.push([account.codeHash, code]);
    }
    this.#root = this.#trie.update(this.#root, entries, changes);
    this.#changed.clear();
    this.#code.clear();
    this.#undo = [];
    return this.#root;
  }

  #sealStorage(cached: CachedAccount, changes: StateChanges): void {
    const { account, slots, writtenSlots } = cached;
    if (account !== null && writtenSlots.size > 0) {
      const entries = [...writtenSlots].map(([text, slot]): [Uint8Array, Uint8Array | null] => {
        const value = slots.get(text) as Uint8Array;
        return [keccak256(slot), value.length === 0 ? null : RLP.encode(value)];
      });
      account.storageRoot = this.#trie.update(account.storageRoot, entries, changes);
    }
    cached.writtenSlots = new Map();
  }

  #cached(address: Uint8Array): CachedAccount {
    const text = keyText(address);
    const known = this.#accounts.get(text);
    if (known !== undefined) return known;
    const account = this.#view.account(this.#root, address) ?? null;
    const cached = { address, account, slots: new Map(), writtenSlots: new Map() };
    this.#accounts.set(text, cached);
    this.#entries++;
    return cached;
  }

  #set(cached: CachedAccount, account: Account | null): void {
    const before = cached.account;
    const wasChanged = this.#changed.has(cached);
    this.#undo.push(() => {
      cached.account = before;
      if (!wasChanged) this.#changed.delete(cached);
    });
    cached.account = account;
    this.#changed.add(cached);
  }

  async getAccount(address: Address): Promise<Account | undefined> {
    return this.account(address);
  }

  /** A copy. */
  account(address: Address): Account | undefined {
    const { account } = this.#cached(address.bytes);
    return account === null ? undefined : copyAccount(account);
  }

  async putAccount(address: Address, account?: Account): Promise<void> {
    this.#set(this.#cached(address.bytes), account === undefined ? null : copyAccount(account));
  }

  async deleteAccount(address: Address): Promise<void> {
    const cached = this.#cached(address.bytes);
    if (cached.account === null) return;
    this.#set(cached, null);
    this.#clearSlots(cached);
  }

  async modifyAccountFields(address: Address, fields: AccountFields): Promise<void> {
    const { account } = this.#cached(address.bytes);
    await this.putAccount(address, Object.assign(account === null ? new Account() : copyAccount(account), fields));
  }

  async putCode(address: Address, value: Uint8Array): Promise<void> {
    const codeHash = keccak256(value);
    if (value.length > 0) this.#code.set(keyText(codeHash), value);
    await this.modifyAccountFields(address, { codeHash });
  }

  async getCode(address: Address): Promise<Uint8Array> {
    const { account } = this.#cached(address.bytes);
    if (account === null) return new Uint8Array(0);
    return this.#code.get(keyText(account.codeHash)) ?? this.#view.code(account);
  }

  async getCodeSize(address: Address): Promise<number> {
    return (await this.getCode(address)).length;
  }

  async getStorage(address: Address, key: Uint8Array): Promise<Uint8Array> {
    return this.slot(address, key);
  }

  /** The value without leading zeros. */
  slot(address: Address, key: Uint8Array): Uint8Array {
    const cached = this.#cached(address.bytes);
    const text = keyText(key);
    const known = cached.slots.get(text);
    if (known !== undefined) return known;
    const value = cached.account === null ? new Uint8Array(0) : this.#view.storage(cached.account, key);
    cached.slots.set(text, value);
    this.#entries++;
    return value;
  }

  async putStorage(address: Address, key: Uint8Array, value: Uint8Array): Promise<void> {
    this.putSlot(address, key, value);
  }

  putSlot(address: Address, key: Uint8Array, value: Uint8Array): void {
    const cached = this.#cached(address.bytes);
    assert(cached.account !== null, 'storage belongs to an account');
    const { slots, writtenSlots } = cached;
    const text = keyText(key);
    const before = slots.get(text);
    const wasWritten = writtenSlots.has(text);
    this.#undo.push(() => {
      if (before === undefined) slots.delete(text);
      else slots.set(text, before);
      if (!wasWritten) writtenSlots.delete(text);
    });
    // A slot that a revert forgets is counted still: the count only decides when caches start empty.
    if (before === undefined) this.#entries++;
    slots.set(text, unpad(value).slice());
    if (!wasWritten) writtenSlots.set(text, key.slice());
    if (!this.#changed.has(cached)) this.#set(cached, cached.account);
  }

  async clearStorage(address: Address): Promise<void> {
    const cached = this.#cached(address.bytes);
    this.#clearSlots(cached);
    const cleared = cached.account === null ? new Account() : copyAccount(cached.account);
    cleared.storageRoot = EMPTY_ROOT;
    this.#set(cached, cleared);
  }

  #clearSlots(cached: CachedAccount): void {
    const { slots, writtenSlots } = cached;
    this.#undo.push(() => {
      cached.slots = slots;
      cached.writtenSlots = writtenSlots;
    });
    cached.slots = new Map();
    cached.writtenSlots = new Map();
  }

  async checkpoint(): Promise<void> {
    this.#checkpoints.push(this.#undo.length);
  }

  async commit(): Promise<void> {
    assert(this.#checkpoints.pop() !== undefined, 'a commit ends a checkpoint');
  }

  async revert(): Promise<void> {
    const mark = this.#checkpoints.pop();
    assert(mark !== undefined, 'a revert ends a checkpoint');
    while (this.#undo.length > mark) this.#undo.pop()?.();
  }

  /** How many checkpoints are open. */
  get depth(): number {
    return this.#checkpoints.length;
  }

  /** Takes back what was done since the checkpoint that made the depth `depth + 1`, after an execution that was broken off. */
  revertTo(depth: number): void {
    const mark = this.#checkpoints[depth] ?? this.#undo.length;
    while (this.#undo.length > mark) this.#undo.pop()?.();
    this.#checkpoints.length = Math.min(depth, this.#checkpoints.length);
    this.originalStorageCache.clear();
  }

  /** Takes back everything since the root. */
  rollback(): void {
    while (this.#undo.length > 0) this.#undo.pop()?.();
    this.#checkpoints.length = 0;
    this.#code.clear();
  }

  async getStateRoot(): Promise<Uint8Array> {
    assert(this.#changed.size === 0, 'a state has a root when it is sealed');
    return this.#root;
  }

  async setStateRoot(stateRoot: Uint8Array): Promise<void> {
    this.reset(stateRoot);
  }

  async hasStateRoot(root: Uint8Array): Promise<boolean> {
    return this.#nodes.get(root) !== undefined;
  }

  clearCaches(): void {
    this.#accounts.clear();
    this.#changed.clear();
    this.#code.clear();
    this.#undo = [];
    this.#entries = 0;
  }

  shallowCopy(): StateManagerInterface {
    throw new LogicError('STATE_COPY', 'a world state has one user');
  }
}
