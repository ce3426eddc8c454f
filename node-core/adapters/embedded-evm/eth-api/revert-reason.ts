import { AbiCoder } from 'ethers';
import { bytesToHex } from '../../../primitives/hex.ts';

/** Selectors of what Solidity reverts with: `Error(string)` and `Panic(uint256)`. */
const ERROR = '0x08c379a0';
const PANIC = '0x4e487b71';

/** Source: geth's `accounts/abi`, after Solidity's documentation of panics. */
const PANIC_WORDS: ReadonlyMap<bigint, string> = new Map([
  [0x00n, 'generic panic'],
  [0x01n, 'assert(false)'],
  [0x11n, 'arithmetic underflow or overflow'],
  [0x12n, 'division or modulo by zero'],
  [0x21n, 'enum overflow'],
  [0x22n, 'invalid encoded storage byte array accessed'],
  [0x31n, 'out-of-bounds array access; popping on an empty array'],
  [0x32n, 'out-of-bounds access of an array or bytesN'],
  [0x41n, 'out of memory'],
  [0x51n, 'uninitialized function'],
]);

/** The words of a revert; null for a custom error or none. */
export function revertReason(returned: Uint8Array): string | null {
  const selector = bytesToHex(returned.subarray(0, 4));
  try {
    if (selector === ERROR) return AbiCoder.defaultAbiCoder().decode(['string'], returned.subarray(4))[0] as string;
    if (selector === PANIC) {
      const [code] = AbiCoder.defaultAbiCoder().decode(['uint256'], returned.subarray(4));
      return PANIC_WORDS.get(code as bigint) ?? `unknown panic code: 0x${(code as bigint).toString(16)}`;
    }
  } catch {
    // Looks like one of them and isn't: its bytes go to the wallet as they are.
  }
  return null;
}
