import { bridgeMachine } from '../../domain/bridge-machine.ts';
import { contradictionsOf } from '../../domain/utxo/contradictions.ts';
import { encodeJson } from '../../domain/utxo/json.ts';
import { accountedHeight } from '../../domain/utxo/ledger.ts';
import { solvencyOf } from '../../domain/utxo/solvency.ts';
import { tipOf } from '../../domain/utxo/view.ts';
import type { BlockHeight } from '../../primitives/ids.ts';
import { ALARM_KEY } from './keys.ts';
import { type Alarm, type BridgeActorState, type BridgeCtx, booksOf } from './state.ts';

/**
 * Looks at both sides again: at every final block, at every Bitcoin tip and before every signature request. Short by one
 * sat raises the alarm, unless this node's view of one side just lags, which a contradiction shows.
 */
export function assess(state: BridgeActorState, ctx: BridgeCtx): void {
  const before = state.contradictions[0];
  const books = booksOf(state);
  state.contradictions = contradictionsOf(books);
  state.solvency = solvencyOf(books);
  if (!state.caughtUp) return;
  const [now] = state.contradictions;
  if (now !== before) {
    if (now === undefined) ctx.log('info', 'the chain and Bitcoin agree again');
    else
      ctx.log('error', 'frozen: the chain and this view of Bitcoin disagree', { contradictions: state.contradictions });
  }
  const { solvency } = state;
  if (now === undefined && solvency !== null && solvency.surplusSats < 0n) {
    raiseAlarm(state, 'shortage', `the reserve is ${-solvency.surplusSats} sat short of what is owed`, ctx);
  }
}

/**
 * As `assess`, at a final block. Up to `contentHeight` mints, burns, fees and payouts may change the books; a block above
 * it, and empty as most are, moves nothing but the height at which they hold.
 */
export function assessFinal(state: BridgeActorState, accountedBefore: BlockHeight, ctx: BridgeCtx): void {
  const atBlockHeight = accountedHeight(state.ledger);
  if (accountedBefore < state.contentHeight || state.solvency === null) assess(state, ctx);
  else state.solvency = { ...state.solvency, atBlockHeight };
}

/** Freezes this node's signing until an operator has resolved it; on disk, so that a restart doesn't end it. */
export function raiseAlarm(state: BridgeActorState, kind: Alarm['kind'], reason: string, ctx: BridgeCtx): void {
  const { alarm } = state;
  if (alarm !== null && (alarm.kind !== kind || alarm.reason === reason)) return;
  ctx.log('error', `frozen: ${reason}`, { reason });
  keepAlarm(state, { kind, reason, sinceMs: alarm?.sinceMs ?? ctx.nowMs }, ctx);
}

/** The operator's word that the cause was looked into. It ends nothing that still holds. */
export function resolveAlarm(state: BridgeActorState, reason: string, ctx: BridgeCtx): void {
  const { alarm } = state;
  if (alarm === null) return;
  assess(state, ctx);
  const holds = state.contradictions[0] ?? (isShort(state) ? 'the reserve is still short' : null);
  if (holds !== null) {
    ctx.log('warn', 'the freeze stands: its cause is still there', { cause: holds });
    return;
  }
  ctx.log('info', 'the operator ended the freeze', { frozen: alarm.reason, reason });
  keepAlarm(state, null, ctx);
}

function keepAlarm(state: BridgeActorState, alarm: Alarm | null, ctx: BridgeCtx): void {
  state.alarm = alarm;
  const key = `alarm:${state.nextKey++}`;
  ctx.ask(
    state.storage,
    { type: 'PutValue', key, name: ALARM_KEY, value: alarm === null ? null : encodeJson(alarm) },
    { timeoutMs: state.timing.storageTimeoutMs, onTimeout: { type: 'BridgeTimeout', what: 'alarm', key } },
  );
}

const isShort = ({ solvency }: BridgeActorState): boolean => solvency === null || solvency.surplusSats < 0n;

/** Why nothing may be signed by this node's own view; null when it may. */
export function frozenReason(state: BridgeActorState): string | null {
  return state.alarm?.reason ?? (state.caughtUp ? (state.contradictions[0] ?? null) : null);
}

/** Why this node proposes, votes for and asks for nothing now; null when its view is good. Halts are judged apart. */
export function notReadyReason(state: BridgeActorState): string | null {
  if (state.loading.size > 0) return 'the bridge is starting';
  if (state.machine !== 'Monitoring') return "Bitcoin can't be reached";
  if (!state.caughtUp || isBehind(state)) return 'the scan of Bitcoin has not reached its tip';
  const frozen = frozenReason(state);
  if (frozen !== null) return `frozen: ${frozen}`;
  return isShort(state) ? 'the reserve is short of what is owed' : null;
}

/** A view that is so many blocks behind what the Bitcoin node says is no ground to sign on. */
const MAX_LAG_BLOCKS = 6;

const isBehind = ({ tip, view }: BridgeActorState): boolean =>
  tip !== null && tip.height - (tipOf(view)?.height ?? 0) > MAX_LAG_BLOCKS;

/** Bitcoin answered, or has not answered for a while. */
export function noteConnection(state: BridgeActorState, connected: boolean, ctx: BridgeCtx): void {
  if (connected) {
    state.failures = 0;
    if (bridgeMachine.can(state.machine, 'ConnectedToBitcoin')) move(state, 'ConnectedToBitcoin', ctx);
    else if (bridgeMachine.can(state.machine, 'Recovery')) move(state, 'Recovery', ctx);
    return;
  }
  state.failures++;
  if (state.failures >= FAILURES_TO_FAIL && bridgeMachine.can(state.machine, 'ConnectionError')) {
    move(state, 'ConnectionError', ctx);
  }
}

/** One lost answer is nothing; a view that is this many polls old is no ground to sign on. */
const FAILURES_TO_FAIL = 3;

function move(state: BridgeActorState, event: Parameters<typeof bridgeMachine.next>[1], ctx: BridgeCtx): void {
  const from = state.machine;
  state.machine = bridgeMachine.next(from, event);
  ctx.log(state.machine === 'Failed' ? 'error' : 'info', `bridge: ${from} to ${state.machine}`, { event });
}
