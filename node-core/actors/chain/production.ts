import { payoutsThatFit } from '../../domain/consensus/block-room.ts';
import { withoutConflicts } from '../../domain/consensus/peg-operations.ts';
import { blockRootOf } from '../../domain/consensus/encoding.ts';
import { proposalParentOf } from '../../domain/consensus/forkchoice.ts';
import { authorityOfSlot, timestampOfSlot } from '../../domain/consensus/schedule.ts';
import { prevRandaoOf } from '../../domain/consensus/signing.ts';
import type { Block, SignedBlock } from '../../domain/consensus/types.ts';
import { assert } from '../../primitives/assert.ts';
import type { Refusal } from '../../primitives/errors.ts';
import { blockHeight } from '../../primitives/ids.ts';
import type { PegValidationResult } from '../../protocol/peg-validation.ts';
import type { BlockSigned } from '../../protocol/chain.ts';
import type { BlockTemplate } from '../../protocol/engine.ts';
import { blockOf, unfinalizedAncestors } from './ancestry.ts';
import { authoritiesAt, selfAt } from './authorities.ts';
import { fail, recover } from './failures.ts';
import { provenHeight } from './finality.ts';
import { epochAt, judgeSuccession } from './members.ts';
import { ancestorPegOuts } from './payouts.ts';
import { type ChainActorState, type ChainCtx, isHaltedNow, type ProductionJob, step } from './state.ts';
import { validateProposal } from './validation.ts';

/** Building anew without contested deposits is tried this often, then the block goes out without any. */
const MAX_ATTEMPTS = 3;
/** Own turns in a hurry at most, after payloads that were refused again and again. */
const MAX_HURRIED_TURNS = 8;
const BUILD_TIMEOUT_MS = 5000;
const PEGS_TIMEOUT_MS = 2000;
const SIGN_TIMEOUT_MS = 5000;

/** Begins a block if the current slot is this authority's, nothing else is under way and nothing forbids it (INV-13, INV-15). */
export function startProductionIfDue(state: ChainActorState, ctx: ChainCtx): void {
  const { due } = state;
  if (due === null) return;
  state.due = null;
  if (due.slot !== state.slot || isHaltedNow(state) || state.guard === null) return;
  const { lastProposedSlot } = state.guard;
  if (lastProposedSlot !== null && due.slot <= lastProposedSlot) return;
  const parent = blockOf(state, proposalParentOf(state.tree));
  const parentBlock = parent.signedBlock.block;
  if (parentBlock.slot >= due.slot) return;
  const height = blockHeight(parentBlock.height + 1);
  const self = selfAt(state, height);
  if (self === null || authorityOfSlot(due.slot, authoritiesAt(state, height).length) !== self.index) return;
  step(state, 'AssignedSlot');
  state.producing = {
    slot: due.slot,
    self,
    parent,
    trace: due.trace,
    template: null,
    block: null,
    root: null,
    excluded: unfinalizedAncestors(state, parent.root).flatMap(({ signedBlock }) =>
      signedBlock.block.pegIns.map(({ outpoint }) => outpoint),
    ),
    attempts: 0,
    hurried: state.hurry.turnsLeft > 0,
  };
  build(state, state.producing, ctx);
}

function build(state: ChainActorState, job: ProductionJob, ctx: ChainCtx): void {
  const { network, buildBudgetMs } = state.args;
  job.attempts++;
  ctx.ask(
    state.engine,
    {
      type: 'BuildBlockRequest',
      slot: job.slot,
      parentRoot: job.parent.root,
      parentHash: job.parent.signedBlock.block.payload.blockHash,
      timestampS: timestampOfSlot(job.slot, network.slotDurationMs),
      prevRandao: prevRandaoOf(job.parent.root, job.slot),
      feeRecipient: job.self.feeRecipient,
      firstWithdrawalIndex: job.parent.totals.mintCount,
      excluded: job.excluded,
      mintLimit: job.attempts > MAX_ATTEMPTS ? 0 : MAX_MINTS,
      timeBudgetMs: job.hurried ? 0 : buildBudgetMs,
    },
    {
      trace: job.trace,
      timeoutMs: BUILD_TIMEOUT_MS,
      onTimeout: { type: 'ChainTimeout', what: 'build', key: `${job.slot}` },
    },
  );
}

/** Source: protocol.md, Chain and consensus. */
const MAX_MINTS = 16;

/** The execution client built: the bridge says what of it this node may propose. */
export function onTemplate(state: ChainActorState, template: BlockTemplate, ctx: ChainCtx): void {
  const job = state.producing;
  if (job === null || job.slot !== template.slot) return;
  job.template = template;
  ctx.ask(
    state.bridge,
    {
      type: 'ValidatePegOperations',
      purpose: 'propose',
      requestId: `propose:${job.slot}:${job.attempts}`,
      slot: job.slot,
      height: template.payload.blockNumber,
      epoch: epochAt(state, job.parent.root, template.payload.blockNumber),
      provenHeight: provenHeight(state, job.parent.root, parentCertificate(state, job)),
      toldHeight: state.toldHeight,
      pegIns: template.pegIns,
      pegOuts: [...state.payouts.values()],
      federationUpdates: [],
    },
    {
      timeoutMs: PEGS_TIMEOUT_MS,
      onTimeout: { type: 'ChainTimeout', what: 'pegs', key: `propose:${job.slot}:${job.attempts}` },
    },
  );
}

/** The bridge answered: build again without what it contests, or compose the block and sign it. */
export function onProposalPegs(state: ChainActorState, result: PegValidationResult, ctx: ChainCtx): void {
  const job = state.producing;
  if (job === null || job.template === null || result.requestId !== `propose:${job.slot}:${job.attempts}`) return;
  const { template } = job;
  const contested = result.accepted ? result.contested : template.pegIns.map(({ outpoint }) => outpoint);
  if (contested.length > 0) {
    ctx.log('info', 'contested deposits are left out', { slot: job.slot, contested });
    job.excluded = [...job.excluded, ...contested];
    build(state, job, ctx);
    return;
  }
  const place = { parentRoot: job.parent.root, slot: job.slot, height: template.payload.blockNumber };
  const mayFollow = judgeSuccession(state, place);
  const offered: Block = {
    ...place,
    proposer: job.self.index,
    payload: template.payload,
    pegIns: template.pegIns,
    pegOuts: result.accepted ? withoutConflicts(result.pegOuts, ancestorPegOuts(state, job.parent.root)) : [],
    federationUpdates: result.federationUpdates.filter((update) => mayFollow(update).ok),
    certificate: parentCertificate(state, job),
  };
  const block = { ...offered, pegOuts: payoutsThatFit(offered) };
  const checked = validateProposal(state, block, job.parent, ctx.nowMs);
  if (!checked.ok) {
    onPayloadRefused(state, job, checked.refusal, ctx);
    return;
  }
  const root = blockRootOf(block);
  job.block = block;
  job.root = root;
  ctx.call('signer', 'signBlock', [{ slot: job.slot, root }], {
    party: 'Signer',
    as: 'SignBlock',
    timeoutMs: SIGN_TIMEOUT_MS,
    done: (outcome) => ({
      type: 'BlockSigned',
      root,
      signature: outcome.ok ? outcome.value : null,
      refusal: outcome.ok ? null : `${outcome.error.code}: ${outcome.error.reason}`,
    }),
  });
}

/**
 * The execution client's payload makes no valid block. One that is too large is asked for once more without time to fill
 * it: clients have an empty payload ready at once. They give the same payload to the same request, so the next turn's
 * begins in a hurry too, and twice as many turns when the first with time is refused again. So neither a client's fault nor
 * a pool of large transactions makes this node sign what others refuse, stop for good, or lose more than few of its slots.
 */
function onPayloadRefused(state: ChainActorState, job: ProductionJob, { code, reason }: Refusal, ctx: ChainCtx): void {
  ctx.log('error', 'the execution client’s payload makes no valid block', { slot: job.slot, code, reason });
  if (job.hurried) {
    abandonProduction(state, `${code}: ${reason}`, ctx);
    return;
  }
  const turns = Math.min(MAX_HURRIED_TURNS, Math.max(1, state.hurry.turns * 2));
  state.hurry = { turns, turnsLeft: turns };
  job.hurried = true;
  build(state, job, ctx);
}

const parentCertificate = (state: ChainActorState, job: ProductionJob): Block['certificate'] =>
  state.tree.highCertificate.blockRoot === job.parent.root ? state.tree.highCertificate : certificateOf(state, job);

function certificateOf(state: ChainActorState, job: ProductionJob): Block['certificate'] {
  const certificate = state.tree.nodes[job.parent.root]?.certificate;
  assert(certificate !== undefined && certificate !== null, 'a proposal extends a certified block');
  return certificate;
}

/** The guard is on disk and the signature made: the block goes out, then in like any other. Returns it, or null without one. */
export function onBlockSigned(state: ChainActorState, message: BlockSigned, ctx: ChainCtx): SignedBlock | null {
  const job = state.producing;
  if (job === null || job.block === null || job.root !== message.root) return null;
  state.guard = state.guard === null ? null : { ...state.guard, lastProposedSlot: job.slot };
  if (message.signature === null) {
    abandonProduction(state, message.refusal ?? 'not signed', ctx);
    return null;
  }
  // A halt that arrived since the tick holds the block back: halted means no block (INV-13).
  if (isHaltedNow(state)) {
    abandonProduction(state, 'halted', ctx);
    return null;
  }
  state.hurry = job.hurried ? { ...state.hurry, turnsLeft: state.hurry.turnsLeft - 1 } : { turns: 0, turnsLeft: 0 };
  const signedBlock = { block: job.block, signature: message.signature };
  ctx.tell(state.network, { type: 'PropagateBlock', signedBlock });
  state.producing = null;
  return signedBlock;
}

/** The slot goes without a block of ours; the next one is another's. */
export function abandonProduction(state: ChainActorState, reason: string, ctx: ChainCtx): void {
  const { producing } = state;
  if (producing === null) return;
  ctx.log('warn', 'no block in our slot', { slot: producing.slot, reason });
  state.producing = null;
  fail(state, 'ProductionError', { code: 'NO_BLOCK', reason }, ctx);
  // The next try is this node's next turn: until then there is nothing to wait for.
  recover(state);
}
