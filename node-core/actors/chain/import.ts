import { blockRootOf } from '../../domain/consensus/encoding.ts';
import { insertBlock } from '../../domain/consensus/block-tree.ts';
import { headOf } from '../../domain/consensus/forkchoice.ts';
import type { Block, SignedBlock } from '../../domain/consensus/types.ts';
import { assert } from '../../primitives/assert.ts';
import { sats, wei } from '../../primitives/units.ts';
import type { ChainTotals } from '../../ports/store.ts';
import type { BlockExecuted } from '../../protocol/engine.ts';
import { noteRival } from './evidence.ts';
import { selfAt } from './authorities.ts';
import { certificateFor, noteBlockCertificate, settleFinality } from './finality.ts';
import { fail, type Failure, recover } from './failures.ts';
import { noteSigners } from './rearming.ts';
import { keepWaiting, noteEarly, takeWaiting } from './receiving.ts';
import { type ChainActorState, type ChainCtx, type ImportJob, step } from './state.ts';
import { validateImport } from './validation.ts';
import { considerVote } from './voting.ts';

const EXECUTE_TIMEOUT_MS = 40_000;
const PERSIST_TIMEOUT_MS = 40_000;

/** Refusals that no honest peer passes on. */
const FORGERIES: ReadonlySet<string> = new Set(['BLOCK_SIGNATURE', 'NOT_PROPOSERS_TURN']);
/** Ends of an import that are the block's fault, and not this node's. */
const BLOCK_FAULTS: ReadonlySet<string> = new Set(['INVALID', 'TOO_MANY_RIVALS', 'UNKNOWN_PARENT', 'DUPLICATE_BLOCK']);

/** Begins the import of the first waiting block that can be imported; false when there is none. */
export function importWaiting(state: ChainActorState, ctx: ChainCtx): boolean {
  for (let job = takeWaiting(state, ctx.nowMs); job !== null; job = takeWaiting(state, ctx.nowMs)) {
    if (beginImport(state, { ...job, totals: null }, ctx) === null) {
      step(state, 'ReceivedBlock');
      return true;
    }
  }
  return false;
}

/** Goes on with a sync's batch; answers its asker when every block of it is imported or one is refused. */
export function importFromBatch(state: ChainActorState, ctx: ChainCtx): void {
  const { batch } = state;
  if (batch === null || state.client === 'failed') return;
  for (;;) {
    const signedBlock = batch.remaining.shift();
    if (signedBlock === undefined) {
      state.batch = null;
      ctx.reply(batch.to, { type: 'BatchImported', toHeight: batch.reached, failure: null, peer: batch.peer });
      return;
    }
    const root = blockRootOf(signedBlock.block);
    if (state.blocks.has(root)) {
      batch.reached = signedBlock.block.height;
      continue;
    }
    const source = { kind: 'peer', peer: batch.peer } as const;
    const refusal = beginImport(state, { root, signedBlock, source, trace: ctx.trace, earlyMs: 0, totals: null }, ctx);
    if (refusal !== null) failBatch(state, refusal, ctx);
    return;
  }
}

function failBatch(state: ChainActorState, failure: Failure, ctx: ChainCtx): void {
  const { batch } = state;
  if (batch === null) return;
  state.batch = null;
  ctx.reply(batch.to, { type: 'BatchImported', toHeight: batch.reached, failure, peer: batch.peer });
}

/** Validates and sends to execution; returns why not when the block is refused. */
function beginImport(state: ChainActorState, job: ImportJob, ctx: ChainCtx): Failure | null {
  const checked = validateImport(state, job, ctx.nowMs);
  if (!checked.ok) {
    refuse(state, job, checked.refusal, ctx);
    return checked.refusal;
  }
  noteRival(state, job.root, job.signedBlock, ctx);
  noteSigners(state, job.signedBlock.block);
  noteEarly(state, job);
  execute(state, job, ctx);
  return null;
}

/** Sends a block to the execution client: one of a peer that is valid so far, or one of ours before it is signed. */
export function execute(state: ChainActorState, job: ImportJob, ctx: ChainCtx): void {
  const { block } = job.signedBlock;
  state.importing = job;
  ctx.ask(
    state.engine,
    { type: 'ExecuteBlock', root: job.root, parentRoot: block.parentRoot, payload: block.payload },
    {
      trace: job.trace,
      timeoutMs: EXECUTE_TIMEOUT_MS,
      onTimeout: { type: 'ChainTimeout', what: 'execute', key: job.root },
    },
  );
}

function refuse(state: ChainActorState, job: ImportJob, failure: Failure, ctx: ChainCtx): void {
  const { block } = job.signedBlock;
  ctx.log('warn', 'block refused', { root: job.root, slot: block.slot, code: failure.code, reason: failure.reason });
  // Gossip is passed on before it is validated in full, so that only what no authority signed is its bringer's fault.
  if (job.source.kind === 'peer' && FORGERIES.has(failure.code)) {
    ctx.tell(state.network, {
      type: 'PenalizePeer',
      peer: job.source.peer,
      reason: `${failure.code}: ${failure.reason}`,
    });
  }
}

/** The execution client's verdict on the block that is being imported. */
export function onExecuted(state: ChainActorState, message: BlockExecuted, ctx: ChainCtx): void {
  const job = state.importing;
  if (job === null || job.root !== message.root) return;
  const { result } = message;
  if (result.status !== 'VALID') {
    const reason = result.status === 'SYNCING' ? 'the execution client is syncing' : result.reason;
    if (result.status === 'INVALID') {
      refuse(state, job, { code: 'EXECUTION_INVALID', reason }, ctx);
      abandon(state, job, { code: result.status, reason }, ctx);
    } else {
      postpone(state, job, reason, ctx);
    }
    return;
  }
  state.client = 'well';
  const { block } = job.signedBlock;
  const parent = state.blocks.get(block.parentRoot);
  assert(parent !== undefined, 'the parent of an imported block is held');
  job.totals = addTotals(parent.totals, job.signedBlock, result.burnedFeesWei);
  const write = {
    root: job.root,
    signedBlock: job.signedBlock,
    burnedFeesWei: result.burnedFeesWei,
    totals: job.totals,
    staged: result.staged,
  };
  const options = {
    trace: job.trace,
    timeoutMs: PERSIST_TIMEOUT_MS,
    onTimeout: { type: 'ChainTimeout', what: 'persist', key: job.root },
  } as const;
  if (state.batch === null)
    ctx.ask(state.storage, { type: 'PersistBlock', key: job.root, block: write, pointers: null }, options);
  else ctx.ask(state.storage, { type: 'PersistBlockBatch', key: job.root, blocks: [write], pointers: null }, options);
}

const mintedBy = ({ pegIns }: Block): bigint => pegIns.reduce((sum, { amountSats }) => sum + amountSats, 0n);

function addTotals(parent: ChainTotals, { block }: SignedBlock, burnedFeesWei: bigint): ChainTotals {
  return {
    mintCount: parent.mintCount + BigInt(block.pegIns.length),
    mintedSats: sats(parent.mintedSats + mintedBy(block)),
    burnedFeesWei: wei(parent.burnedFeesWei + burnedFeesWei),
  };
}

/** The execution client gave no verdict: the block is tried again from the next slot on, until it does. */
export function postpone(state: ChainActorState, job: ImportJob, reason: string, ctx: ChainCtx): void {
  if (state.client === 'well')
    ctx.log('error', 'the execution client executes no block: each is tried again', { root: job.root, reason });
  state.client = 'failed';
  state.importing = null;
  if (state.batch !== null) {
    state.batch.remaining.unshift(job.signedBlock);
    return;
  }
  keepWaiting(state, job, ctx);
  failImport(state, { code: 'CLIENT', reason }, ctx);
}

function failImport(state: ChainActorState, failure: Failure, ctx: ChainCtx): void {
  fail(state, state.machine === 'Producing' ? 'ProductionError' : 'ImportError', failure, ctx);
}

/** The import ends without the block, and is over for good: in a sync its batch fails, else the next one has its turn. */
export function abandon(state: ChainActorState, job: ImportJob, failure: Failure, ctx: ChainCtx): void {
  state.importing = null;
  if (state.batch !== null) {
    failBatch(state, failure, ctx);
    return;
  }
  ctx.log('warn', 'import abandoned', { root: job.root, code: failure.code });
  failImport(state, failure, ctx);
  // A block that is wrong says nothing against this node, whose own trouble needs a pause.
  if (BLOCK_FAULTS.has(failure.code)) recover(state);
}

/** The block and its state are on disk: it joins the tree, and may move head and finality, and be voted for. */
export function onPersisted(state: ChainActorState, key: string, ctx: ChainCtx): void {
  const job = state.importing;
  if (job === null || job.root !== key) return;
  const { block } = job.signedBlock;
  assert(job.totals !== null, 'a persisted block was executed');
  const own = certificateFor(state, job.root, block);
  state.certificates.delete(job.root);
  const inserted = insertBlock(state.tree, job.root, block, own);
  if (!inserted.ok) {
    abandon(state, job, inserted.refusal, ctx);
    return;
  }
  const headBefore = headOf(state.tree);
  state.tree = inserted.value;
  state.blocks.set(job.root, { root: job.root, signedBlock: job.signedBlock, totals: job.totals });
  state.importing = null;
  const strip = state.slots.find(({ slot }) => slot === block.slot);
  if (strip !== undefined) strip.outcome = block.proposer === selfAt(state, block.height)?.index ? 'ours' : 'others';
  noteBlockCertificate(state, block.certificate);
  settleFinality(state, headBefore, ctx);

  if (state.batch !== null) {
    state.batch.reached = block.height;
  } else {
    step(state, state.machine === 'Producing' ? 'BlockProduced' : 'BlockImported');
    considerVote(state, job, ctx);
  }
}
