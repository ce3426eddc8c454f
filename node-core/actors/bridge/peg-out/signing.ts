import type { SchnorrSignature } from '../../../domain/consensus/types.ts';
import { finalizePayout } from '../../../domain/federation/payout-signing.ts';
import { pegOutMachine } from '../../../domain/pegout/machine.ts';
import { type PegOut, notePegOut, stepPegOut, withSignatures } from '../../../domain/pegout/operation.ts';
import type { MemberIndex } from '../../../primitives/ids.ts';
import type { Clearance, PegOutMessage } from '../../../protocol/bridge.ts';
import type { CollectedSignatures } from '../../../protocol/stream.ts';
import { type PegOutActorState, type PegOutCtx, save, wait } from './state.ts';

/** A version of the payout stands in a final block: the first, or a fee bump that is to be signed anew. */
export function onFinal(
  state: PegOutActorState,
  pegOut: PegOut,
  { payout, root, height }: Extract<PegOutMessage, { readonly type: 'PayoutFinal' }>,
  ctx: PegOutCtx,
): void {
  if (pegOut.payout?.entry.txid === payout.txid) return;
  const event = pegOut.payout === null ? 'TransactionCreated' : 'TransactionReplaced';
  if (!pegOutMachine.can(pegOut.state, event)) return;
  state.signing = null;
  state.asking = false;
  state.paused = false;
  state.blocker = `${state.args.threshold} members are to sign it`;
  const change = { payout: { entry: payout, root, height }, signatures: [], rawTx: null };
  save(state, stepPegOut(pegOut, event, ctx.nowMs, change, payout.txid), ctx);
}

export function onClearance(state: PegOutActorState, pegOut: PegOut, message: Clearance, ctx: PegOutCtx): void {
  state.asking = false;
  if (pegOut.state !== 'CollectingSignatures') return;
  const { signing } = message;
  if (!message.granted || signing === null || state.halted) {
    wait(state, message.reason ?? 'halted', ctx);
    return;
  }
  if (signing.request.txid !== pegOut.payout?.entry.txid) return;
  state.signing = signing;
  // Signatures of before a crash are used, not asked for again.
  if (signedAnswers(pegOut).length >= signing.federation.threshold) {
    aggregate(state, pegOut, ctx);
    return;
  }
  state.asking = true;
  ctx.ask(
    state.stream,
    { type: 'RequestFederationSignatures', request: signing.request },
    {
      trace: state.story,
      timeoutMs: state.args.governanceTimeoutMs,
      onTimeout: { type: 'BridgeTimeout', what: 'signatures', key: signing.request.txid },
    },
  );
}

function signedAnswers({ signatures }: PegOut): { member: MemberIndex; signatures: readonly SchnorrSignature[] }[] {
  return signatures.flatMap(({ member, signatures: own }) => (own === null ? [] : [{ member, signatures: own }]));
}

export function onCollected(
  state: PegOutActorState,
  pegOut: PegOut,
  message: CollectedSignatures,
  ctx: PegOutCtx,
): void {
  if (pegOut.state !== 'CollectingSignatures' || message.txid !== pegOut.payout?.entry.txid) return;
  if (message.members === null) {
    wait(state, message.reason ?? 'governance refuses to sign', ctx);
    return;
  }
  state.story = ctx.trace;
  aggregate(state, { ...pegOut, signatures: message.members.reduce(withSignatures, pegOut.signatures) }, ctx);
}

/** Puts the signatures into the transaction, which is on disk before it goes out. */
function aggregate(state: PegOutActorState, pegOut: PegOut, ctx: PegOutCtx): void {
  const { signing } = state;
  if (signing === null || pegOut.payout === null) return;
  const { unsignedTx, inputs } = pegOut.payout.entry;
  const final = finalizePayout(unsignedTx, inputs, () => signing.federation, signedAnswers(pegOut));
  if (final.ok) {
    const change = { signatures: pegOut.signatures, rawTx: final.value.rawTx };
    save(state, stepPegOut(pegOut, 'SignaturesCollected', ctx.nowMs, change), ctx);
    return;
  }
  ctx.log('error', 'collected signatures do not make a transaction', { reason: final.refusal.reason });
  save(state, notePegOut(pegOut, 'SignaturesDiscarded', ctx.nowMs, { signatures: [] }, final.refusal.reason), ctx);
  wait(state, final.refusal.reason, ctx);
}
