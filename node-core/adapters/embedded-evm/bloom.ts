import { keccak256 } from './crypto.ts';

/** Sets the three bits of an item in a 2048-bit filter. Source: yellow paper, 4.3.1. */
export function addToBloom(bloom: Uint8Array, item: Uint8Array): void {
  for (const bit of bloomBits(item)) bloom[255 - (bit >> 3)] = (bloom[255 - (bit >> 3)] as number) | (1 << (bit & 7));
}

/** Whether an item may be in the filter; if not, it is not. */
export function bloomMayHold(bloom: Uint8Array, item: Uint8Array): boolean {
  return bloomBits(item).every((bit) => ((bloom[255 - (bit >> 3)] as number) & (1 << (bit & 7))) !== 0);
}

function bloomBits(item: Uint8Array): readonly number[] {
  const hash = keccak256(item);
  return [0, 2, 4].map((at) => (((hash[at] as number) << 8) | (hash[at + 1] as number)) & 2047);
}

/** Adds all bits of `other`. */
export function mergeBloom(bloom: Uint8Array, other: Uint8Array): void {
  for (let i = 0; i < bloom.length; i++) bloom[i] = (bloom[i] as number) | (other[i] as number);
}
