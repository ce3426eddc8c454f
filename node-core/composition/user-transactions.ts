import { Transaction } from 'ethers';
import type { Hex } from '../primitives/hex.ts';

/** Whether a raw transaction calls the bridge itself: then the founding document names it BurnTransaction. */
export function isBridgeCall(raw: Hex, bridgeAddress: string): boolean {
  try {
    return Transaction.from(raw).to?.toLowerCase() === bridgeAddress;
  } catch {
    // What can't be decoded is refused by the execution client, with a wallet's error.
    return false;
  }
}
