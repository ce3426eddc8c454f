/**
 * Key and value pairs in one buffer: for each pair two uint32 little-endian lengths, the key, the value. One transfer
 * to the writer's thread in place of thousands of small copies, each of which would take its whole backing buffer along.
 */
export function packPairs(pairs: readonly (readonly [key: Uint8Array, value: Uint8Array])[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const [key, value] of pairs) size += 8 + key.byteLength + value.byteLength;
  const packed = new Uint8Array(size);
  const view = new DataView(packed.buffer);
  let offset = 0;
  for (const [key, value] of pairs) {
    view.setUint32(offset, key.byteLength, true);
    view.setUint32(offset + 4, value.byteLength, true);
    packed.set(key, offset + 8);
    packed.set(value, offset + 8 + key.byteLength);
    offset += 8 + key.byteLength + value.byteLength;
  }
  return packed;
}

/** The pairs of `packPairs`, as views on its buffer. */
export function* unpackPairs(packed: Uint8Array): Generator<readonly [key: Uint8Array, value: Uint8Array]> {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  let offset = 0;
  while (offset < packed.byteLength) {
    const keyEnd = offset + 8 + view.getUint32(offset, true);
    const valueEnd = keyEnd + view.getUint32(offset + 4, true);
    yield [packed.subarray(offset + 8, keyEnd), packed.subarray(keyEnd, valueEnd)];
    offset = valueEnd;
  }
}

const HASH_BYTES = 32;

/** Hashes of 32 bytes, one after the other. */
export function packHashes(hashes: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(hashes.length * HASH_BYTES);
  hashes.forEach((hash, index) => packed.set(hash, index * HASH_BYTES));
  return packed;
}

/** The hashes of `packHashes`, as views on its buffer. */
export function* unpackHashes(packed: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < packed.byteLength; at += HASH_BYTES) yield packed.subarray(at, at + HASH_BYTES);
}

/** Bytes that own their whole buffer: a view into a pool would be copied to another thread with the pool. */
export const ownBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
