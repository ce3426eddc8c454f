import { blockRootOf } from '../../domain/consensus/encoding.ts';
import type { BlsPublicKey, EquivocationEvidence, SignedBlock } from '../../domain/consensus/types.ts';
import { checkSignature } from '../../domain/consensus/validate.ts';
import type { BlockRoot, Slot } from '../../primitives/ids.ts';
import { authoritiesAt, keyAt } from './authorities.ts';
import type { ChainActorState, ChainCtx, SeenBlock } from './state.ts';

/** Evidence held in memory, the newest. */
export const MAX_EVIDENCE = 256;
/** Slots whose first block is remembered, to be compared with a second one. */
const MAX_SEEN = 512;

const seenOf = (root: BlockRoot, { block: { slot, height, proposer }, signature }: SignedBlock): SeenBlock => ({
  root,
  block: { slot, height, proposer },
  signature,
});

const isOf = (kind: EquivocationEvidence['kind'], slot: Slot, key: BlsPublicKey) => (known: EquivocationEvidence) =>
  known.kind === kind && known.slot === slot && known.publicKey === key;

/** An authority signed twice: kept for the federation, shown to the operator; once for a key and slot. */
export function keepEvidence(state: ChainActorState, evidence: EquivocationEvidence, ctx: ChainCtx): void {
  if (state.evidence.some(isOf(evidence.kind, evidence.slot, evidence.publicKey))) return;
  const { kind, slot, authority, publicKey, firstRoot, secondRoot } = evidence;
  ctx.log('error', 'an authority signed twice', { kind, slot, authority, publicKey, firstRoot, secondRoot });
  takeEvidence(state, [evidence]);
  ctx.tell(state.storage, { type: 'PersistEvidence', evidence });
}

/** Adds what is new, newest first. */
export function takeEvidence(state: ChainActorState, more: readonly EquivocationEvidence[]): void {
  const fresh = more.filter(({ kind, slot, publicKey }) => !state.evidence.some(isOf(kind, slot, publicKey)));
  state.evidence = [...fresh, ...state.evidence].sort((a, b) => b.slot - a.slot).slice(0, MAX_EVIDENCE);
}

/**
 * Compares a block with the first one of its slot and proposer, before anything else is asked of it: two signatures prove
 * an equivocation, whether or not either block is valid, comes in time or finds a place. Signatures are checked only
 * where two blocks differ.
 */
export function noteRival(state: ChainActorState, root: BlockRoot, signedBlock: SignedBlock, ctx: ChainCtx): void {
  const { slot, height, proposer } = signedBlock.block;
  const publicKey = keyAt(state, height, proposer);
  if (publicKey === undefined || state.evidence.some(isOf('block', slot, publicKey))) return;
  const place = `${slot}:${publicKey}`;
  const [first, second] = [state.seen.get(place), seenOf(root, signedBlock)];
  if (first?.root === root) return;
  if (first !== undefined && !isSigned(state, second)) return;
  if (first === undefined || !isSigned(state, first)) {
    remember(state, place, second);
    return;
  }
  keepEvidence(
    state,
    {
      kind: 'block',
      slot,
      authority: first.block.proposer,
      publicKey,
      firstRoot: first.root,
      secondRoot: root,
      firstSignature: first.signature,
      secondSignature: second.signature,
      firstClean: null,
      secondClean: null,
    },
    ctx,
  );
}

/** Blocks from the disk: what comes after a restart is compared with them too. */
export function rememberBlocks(state: ChainActorState, blocks: readonly { readonly signedBlock: SignedBlock }[]): void {
  for (const { signedBlock } of blocks) {
    const { slot, height, proposer } = signedBlock.block;
    const publicKey = keyAt(state, height, proposer);
    const place = `${slot}:${publicKey ?? ''}`;
    if (slot > 0 && !state.seen.has(place)) remember(state, place, seenOf(blockRootOf(signedBlock.block), signedBlock));
  }
}

function remember(state: ChainActorState, place: string, block: SeenBlock): void {
  state.seen.delete(place);
  state.seen.set(place, block);
  if (state.seen.size <= MAX_SEEN) return;
  const oldest = state.seen.keys().next();
  if (!oldest.done) state.seen.delete(oldest.value);
}

function isSigned(state: ChainActorState, seen: SeenBlock): boolean {
  const { scheme, networkHash } = state.args;
  const authorities = authoritiesAt(state, seen.block.height);
  return checkSignature(seen, seen.root, { authorities, scheme, networkHash }).ok;
}
