import { conflictIn } from '../../domain/consensus/finality.ts';
import { addHalt, endByOperator, endHalt, type HaltLedger, isHalted, noHalts } from '../../domain/governance/halt.ts';
import type { EmergencyHaltRequest, HaltApplied, ResumeRequest } from '../../protocol/chain.ts';
import type { ReplyTo } from '../../kernel/ref.ts';
import { abandonProduction } from './production.ts';
import type { ChainActorState, ChainCtx } from './state.ts';

/** Name of the halt ledger among the store's values. */
export const HALTS_KEY = 'chain.halts';
const PERSIST_TIMEOUT_MS = 10_000;

/** Takes effect at once in memory and is answered when it is on disk (INV-13). */
export function onHalt(state: ChainActorState, message: EmergencyHaltRequest, ctx: ChainCtx): void {
  const { source, reason, generation } = message;
  apply(
    state,
    addHalt(state.halts, { source, reason, generation, sinceMs: ctx.nowMs }),
    ctx.replyTo<HaltApplied>(message),
    ctx,
  );
  if (isHalted(state.halts)) abandonProduction(state, 'halted', ctx);
}

/** Ends the halts that its source may end; the sender has authenticated it (INV-14). */
export function onResume(state: ChainActorState, message: ResumeRequest, ctx: ChainCtx): void {
  const { source, generation } = message;
  const ended =
    source === 'operator'
      ? endByOperator(state.halts, conflictIn(state.tree))
      : endHalt(state.halts, { source, generation });
  apply(state, ended, ctx.replyTo<HaltApplied>(message), ctx);
}

function apply(
  state: ChainActorState,
  changed: ReturnType<typeof addHalt>,
  to: ReplyTo<HaltApplied>,
  ctx: ChainCtx,
): void {
  if (!changed.ok) {
    // A halt that stands already is what was asked for.
    const failure =
      changed.refusal.code === 'HALT_STANDS' ? null : `${changed.refusal.code}: ${changed.refusal.reason}`;
    ctx.reply(to, { type: 'HaltApplied', halted: isHalted(state.halts), failure });
    return;
  }
  const before = isHalted(state.halts);
  state.halts = changed.value;
  const halted = isHalted(state.halts);
  if (halted !== before) {
    ctx.log(halted ? 'warn' : 'info', halted ? 'halted: no block, no vote, no signature asked' : 'the halt has ended', {
      causes: state.halts.causes.map(({ source, reason }) => `${source}: ${reason}`),
    });
    ctx.tell(state.bridge, { type: 'HaltChanged', halted });
    ctx.tell(state.stream, { type: 'ReportChainStatus' });
  }
  const key = `halts:${state.nextKey++}`;
  state.haltAnswers.set(key, to);
  ctx.ask(
    state.storage,
    { type: 'PutValue', key, name: HALTS_KEY, value: JSON.stringify(state.halts) },
    { timeoutMs: PERSIST_TIMEOUT_MS, onTimeout: { type: 'ChainTimeout', what: 'halts', key } },
  );
}

export function onHaltsPersisted(state: ChainActorState, key: string, failure: string | null, ctx: ChainCtx): void {
  const to = state.haltAnswers.get(key);
  state.haltAnswers.delete(key);
  if (failure !== null) ctx.log('error', 'the halt could not be written down', { reason: failure });
  if (to !== undefined) ctx.reply(to, { type: 'HaltApplied', halted: isHalted(state.halts), failure });
}

/** The ledger as `apply` wrote it; none before the first halt. */
export const readHalts = (text: string | null): HaltLedger =>
  text === null ? noHalts : (JSON.parse(text) as HaltLedger);
