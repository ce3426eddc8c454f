import type { ChainEvent } from '../../domain/consensus/chain-machine.ts';
import { type ChainActorState, type ChainCtx, step } from './state.ts';

export interface Failure {
  readonly code: string;
  readonly reason: string;
}

/** Takes the machine's arrow to Failed. What was begun is over; nothing is imported or proposed until the recovery. */
export function fail(
  state: ChainActorState,
  event: Extract<ChainEvent, 'GenesisError' | 'SyncError' | 'ProductionError' | 'ImportError'>,
  { code, reason }: Failure,
  ctx: ChainCtx,
): void {
  step(state, event);
  ctx.log('warn', 'the chain failed', { event, code, reason });
}

/** Back to Syncing, which finds out what is missing: with the next slot, or at once where another try needs no pause. */
export function recover(state: ChainActorState): void {
  if (state.machine === 'Failed') step(state, 'RecoveryAttempt');
}
