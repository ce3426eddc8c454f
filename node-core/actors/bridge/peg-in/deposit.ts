import { pegInMachine } from '../../../domain/pegin/machine.ts';
import { type PegIn, isPegInTerminal, notePegIn, stepPegIn } from '../../../domain/pegin/operation.ts';
import type { BitcoinHeight } from '../../../primitives/ids.ts';
import type { BitcoinTransactionDetected } from '../../../protocol/bridge.ts';
import { type PegInActorState, type PegInCtx, save } from './state.ts';

/** The scan has found it, perhaps again: in another block it may be one that is rejected, or no longer. */
export function onDetected(
  state: PegInActorState,
  pegIn: PegIn,
  { height, recipient, rejection }: BitcoinTransactionDetected,
  ctx: PegInCtx,
): void {
  if (pegIn.state === 'ProcessingPegIn' && pegIn.rejection !== rejection) {
    const change = { bitcoinHeight: height, recipient, rejection };
    save(state, notePegIn(pegIn, 'DepositJudgedAnew', ctx.nowMs, change, rejection), ctx);
    validateWhenDeep(state, ctx);
    return;
  }
  onDepositSeen(state, pegIn, height, ctx);
}

/** Bitcoin has the deposit in a block at this height, be it for the first time, still, or again. */
export function onDepositSeen(state: PegInActorState, pegIn: PegIn, height: BitcoinHeight, ctx: PegInCtx): void {
  if (isPegInTerminal(pegIn)) return;
  if (pegIn.bitcoinHeight !== height) {
    save(state, notePegIn(pegIn, 'DepositConfirmedAgain', ctx.nowMs, { bitcoinHeight: height }), ctx);
  }
  validateWhenDeep(state, ctx);
}

/** Goes on with the detection's story when the deposit is deep enough, whatever brought the news. */
export function validateWhenDeep(state: PegInActorState, ctx: PegInCtx): void {
  const { pegIn, confirmations, args } = state;
  if (pegIn?.state !== 'ProcessingPegIn') return;
  if (pegIn.bitcoinHeight === null) state.blocker = 'Bitcoin reorganized its deposit out of the chain';
  else if (confirmations < args.confirmationsRequired) {
    state.blocker = `${confirmations} of ${args.confirmationsRequired} confirmations`;
  } else ctx.tell(ctx.self, { type: 'ValidatePegInTransaction' }, { trace: state.story });
}

export function validate(state: PegInActorState, pegIn: PegIn, ctx: PegInCtx): void {
  if (pegIn.state !== 'ProcessingPegIn' || pegIn.bitcoinHeight === null) return;
  if (state.confirmations < state.args.confirmationsRequired) return;
  if (pegIn.rejection !== null) {
    ctx.log('warn', 'deposit rejected', { outpoint: pegIn.outpoint, reason: pegIn.rejection });
    save(state, stepPegIn(pegIn, 'ValidationFailed', ctx.nowMs, {}, pegIn.rejection), ctx);
    return;
  }
  state.blocker = 'governance is to approve it';
  save(state, stepPegIn(pegIn, 'ValidationPassed', ctx.nowMs, { epoch: state.members.epoch }), ctx);
}

export function onReorganized(state: PegInActorState, pegIn: PegIn, ctx: PegInCtx): void {
  state.confirmations = 0;
  state.asking = false;
  state.blocker = 'Bitcoin reorganized its deposit out of the chain';
  if (isPegInTerminal(pegIn)) return;
  const change = { bitcoinHeight: null };
  save(
    state,
    pegInMachine.can(pegIn.state, 'DepositReorganized')
      ? stepPegIn(pegIn, 'DepositReorganized', ctx.nowMs, { ...change, votes: [], certificate: null })
      : notePegIn(pegIn, 'DepositReorganized', ctx.nowMs, change),
    ctx,
  );
}
