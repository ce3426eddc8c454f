import { decodeBurns } from '../../domain/pegout/burns.ts';
import type { FinalizeBlock } from '../../protocol/finality.ts';
import type { BurnsFound } from '../../protocol/engine.ts';
import { EXECUTE_TIMEOUT_MS, type EngineCtx, type EngineState, party } from './state.ts';

/** The client may still be catching up with the block that became final. */
const BURNS_RETRY_MS = 500;

/** Answers the mints of a final block, then reads its burns. Told again after a restart, it tells the same again. */
export function finalize(state: EngineState, { root, height, blockHash, pegIns }: FinalizeBlock, ctx: EngineCtx): void {
  for (const { outpoint, amountSats, recipient } of pegIns) {
    const queued = state.mints.get(outpoint);
    state.mints.delete(outpoint);
    ctx.tell(
      state.chain,
      { type: 'MintResult', success: true, outpoint, amountSats, recipient, root, blockHash, height },
      queued === undefined ? { correlationId: `peg-in:${outpoint}` } : { trace: queued.trace },
    );
  }
  state.burnQueue.push({ height, blockHash });
  if (state.burnQueue.length === 1) readBurns(state, ctx);
}

/** One height after the other, so that `BurnScanCompleted` speaks for every height below too. */
export function readBurns(state: EngineState, ctx: EngineCtx): void {
  const [next] = state.burnQueue;
  if (next === undefined) return;
  if (state.client !== 'Ready') {
    retryLater(ctx);
    return;
  }
  const { height, blockHash } = next;
  ctx.call('execution', 'logs', [blockHash, height], {
    party,
    as: 'ReadLogs',
    timeoutMs: EXECUTE_TIMEOUT_MS,
    done: (outcome) => {
      if (!outcome.ok) return { type: 'BurnsFound', height, blockHash, logs: [], failure: outcome.error.reason };
      return { type: 'BurnsFound', height, blockHash, logs: outcome.value, failure: null };
    },
  });
}

const retryLater = (ctx: EngineCtx): void => {
  ctx.timer('burns', BURNS_RETRY_MS, { type: 'RetryBurns' });
};

export function tellBurns(state: EngineState, message: BurnsFound, ctx: EngineCtx): void {
  const { height, blockHash } = message;
  // Asked for twice, after a time-out whose answer came late.
  if (state.burnQueue[0]?.blockHash !== blockHash) return;
  if (message.failure !== null) {
    ctx.log('warn', 'logs of a final block could not be read yet', { height, reason: message.failure });
    retryLater(ctx);
    return;
  }
  for (const burn of decodeBurns(message.logs, { bridgeAddress: state.args.bridgeAddress, blockHash, height })) {
    const trace = state.transactionTraces.get(burn.evmTxHash);
    state.transactionTraces.delete(burn.evmTxHash);
    ctx.tell(
      state.bridge,
      { type: 'BurnEventDetected', burn },
      trace === undefined ? { correlationId: `tx:${burn.evmTxHash}` } : { trace },
    );
  }
  ctx.tell(state.bridge, { type: 'BurnScanCompleted', height });
  state.burnQueue.shift();
  readBurns(state, ctx);
}
