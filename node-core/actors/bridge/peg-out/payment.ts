import { pegOutMachine } from '../../../domain/pegout/machine.ts';
import { type PegOut, notePegOut, stepPegOut } from '../../../domain/pegout/operation.ts';
import type { PegOutMessage, TransactionConfirmed } from '../../../protocol/bridge.ts';
import { type PegOutActorState, type PegOutCtx, save, tellBridge, wait } from './state.ts';

export function broadcast(state: PegOutActorState, { rawTx }: PegOut, ctx: PegOutCtx): void {
  if (rawTx === null) return;
  state.asking = true;
  state.blocker = 'Bitcoin has to take it';
  ctx.call('bitcoin', 'broadcast', [rawTx], {
    party: 'BitcoinNetwork',
    as: 'BroadcastBitcoinTransaction',
    trace: state.story,
    timeoutMs: state.args.bitcoinTimeoutMs,
    done: (outcome) => ({
      type: 'BroadcastDone',
      txid: outcome.ok ? outcome.value.txid : null,
      failure: outcome.ok ? null : `${outcome.error.code}: ${outcome.error.reason}`,
    }),
  });
}

export function onBroadcast(state: PegOutActorState, pegOut: PegOut, failure: string | null, ctx: PegOutCtx): void {
  state.asking = false;
  if (pegOut.state === 'Broadcasting' && failure === null) {
    state.story = ctx.trace;
    state.blocker = 'Bitcoin has to confirm it';
    save(state, stepPegOut(pegOut, 'TransactionBroadcast', ctx.nowMs), ctx);
  }
  if (pegOut.state !== 'Broadcasting' && pegOut.state !== 'Confirming') return;
  if (failure !== null)
    ctx.log('warn', 'a payout was not taken by Bitcoin', { txid: pegOut.payout?.entry.txid, failure });
  wait(state, failure ?? 'Bitcoin has to confirm it', ctx);
}

/** The scan's word is checked with the Bitcoin node under this operation's own story. */
export function confirm(
  state: PegOutActorState,
  { txid, height, hash, confirmations, deep }: Extract<PegOutMessage, { readonly type: 'PayoutSeen' }>,
  ctx: PegOutCtx,
): void {
  ctx.call('bitcoin', 'getBlockHash', [height], {
    party: 'BitcoinNetwork',
    as: 'ConfirmTransaction',
    trace: state.story,
    timeoutMs: state.args.bitcoinTimeoutMs,
    done: (outcome) =>
      outcome.ok && (hash === null || outcome.value === hash)
        ? { type: 'TransactionConfirmed', txid, confirmations, height, deep }
        : { type: 'BridgeTimeout', what: 'confirm', key: txid },
  });
}

export function onConfirmed(
  state: PegOutActorState,
  pegOut: PegOut,
  message: TransactionConfirmed,
  ctx: PegOutCtx,
): void {
  const { txid, height, confirmations, deep } = message;
  const { confirmationsRequired } = state.args;
  state.confirmations = confirmations;
  state.blocker = `${confirmations} of ${confirmationsRequired} confirmations`;
  let next = pegOut;
  const change = { confirmedTxid: txid, bitcoinHeight: height };
  if (pegOutMachine.can(next.state, 'TransactionSeen')) {
    next = stepPegOut(next, 'TransactionSeen', ctx.nowMs, change, txid);
  } else if (next.state === 'Confirming' && (next.bitcoinHeight !== height || next.confirmedTxid !== txid)) {
    next = notePegOut(next, 'TransactionSeen', ctx.nowMs, change, txid);
  }
  if (deep && next.state === 'Confirming') next = stepPegOut(next, 'TransactionConfirmed', ctx.nowMs);
  if (next === pegOut) tellBridge(state, ctx);
  else save(state, next, ctx);
}
