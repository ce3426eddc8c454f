import type { Hex } from '../../node-core/primitives/hex.ts';

/** Creation code that leaves `code` behind: copies all after its own 14 bytes to memory and returns it. */
export function deploymentOf(code: Hex): Hex {
  const length = ((code.length - 2) / 2).toString(16).padStart(4, '0');
  return `0x61${length}600e60003961${length}6000f3${code.slice(2)}`;
}
