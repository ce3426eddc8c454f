import { decodeRlp, keccak256, type RlpStructuredData } from 'ethers';

/**
 * What a Merkle Patricia proof proves of a key under a root: its value, or null for none. Written from the yellow paper,
 * appendix D, without the node's own code. Throws when it proves nothing, and when it holds what the path doesn't need.
 */
export function verifyProof(root: string, key: string, proof: readonly string[]): string | null {
  const nibbles = keccak256(key).slice(2);
  const left = [...proof];
  let at = 0;
  let reference: RlpStructuredData | string = root;
  for (;;) {
    const node: readonly RlpStructuredData[] = typeof reference === 'string' ? open(reference, left) : reference;
    if (node.length === 17) {
      reference = node[parseInt(nibbles[at++] ?? '', 16)] as RlpStructuredData;
      if (reference === '0x') return end(null, left);
      continue;
    }
    const coded = String(node[0]).slice(2);
    const flag = parseInt(coded[0] ?? '', 16);
    const path = coded.slice(flag % 2 === 1 ? 1 : 2);
    const follows = nibbles.startsWith(path, at);
    at += path.length;
    if (flag >= 2) return end(follows && at === nibbles.length ? String(node[1]) : null, left);
    if (!follows) return end(null, left);
    reference = node[1] as RlpStructuredData;
  }
}

function open(hash: string, left: string[]): readonly RlpStructuredData[] {
  const bytes = left.shift();
  if (bytes === undefined || keccak256(bytes) !== hash) throw new Error(`the proof has no node ${hash}`);
  return decodeRlp(bytes) as readonly RlpStructuredData[];
}

function end(value: string | null, left: readonly string[]): string | null {
  if (left.length > 0) throw new Error('the proof holds more than the path');
  return value;
}
