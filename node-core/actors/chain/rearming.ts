import { authoritiesIn } from '../../domain/consensus/authority-set.ts';
import { floorFor } from '../../domain/consensus/rearming.ts';
import type { AuthoritySet, Block, BlsPublicKey } from '../../domain/consensus/types.ts';
import { type AuthorityIndex, type BlockHeight, blockHeight, type Slot, slot } from '../../primitives/ids.ts';
import type { GuardChecked, GuardLoaded } from '../../protocol/chain.ts';
import { authoritiesAt, keyAt, selfAt } from './authorities.ts';
import { headBlockOf, loadGuard } from './startup.ts';
import type { ChainActorState, ChainCtx } from './state.ts';

const SIGNER_TIMEOUT_MS = 30_000;
const AUDIT_TIMEOUT_MS = 40_000;

/** An authority's signature was seen: peers whose guard was lost ask for it. */
export function noteSigned(state: ChainActorState, key: BlsPublicKey, at: Slot): void {
  if (at > (state.lastSigned.get(key) ?? 0)) state.lastSigned.set(key, at);
}

/** The proposer of a valid block signed it, and the voters of its certificate its parent. */
export function noteSigners(state: ChainActorState, { height, slot: at, proposer, certificate }: Block): void {
  const { cleanVoters, otherVoters } = certificate;
  noteSignedAt(state, height, proposer, at);
  for (const voter of authoritiesIn((cleanVoters | otherVoters) as AuthoritySet))
    noteSignedAt(state, blockHeight(height - 1), voter, certificate.slot);
}

function noteSignedAt(state: ChainActorState, height: BlockHeight, authority: AuthorityIndex, at: Slot): void {
  const key = keyAt(state, height, authority);
  if (key !== undefined) noteSigned(state, key, at);
}

/** By authority at the head's height; 0 for one that was not seen to sign. */
export const lastSignedSlots = (state: ChainActorState): readonly Slot[] =>
  authoritiesAt(state, headBlockOf(state).height).map(
    ({ blsPublicKey }) => state.lastSigned.get(blsPublicKey as BlsPublicKey) ?? slot(0),
  );

/** A store restored from a backup: nothing is signed until the peers have told what the lost record said (INV-11). */
export function onGuardChecked(state: ChainActorState, { disarmed, failure }: GuardChecked, ctx: ChainCtx): void {
  if (failure !== null) failToRead(state, failure, ctx);
  else if (disarmed) stayDisarmed(state, 'this node has not caught up with its peers yet', ctx);
  else loadGuard(ctx);
}

/** Until a record is here nothing is signed. */
export function onGuardLoaded(state: ChainActorState, { record, failure }: GuardLoaded, ctx: ChainCtx): void {
  state.guard = record;
  if (record === null) {
    failToRead(state, failure ?? 'no record', ctx);
    return;
  }
  state.disarmed = null;
  state.guardFailure = null;
}

function failToRead(state: ChainActorState, reason: string, ctx: ChainCtx): void {
  ctx.log('error', 'this node signs nothing: its guard record could not be read', { reason });
  state.guardFailure = reason;
}

function stayDisarmed(state: ChainActorState, reason: string, ctx: ChainCtx): void {
  if (state.disarmed !== reason) ctx.log('warn', 'this node signs nothing yet', { reason });
  state.disarmed = reason;
}

/** Arms the key again once this node has caught up and a quorum of the other authorities has reported; tried once a slot. */
export function rearmIfKnown(state: ChainActorState, ctx: ChainCtx): void {
  const { self } = state.args;
  if (state.disarmed === null || self === null || state.rearmTriedAt === state.slot) return;
  state.rearmTriedAt = state.slot;
  const authorities = authoritiesAt(state, headBlockOf(state).height);
  const reports = authorities.flatMap(({ peerId, blsPublicKey }) => {
    const status = blsPublicKey === self.publicKey ? undefined : state.peerHeads.get(peerId);
    if (status === undefined) return [];
    // The peer's list is of the authorities at its own head.
    const place = selfAt(state, status.headHeight);
    const lastSigned = (place === null ? undefined : status.lastSignedSlots[place.index]) ?? slot(0);
    return [{ lastSigned, highCertificate: status.highCertificate }];
  });
  const floor = floorFor(authorities.length, state.slot, state.tree.highCertificate, reports);
  if (!floor.ok) {
    stayDisarmed(state, floor.refusal.reason, ctx);
    return;
  }
  const { slot: at, lock } = floor.value;
  ctx.log('warn', 'peers have reported: this key signs again', { above: at, lockedSlot: lock.slot });
  ctx.ask(
    state.storage,
    {
      type: 'AppendAudit',
      key: 'rearm',
      entry: {
        atMs: ctx.nowMs,
        actor: ctx.path,
        action: 'arm signing',
        reason: `${reports.length} peers reported the last slots of this key`,
        detail: `signs above slot ${at}, locked on slot ${lock.slot}`,
      },
    },
    { timeoutMs: AUDIT_TIMEOUT_MS, onTimeout: { type: 'ChainTimeout', what: 'persist', key: 'rearm' } },
  );
  ctx.call('signer', 'rearm', [{ floor: at, lockedRoot: lock.blockRoot, lockedSlot: lock.slot }], {
    party: 'Signer',
    as: 'RearmGuard',
    timeoutMs: SIGNER_TIMEOUT_MS,
    done: (outcome) => ({
      type: 'GuardLoaded',
      record: outcome.ok ? outcome.value : null,
      failure: outcome.ok ? null : `${outcome.error.code}: ${outcome.error.reason}`,
    }),
  });
}
