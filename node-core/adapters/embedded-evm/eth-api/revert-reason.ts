import { AbiCoder } from 'ethers';
import { bytesToHex } from '../../../primitives/hex.ts';

/** Selectors of what Solidity reverts with: `Error(string)` and `Panic(uint256)`. */
const ERROR = '0x08c379a0';
const PANIC = '0x4e487b71';

/** The words of a revert; null for a custom error or none. */
export function revertReason(returned: Uint8Array): string | null {
  const selector = bytesToHex(returned.subarray(0, 4));
  try {
    if (selector === ERROR) return AbiCoder.defaultAbiCoder().decode(['string'], returned.subarray(4))[0] as string;
    if (selector === PANIC) {
      const [code] = AbiCoder.defaultAbiCoder().decode(['uint256'], returned.subarray(4));
      return `panic code 0x${(code as bigint).toString(16).padStart(2, '0')}`;
    }
  } catch {
    // Looks like one of them and isn't: its bytes go to the wallet as they are.
  }
  return null;
}
