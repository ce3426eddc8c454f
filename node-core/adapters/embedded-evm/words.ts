const WORD_BYTES = 32;
const LIMB_BITS = 64n;
const bytes = new Uint8Array(WORD_BYTES);
const view = new DataView(bytes.buffer);

/** 32 bytes, big-endian, in a buffer that the next call writes again. */
function scratchWord(value: bigint): Uint8Array {
  let rest = value;
  for (let at = WORD_BYTES - 8; at >= 0; at -= 8) {
    view.setBigUint64(at, BigInt.asUintN(64, rest));
    if (rest !== 0n) rest >>= LIMB_BITS;
  }
  return bytes;
}

/** Writes a number of at most 256 bits as 32 bytes, big-endian. */
export function writeWord(value: bigint, into: Uint8Array, at: number): void {
  into.set(scratchWord(value), at);
}

/** 32 bytes, big-endian, of a number of at most 256 bits. */
export const wordOf = (value: bigint): Uint8Array => scratchWord(value).slice();

/** The number that at most 32 big-endian bytes are; by way of text it takes several times as long. */
export function bigIntOf(source: Uint8Array): bigint {
  bytes.fill(0, 0, WORD_BYTES - source.length);
  bytes.set(source, WORD_BYTES - source.length);
  let value = 0n;
  for (let at = 0; at < WORD_BYTES; at += 8) {
    const part = view.getBigUint64(at);
    value = value === 0n ? part : (value << LIMB_BITS) | part;
  }
  return value;
}
