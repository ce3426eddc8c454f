import { policyOf, type SupervisionSettings } from '../../config/supervision-settings.ts';
import type { PegIn } from '../../domain/pegin/operation.ts';
import type { PegOut } from '../../domain/pegout/operation.ts';
import { decodeJson } from '../../domain/utxo/json.ts';
import { entryOf, latestVersion } from '../../domain/utxo/ledger.ts';
import { type BitcoinView, confirmationsOf, depthNeeded } from '../../domain/utxo/view.ts';
import type { Trace } from '../../kernel/envelope.ts';
import { unreachable } from '../../primitives/assert.ts';
import { type OperationId, pegOutId } from '../../primitives/ids.ts';
import type { OperationRecord } from '../../ports/store.ts';
import type { OperationChanged, PegInMessage, PegOutMessage } from '../../protocol/bridge.ts';
import type { OperationView } from '../../protocol/views.ts';
import { tellDepth } from './depths.ts';
import type { OperationArgs } from './operation/args.ts';
import { correlationOfPegIn, correlationOfPegOut, pegInView, pegOutView } from './operation/view.ts';
import { pegInActor } from './peg-in/peg-in-actor.ts';
import { pegOutActor } from './peg-out/peg-out-actor.ts';
import {
  type BridgeActorState,
  type BridgeCtx,
  type LiveOperation,
  MAX_FINISHED,
  type OperationActors,
} from './state.ts';

/** StreamActor's own time-out passes first, so that it alone decides what became of a request. */
const governanceTimeoutMs = ({ args, timing }: BridgeActorState): number =>
  args.local.governance.requestTimeoutMs + timing.governanceGraceMs;

function heightOf(record: OperationRecord): BitcoinView['headers'][number]['height'] | null {
  return decodeJson<PegIn | PegOut>(record.data).bitcoinHeight;
}

function argsFor(state: BridgeActorState, record: OperationRecord): OperationArgs {
  const { federation, args, timing, view } = state;
  const { depositConfirmations } = args.network.bitcoin;
  const height = heightOf(record);
  const output = record.kind === 'pegIn' ? view.outputs[decodeJson<PegIn>(record.data).outpoint] : undefined;
  return {
    record,
    networkHash: args.networkHash,
    epoch: federation.activeEpoch,
    members: federation.members,
    threshold: federation.threshold,
    confirmations: height === null ? 0 : confirmationsOf(view, height),
    confirmationsRequired: output === undefined ? depositConfirmations : depthNeeded(output, depositConfirmations),
    halted: state.halted,
    bitcoinTimeoutMs: args.local.bitcoin.requestTimeoutMs,
    governanceTimeoutMs: governanceTimeoutMs(state),
    timing,
  };
}

/** Operations as a node's settings want them. */
export const operationActors = (supervision: SupervisionSettings): OperationActors => ({
  pegIn: { ...pegInActor, ...policyOf('PegIn', supervision) },
  pegOut: { ...pegOutActor, ...policyOf('PegOut', supervision) },
});

/** Starts an operation's actor from its record and tells it what has happened to it while it had none. */
export function spawnOperation(
  state: BridgeActorState,
  record: OperationRecord,
  ctx: BridgeCtx,
  messages: readonly (PegInMessage | PegOutMessage)[] = [],
  trace?: Trace,
): void {
  const options = argsFor(state, record);
  const ref: LiveOperation['ref'] =
    record.kind === 'pegIn'
      ? { kind: 'pegIn', to: ctx.spawn(state.actors.pegIn, record.id, options) }
      : { kind: 'pegOut', to: ctx.spawn(state.actors.pegOut, record.id, options) };
  ctx.watch(ref.to, { type: 'OperationEnded', operation: record.id });
  state.operations.set(record.id, { ref, record, view: viewOfRecord(state, record) });
  state.finished.delete(record.id);
  const story = trace ?? { correlationId: correlationOf(record), cause: null };
  for (const message of messages) tellOperation(state, record.id, message, ctx, story);
  catchUp(state, record, ctx, story);
  // A burn that was on disk only after Bitcoin had its payout: no block may come soon that tells it.
  if (record.kind === 'pegOut') tellDepth(state, record.id, ctx);
}

const correlationOf = (record: OperationRecord): string =>
  record.kind === 'pegIn'
    ? correlationOfPegIn(decodeJson<PegIn>(record.data))
    : correlationOfPegOut(decodeJson<PegOut>(record.data));

/** What the ledger knows of an operation that its record may not. */
export function catchUp(state: BridgeActorState, record: OperationRecord, ctx: BridgeCtx, story?: Trace): void {
  const { ledger } = state;
  if (record.kind === 'pegIn') {
    const mint = ledger.mints[decodeJson<PegIn>(record.data).outpoint];
    if (mint !== undefined) tellOperation(state, record.id, { type: 'PegInComplete', ...mint }, ctx, story);
    return;
  }
  const paid = ledger.burns[decodeJson<PegOut>(record.data).burn.id]?.payout ?? null;
  const payout = paid === null ? undefined : ledger.payouts[paid];
  if (payout === undefined) return;
  const version = latestVersion(payout);
  tellOperation(
    state,
    record.id,
    { type: 'PayoutFinal', payout: entryOf(payout, version), root: version.root, height: version.height },
    ctx,
    story,
  );
}

/** Tells an operation; false when its actor doesn't live. */
export function tellOperation(
  state: BridgeActorState,
  id: OperationId,
  message: PegInMessage | PegOutMessage,
  ctx: BridgeCtx,
  trace?: Trace,
): boolean {
  const live = state.operations.get(id);
  if (live === undefined) return false;
  const options = trace === undefined ? undefined : { trace };
  // The operation's kind is in its id: a peg-in is told what a peg-in is told.
  if (live.ref.kind === 'pegIn') ctx.tell(live.ref.to, message as PegInMessage, options);
  else ctx.tell(live.ref.to, message as PegOutMessage, options);
  return true;
}

export function tellAll(state: BridgeActorState, message: PegInMessage & PegOutMessage, ctx: BridgeCtx): void {
  for (const id of state.operations.keys()) tellOperation(state, id, message, ctx);
}

/** An operation is over: its record stays in sight and its actor ends. */
export function onOperationChanged(state: BridgeActorState, { record, view }: OperationChanged, ctx: BridgeCtx): void {
  const live = state.operations.get(record.id);
  if (live === undefined) return;
  live.record = record;
  live.view = view;
  if (!record.terminal) return;
  state.operations.delete(record.id);
  state.waitingBurns.delete(record.id);
  keepFinished(state, record, view);
  state.stopping.set(record.id, []);
  ctx.stop(live.ref.to);
}

export function keepFinished(state: BridgeActorState, record: OperationRecord, view: OperationView): void {
  state.finished.delete(record.id);
  state.finished.set(record.id, { record, view });
  if (state.finished.size <= MAX_FINISHED) return;
  const oldest = state.finished.keys().next();
  if (!oldest.done) state.finished.delete(oldest.value);
}

/** Brings an operation that was over back, because Bitcoin or the chain has something more to say of it. */
export function reviveOperation(
  state: BridgeActorState,
  id: OperationId,
  message: PegInMessage | PegOutMessage,
  ctx: BridgeCtx,
): void {
  if (tellOperation(state, id, message, ctx)) return;
  const stopping = state.stopping.get(id);
  if (stopping !== undefined) {
    stopping.push(message);
    return;
  }
  const finished = state.finished.get(id);
  if (finished === undefined)
    ctx.log('error', 'an operation that was over long ago has changed', { id, type: message.type });
  else spawnOperation(state, finished.record, ctx, [message]);
}

export function onOperationEnded(state: BridgeActorState, id: OperationId, ctx: BridgeCtx): void {
  const messages = state.stopping.get(id);
  state.stopping.delete(id);
  if (messages !== undefined) {
    const finished = state.finished.get(id);
    if (messages.length > 0 && finished !== undefined) spawnOperation(state, finished.record, ctx, messages);
    return;
  }
  const live = state.operations.get(id);
  if (live === undefined) return;
  live.view = { ...live.view, blocker: 'its actor failed too often and has ended: restart BridgeActor' };
  ctx.log('error', 'the actor of an operation has ended', { id, state: live.record.state });
}

export function resumeOperation(state: BridgeActorState, id: OperationId, ctx: BridgeCtx): void {
  const live = state.operations.get(id);
  if (live === undefined) return;
  tellOperation(state, id, { type: 'ResumeOperation', record: live.record }, ctx);
  tellOperation(state, id, { type: 'HaltChanged', halted: state.halted }, ctx);
  catchUp(state, live.record, ctx);
  tellDepth(state, id, ctx);
}

/** The view of an operation that has no actor yet, or no more. */
export function viewOfRecord(state: BridgeActorState, record: OperationRecord): OperationView {
  const { confirmations, confirmationsRequired, members, threshold } = argsFor(state, record);
  const context = { confirmations, confirmationsRequired, memberCount: members.length, threshold, blocker: null };
  switch (record.kind) {
    case 'pegIn':
      return pegInView(decodeJson<PegIn>(record.data), context);
    case 'pegOut':
      return pegOutView(decodeJson<PegOut>(record.data), context);
    default:
      return unreachable(record.kind);
  }
}

export const pegOutsOf = (
  state: BridgeActorState,
  payoutId: keyof BridgeActorState['ledger']['payouts'],
): OperationId[] => (state.ledger.payouts[payoutId]?.versions[0].shares ?? []).map(({ burn }) => pegOutId(burn));
