import { createAccountFromRLP } from '@ethereumjs/util';
import { RLP, type NestedUint8Array } from '@ethereumjs/rlp';
import { expandPath } from '../../node-core/adapters/embedded-evm/state/nibbles.ts';
import { type ReadNode, isEmptyRoot } from '../../node-core/adapters/embedded-evm/state/trie.ts';

/**
 * Hashes (hex) of all nodes of the state with this root, those of the accounts' storage included; code is read too.
 * @throws Error for what can't be read.
 */
export function stateHashes(root: Uint8Array, read: ReadNode, found = new Set<string>()): ReadonlySet<string> {
  return trieHashes(root, read, found, (leaf) => {
    const account = createAccountFromRLP(leaf);
    if (!isEmptyRoot(account.storageRoot)) trieHashes(account.storageRoot, read, found);
    if (account.isContract()) load(account.codeHash, read);
  });
}

/** Hashes (hex) of all nodes of one trie that is not empty. @throws Error for one that can't be read. */
export function trieHashes(
  root: Uint8Array,
  read: ReadNode,
  found = new Set<string>(),
  onLeaf: (value: Uint8Array) => void = () => undefined,
): ReadonlySet<string> {
  const visit = (node: NestedUint8Array): void => {
    if (node.length === 2 && expandPath(node[0] as Uint8Array).isLeaf) return onLeaf(node[1] as Uint8Array);
    for (const child of node.length === 17 ? node.slice(0, 16) : node.slice(1)) {
      if (!(child instanceof Uint8Array)) visit(child);
      else if (child.length > 0) trieHashes(child, read, found, onLeaf);
    }
  };
  found.add(Buffer.from(root).toString('hex'));
  visit(RLP.decode(load(root, read)) as NestedUint8Array);
  return found;
}

function load(hash: Uint8Array, read: ReadNode): Uint8Array {
  const bytes = read(hash);
  if (bytes === undefined) throw new Error(`missing: ${Buffer.from(hash).toString('hex')}`);
  return bytes;
}
