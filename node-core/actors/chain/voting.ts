import { withoutConflicts } from '../../domain/consensus/peg-operations.ts';
import { nodeOf } from '../../domain/consensus/block-tree.ts';
import { finalBeforeVote } from '../../domain/consensus/schedule.ts';
import { headOf } from '../../domain/consensus/forkchoice.ts';
import type { Vote } from '../../domain/consensus/types.ts';
import { addVote } from '../../domain/consensus/votes.ts';
import { afterVote, mayVote } from '../../domain/consensus/voting.ts';
import type { BlockRoot } from '../../primitives/ids.ts';
import type { PegValidationResult } from '../../protocol/peg-validation.ts';
import type { VoteSigned } from '../../protocol/chain.ts';
import { authoritiesAt, selfAt } from './authorities.ts';
import { keepEvidence } from './evidence.ts';
import { noteBlockCertificate, settleFinality } from './finality.ts';
import { ancestorPegOuts } from './payouts.ts';
import { epochAt } from './members.ts';
import { noteSigned } from './rearming.ts';
import { type ChainActorState, type ChainCtx, type ImportJob, isHaltedNow } from './state.ts';

const PEGS_TIMEOUT_MS = 2000;
const SIGN_TIMEOUT_MS = 5000;

/** Asks the bridge whether this node's own view of Bitcoin lets it vote for a valid block (protocol.md, What gates what). */
export function considerVote(
  state: ChainActorState,
  { root, signedBlock: { block }, trace }: ImportJob,
  ctx: ChainCtx,
): void {
  if (!mayVoteNow(state, root)) return;
  if (withoutConflicts(block.pegOuts, ancestorPegOuts(state, block.parentRoot)).length < block.pegOuts.length) {
    ctx.log('warn', 'no vote: a payout conflicts with one of an ancestor', { root });
    return;
  }
  state.voting.set(root, { trace });
  ctx.ask(
    state.bridge,
    {
      type: 'ValidatePegOperations',
      purpose: 'vote',
      requestId: `vote:${root}`,
      slot: block.slot,
      height: block.height,
      epoch: epochAt(state, block.parentRoot, block.height),
      provenHeight: block.height,
      toldHeight: state.toldHeight,
      pegIns: block.pegIns,
      pegOuts: block.pegOuts,
      federationUpdates: block.federationUpdates,
    },
    { trace, timeoutMs: PEGS_TIMEOUT_MS, onTimeout: { type: 'ChainTimeout', what: 'pegs', key: `vote:${root}` } },
  );
}

/** Armed, not halted, the block of the current or last slot still held, and inside the voting rule. */
function mayVoteNow(state: ChainActorState, root: BlockRoot): boolean {
  const held = state.blocks.get(root);
  if (state.guard === null || isHaltedNow(state) || held === undefined) return false;
  const { block } = held.signedBlock;
  if (selfAt(state, block.height) === null) return false;
  const { height: finalHeight } = nodeOf(state.tree, state.tree.finalizedRoot);
  if (finalHeight < finalBeforeVote(state.args.network.authorities, block.height)) return false;
  return block.slot + 1 >= state.slot && mayVote(state.guard, block).ok;
}

export function onVotePegs(state: ChainActorState, result: PegValidationResult, ctx: ChainCtx): void {
  const root = result.requestId.slice('vote:'.length) as BlockRoot;
  const voting = state.voting.get(root);
  if (voting === undefined) return;
  const held = state.blocks.get(root);
  if (!result.accepted || held === undefined || !mayVoteNow(state, root)) {
    state.voting.delete(root);
    if (!result.accepted) ctx.log('warn', 'no vote: the bridge refuses', { root, reason: result.reason });
    return;
  }
  const { slot, certificate } = held.signedBlock.block;
  ctx.call(
    'signer',
    'signVote',
    [{ slot, root, justifiedRoot: certificate.blockRoot, justifiedSlot: certificate.slot }],
    {
      party: 'Signer',
      as: 'SignVote',
      timeoutMs: SIGN_TIMEOUT_MS,
      trace: voting.trace,
      done: (outcome) => ({
        type: 'VoteSigned',
        root,
        slot,
        vote: outcome.ok ? outcome.value : null,
        refusal: outcome.ok ? null : `${outcome.error.code}: ${outcome.error.reason}`,
      }),
    },
  );
}

/** The guard is on disk and the vote signed: it counts here and goes to all. */
export function onVoteSigned(state: ChainActorState, message: VoteSigned, ctx: ChainCtx): void {
  state.voting.delete(message.root);
  const held = state.blocks.get(message.root);
  if (held !== undefined && state.guard !== null)
    state.guard = afterVote(state.guard, message.root, held.signedBlock.block);
  if (message.vote === null) {
    ctx.log('warn', 'no vote: the signer refuses', { root: message.root, reason: message.refusal });
    return;
  }
  const self = held === undefined ? null : selfAt(state, held.signedBlock.block.height);
  // Halted since, or the block was orphaned: nobody needs the vote any more.
  if (isHaltedNow(state) || self === null) return;
  const vote: Vote = { blockRoot: message.root, slot: message.slot, authority: self.index, ...message.vote };
  ctx.tell(state.network, { type: 'PropagateVote', vote });
  collectVote(state, vote, ctx);
}

/** Counts a vote; a quorum makes a certificate, and that may make blocks final. */
export function collectVote(state: ChainActorState, vote: Vote, ctx: ChainCtx): void {
  const { network, networkHash, scheme } = state.args;
  const block = state.blocks.get(vote.blockRoot)?.signedBlock.block;
  const added = addVote(state.votes, vote, {
    sets:
      block === undefined ? network.authorities.map(({ members }) => members) : [authoritiesAt(state, block.height)],
    scheme,
    networkHash,
    currentSlot: state.slot,
  });
  if (!added.ok) {
    if (added.refusal.code !== 'DUPLICATE_VOTE')
      ctx.log('debug', 'vote refused', { code: added.refusal.code, slot: vote.slot });
    return;
  }
  state.votes = added.value.collector;
  noteSigned(state, added.value.key, vote.slot);
  if (added.value.evidence !== null) keepEvidence(state, added.value.evidence, ctx);
  // Before the chain stands there is nothing to certify: the next block's certificate tells the same.
  if (added.value.certificate === null || state.loading !== null) return;
  const headBefore = headOf(state.tree);
  noteBlockCertificate(state, added.value.certificate);
  settleFinality(state, headBefore, ctx);
}
