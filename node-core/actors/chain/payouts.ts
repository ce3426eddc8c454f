import { withoutConflicts } from '../../domain/consensus/peg-operations.ts';
import type { PegOutEntry } from '../../domain/consensus/types.ts';
import type { BlockRoot } from '../../primitives/ids.ts';
import { ancestorsAbove } from './ancestry.ts';
import type { ChainActorState } from './state.ts';

/** At most 16 stand in a block; the bridge plans anew what is forgotten. */
const MAX_CANDIDATES = 64;

/**
 * Peg-out entries of the blocks from `root` back to the last that the bridge was told of: those above it are in nobody's
 * books, also where they are final by the very block that is judged now.
 */
export const ancestorPegOuts = (state: ChainActorState, root: BlockRoot): readonly PegOutEntry[] =>
  ancestorsAbove(state, root, state.toldHeight).flatMap(({ signedBlock }) => signedBlock.block.pegOuts);

/** A newer plan for the same burns or inputs takes the place of the older one; beyond the bound the oldest is forgotten. */
export function takeCandidate(state: ChainActorState, entry: PegOutEntry): void {
  dropFinalPayouts(state, [entry]);
  state.payouts.set(entry.id, entry);
  if (state.payouts.size <= MAX_CANDIDATES) return;
  const oldest = state.payouts.keys().next();
  if (!oldest.done) state.payouts.delete(oldest.value);
}

/** Forgets candidates that a final block, or a newer plan, has made obsolete. */
export function dropFinalPayouts(state: ChainActorState, final: readonly PegOutEntry[]): void {
  if (final.length === 0) return;
  for (const [id, candidate] of state.payouts) {
    if (withoutConflicts([candidate], final).length === 0) state.payouts.delete(id);
  }
}
