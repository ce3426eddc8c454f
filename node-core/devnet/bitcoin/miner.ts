import type { RegtestNode } from './node.ts';
import { Rejection } from './rejection.ts';

export interface AutomaticMining {
  /** Regtest address that gets the rewards. */
  readonly address: string;
  /** From a transaction's coming to its block. */
  readonly delayMs: number;
  /** Blocks on top of that one, so that confirmations accrue. */
  readonly confirmingBlocks: number;
  /** Blocks to begin with, at the same interval; none if left out. */
  readonly firstBlocks?: number;
  /** From one of these blocks to the next. */
  readonly intervalMs: number;
}

/**
 * Mines whenever something waits in the mempool: its block after a moment, then some more at an interval.
 * A node whose store failed is mined no more.
 * @returns what ends it.
 */
export function startAutomaticMining(
  node: RegtestNode,
  rewardScript: Uint8Array,
  options: Omit<AutomaticMining, 'address'>,
): () => void {
  const { delayMs, confirmingBlocks, intervalMs } = options;
  let confirming = options.firstBlocks ?? 0;
  let timer: NodeJS.Timeout | null = null;

  const mineNext = (): void => {
    const includes = node.mempool.size > 0;
    try {
      node.mine(1, rewardScript);
      confirming = includes ? confirmingBlocks : confirming - 1;
    } catch (error) {
      // A clock that went back allows no block yet; anything else is the store's end.
      if (!(error instanceof Rejection)) {
        stop();
        return;
      }
    }
    timer = null;
    if (confirming > 0) timer = setTimeout(mineNext, intervalMs);
    else wake();
  };
  const wake = (): void => {
    if (timer === null && node.mempool.size > 0) timer = setTimeout(mineNext, delayMs);
  };
  const stopListening = node.listen(wake);
  const stop = (): void => {
    stopListening();
    if (timer !== null) clearTimeout(timer);
  };
  if (confirming > 0) timer = setTimeout(mineNext, intervalMs);
  else wake();
  return stop;
}
