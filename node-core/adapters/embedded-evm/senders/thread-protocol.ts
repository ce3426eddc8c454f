import type { Hex } from '../../../primitives/hex.ts';
import type { EvmAddress } from '../../../primitives/ids.ts';

/** Transactions in their EIP-2718 form, of a chain. */
export interface SendersRequest {
  readonly id: number;
  readonly chainId: number;
  readonly raws: readonly Hex[];
}

/** For each transaction its sender; null for one that `decodeTransaction` refuses. */
export interface SendersReply {
  readonly id: number;
  readonly senders: readonly (EvmAddress | null)[];
}

/** A thread's first message. */
export const READY = 'ready';
