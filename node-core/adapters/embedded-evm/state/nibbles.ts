/** Each byte as its two halves, high one first. */
export function toNibbles(bytes: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(bytes.length * 2);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    nibbles[2 * i] = byte >> 4;
    nibbles[2 * i + 1] = byte & 15;
  }
  return nibbles;
}

/** How many nibbles of `path` stand in `key` from `at` on. */
export function commonLength(path: Uint8Array, key: Uint8Array, at: number): number {
  let length = 0;
  while (length < path.length && path[length] === key[at + length]) length++;
  return length;
}

/** Hex-prefix encoding: the first half byte says whether it is a leaf's (2) and whether the count is odd (1). Source: yellow paper, appendix C. */
export function compactPath(path: Uint8Array, isLeaf: boolean): Uint8Array {
  const odd = path.length & 1;
  const bytes = new Uint8Array((path.length >> 1) + 1);
  bytes[0] = ((isLeaf ? 2 : 0) + odd) << 4;
  if (odd === 1) bytes[0] |= path[0] as number;
  for (let i = odd, at = 1; i < path.length; i += 2, at++) {
    bytes[at] = ((path[i] as number) << 4) | (path[i + 1] as number);
  }
  return bytes;
}

/** The inverse of `compactPath`. */
export function expandPath(bytes: Uint8Array): { readonly path: Uint8Array; readonly isLeaf: boolean } {
  const nibbles = toNibbles(bytes);
  const flags = nibbles[0] as number;
  return { path: nibbles.subarray((flags & 1) === 1 ? 1 : 2), isLeaf: (flags & 2) === 2 };
}
