import { RLP, type NestedUint8Array } from '@ethereumjs/rlp';
import { commonLength, expandPath, toNibbles } from './nibbles.ts';
import { type ReadNode, isEmptyRoot, missing } from './trie.ts';

/**
 * The RLP of each node from the root to where `key` is, or to where it would have to be and isn't. A node under 32 bytes
 * stands in the one above it. Source: EIP-1186.
 * @throws ServiceError `STATE_MISSING` when a node of the path is in neither the store nor memory.
 */
export function proofOf(read: ReadNode, root: Uint8Array, key: Uint8Array): readonly Uint8Array[] {
  const proof: Uint8Array[] = [];
  const path = toNibbles(key);
  let at = 0;
  let to: Uint8Array | NestedUint8Array = isEmptyRoot(root) ? EMPTY : root;
  while (to.length > 0) {
    let node: NestedUint8Array;
    if (to instanceof Uint8Array) {
      const bytes = read(to);
      if (bytes === undefined) throw missing('node', to);
      proof.push(bytes);
      node = RLP.decode(bytes) as NestedUint8Array;
    } else node = to;
    if (node.length === 17) {
      to = node[path[at++] as number] as Uint8Array | NestedUint8Array;
      continue;
    }
    const { path: part, isLeaf } = expandPath(node[0] as Uint8Array);
    if (isLeaf || commonLength(part, path, at) < part.length) break;
    at += part.length;
    to = node[1] as Uint8Array | NestedUint8Array;
  }
  return proof;
}

const EMPTY = new Uint8Array(0);
