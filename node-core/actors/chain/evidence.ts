import type { EquivocationEvidence } from '../../domain/consensus/types.ts';
import type { ChainActorState, ChainCtx, ImportJob } from './state.ts';

/** An authority signed twice: kept for the federation, shown to the operator. */
export function keepEvidence(state: ChainActorState, evidence: EquivocationEvidence, ctx: ChainCtx): void {
  state.evidenceCount++;
  ctx.log('error', 'an authority signed twice', { ...evidence });
  ctx.tell(state.storage, { type: 'PersistEvidence', evidence });
}

/** A second valid block of a slot is its authority's equivocation; it may still be certified, so it is imported like any other. */
export function noteRival(state: ChainActorState, { root, signedBlock: { block } }: ImportJob, ctx: ChainCtx): void {
  for (const other of state.blocks.values()) {
    const { slot, proposer } = other.signedBlock.block;
    if (slot !== block.slot || other.root === root) continue;
    keepEvidence(state, { kind: 'block', slot, authority: proposer, firstRoot: other.root, secondRoot: root }, ctx);
    return;
  }
}
