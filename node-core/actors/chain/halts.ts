import { conflictIn } from '../../domain/consensus/finality.ts';
import { addHalt, endByOperator, endHalt, type HaltLedger, isHalted, noHalts } from '../../domain/governance/halt.ts';
import type { EmergencyHaltRequest, HaltApplied, ResumeRequest } from '../../protocol/chain.ts';
import type { ReplyTo } from '../../kernel/ref.ts';
import { abandonProduction } from './production.ts';
import type { ChainActorState, ChainCtx, HeldRequest } from './state.ts';

/** Name of the halt ledger among the store's values. */
export const HALTS_KEY = 'chain.halts';
/** Of the timer that writes the ledger again after a failure. */
export const HALTS_RETRY = 'halts:retry';
const PERSIST_TIMEOUT_MS = 10_000;
const RETRY_MS = 1000;
/** Requests that wait for the ledger to be read or written; the operator and governance send a few in an hour. */
const MAX_WAITING = 64;

/** Takes effect at once and is answered when it is on disk (INV-13). */
export function onHaltRequest(
  state: ChainActorState,
  message: EmergencyHaltRequest | ResumeRequest,
  ctx: ChainCtx,
): void {
  const to = ctx.replyTo<HaltApplied>(message);
  if (state.heldHalts.length + state.haltWriting.next.length >= MAX_WAITING) {
    answer(state, to, 'TOO_MANY_REQUESTS: earlier halts and resumes wait for the store', ctx);
    return;
  }
  state.heldHalts.push({ message, to, sinceMs: ctx.nowMs });
  applyHeldHalts(state, ctx);
}

/**
 * Requests take effect in their order, a halt once the ledger is read, an end of one once the chain is read too, which
 * may show that its cause still holds. Until then this node signs nothing anyway.
 */
export function applyHeldHalts(state: ChainActorState, ctx: ChainCtx): void {
  for (let [held] = state.heldHalts; held !== undefined; [held] = state.heldHalts) {
    const { message, to, sinceMs } = held;
    if (state.haltWriting.onDisk === null) return;
    if (message.type === 'ResumeRequest' && state.loading !== null) return;
    state.heldHalts.shift();
    apply(state, changed(state, message, sinceMs), to, ctx);
  }
}

/** A resume ends the halts that its source may end; the sender has authenticated it (INV-14). */
function changed(
  { halts, tree }: ChainActorState,
  { type, source, reason, generation }: HeldRequest['message'],
  sinceMs: number,
): ReturnType<typeof addHalt> {
  if (type === 'EmergencyHaltRequest') return addHalt(halts, { source, reason, generation, sinceMs });
  return source === 'operator' ? endByOperator(halts, conflictIn(tree)) : endHalt(halts, { source, generation });
}

function apply(
  state: ChainActorState,
  outcome: ReturnType<typeof addHalt>,
  to: ReplyTo<HaltApplied>,
  ctx: ChainCtx,
): void {
  // A halt that stands already is what was asked for, once it is on disk.
  if (!outcome.ok && outcome.refusal.code !== 'HALT_STANDS') {
    answer(state, to, `${outcome.refusal.code}: ${outcome.refusal.reason}`, ctx);
    return;
  }
  const before = isHalted(state.halts);
  if (outcome.ok) state.halts = outcome.value;
  const halted = isHalted(state.halts);
  if (halted !== before) {
    ctx.log(halted ? 'warn' : 'info', halted ? 'halted: no block, no vote, no signature asked' : 'the halt has ended', {
      causes: state.halts.causes.map(({ source, reason }) => `${source}: ${reason}`),
    });
    ctx.tell(state.bridge, { type: 'HaltChanged', halted });
    ctx.tell(state.stream, { type: 'ReportChainStatus' });
  }
  if (halted) abandonProduction(state, 'halted', ctx);
  if (state.halts === state.haltWriting.onDisk) {
    answer(state, to, null, ctx);
    return;
  }
  state.haltWriting.next.push(to);
  writeHalts(state, ctx);
}

/** Writes the ledger unless a write is under way or the disk holds it: the next begins when that one has ended. */
export function writeHalts(state: ChainActorState, ctx: ChainCtx): void {
  const { haltWriting } = state;
  if (haltWriting.current !== null || haltWriting.onDisk === state.halts) return;
  const key = `halts:${state.nextKey++}`;
  haltWriting.current = { key, ledger: state.halts, answers: haltWriting.next };
  haltWriting.next = [];
  ctx.cancelTimer(HALTS_RETRY);
  ctx.ask(
    state.storage,
    { type: 'PutValue', key, name: HALTS_KEY, value: JSON.stringify(state.halts) },
    { timeoutMs: PERSIST_TIMEOUT_MS, onTimeout: { type: 'ChainTimeout', what: 'halts', key } },
  );
}

/** The ledger is on disk, or not: who asked is told, and what is not is written again until it is. */
export function onHaltsPersisted(state: ChainActorState, key: string, failure: string | null, ctx: ChainCtx): void {
  const { haltWriting } = state;
  const { current } = haltWriting;
  if (current?.key !== key) return;
  haltWriting.current = null;
  haltWriting.failure = failure;
  for (const to of current.answers) answer(state, to, failure, ctx);
  if (failure === null) {
    haltWriting.onDisk = current.ledger;
    writeHalts(state, ctx);
    return;
  }
  ctx.log('error', 'the halt could not be written down: it is tried again', { reason: failure });
  ctx.timer(HALTS_RETRY, RETRY_MS, { type: 'ChainTimeout', what: 'halts', key: HALTS_RETRY });
}

function answer(state: ChainActorState, to: ReplyTo<HaltApplied>, failure: string | null, ctx: ChainCtx): void {
  ctx.reply(to, { type: 'HaltApplied', halted: isHalted(state.halts), failure });
}

/** The ledger as `writeHalts` wrote it; none before the first halt. */
export const readHalts = (text: string | null): HaltLedger =>
  text === null ? noHalts : (JSON.parse(text) as HaltLedger);
