import { Account, createAccountFromRLP } from '@ethereumjs/util';
import { RLP } from '@ethereumjs/rlp';
import { keccak256 } from '../crypto.ts';
import { proofOf } from './proof.ts';
import { type ReadNode, Trie, missing } from './trie.ts';

const NOTHING = new Uint8Array(0);

/** Reads accounts, code and storage under any state root. */
export class StateView {
  readonly #read: ReadNode;
  readonly #trie: Trie;

  constructor(read: ReadNode) {
    this.#read = read;
    this.#trie = new Trie(read);
  }

  account(root: Uint8Array, address: Uint8Array): Account | undefined {
    const bytes = this.#trie.get(root, keccak256(address));
    return bytes === undefined ? undefined : createAccountFromRLP(bytes);
  }

  code(account: Account): Uint8Array {
    if (!account.isContract()) return NOTHING;
    const code = this.#read(account.codeHash);
    if (code === undefined) throw missing('code', account.codeHash);
    return code;
  }

  /** The value without leading zeros; empty for zero. */
  storage(account: Account, slot: Uint8Array): Uint8Array {
    const bytes = this.#trie.get(account.storageRoot, keccak256(slot));
    return bytes === undefined ? NOTHING : (RLP.decode(bytes) as Uint8Array);
  }

  /** Nodes that prove what `account` gives, or that there is none. */
  accountProof(root: Uint8Array, address: Uint8Array): readonly Uint8Array[] {
    return proofOf(this.#read, root, keccak256(address));
  }

  /** Nodes that prove what `storage` gives. */
  storageProof({ storageRoot }: Account, slot: Uint8Array): readonly Uint8Array[] {
    return proofOf(this.#read, storageRoot, keccak256(slot));
  }
}

/** A copy that its caller may change. */
export const copyAccount = (account: Account): Account =>
  new Account(account.nonce, account.balance, account.storageRoot, account.codeHash);
