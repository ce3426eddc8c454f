import { type ClientEvent, clientMachine } from '../../domain/execution/client-machine.ts';
import { beginReplay, blockApplied, blocksRead, type ReplayStep } from '../../domain/execution/replay.ts';
import { assert } from '../../primitives/assert.ts';
import type { Refusal } from '../../primitives/errors.ts';
import { type BlockRoot, blockHeight } from '../../primitives/ids.ts';
import type { BlockRecord } from '../../ports/store.ts';
import type {
  ClientChecked,
  ForkchoiceMoved,
  ReplayExecuted,
  ReplayMoved,
  UpdateForkchoice,
} from '../../protocol/engine.ts';
import type { StorageAnswer } from '../../protocol/storage.ts';
import {
  decline,
  dispatch,
  isLacking,
  isSilence,
  keepWaiting,
  sentenceOf,
  takeWaiting,
  type Unanswered,
} from './jobs.ts';
import { EXECUTE_TIMEOUT_MS, type EngineCtx, type EngineState, type Job, party } from './state.ts';

const CHECK_TIMEOUT_MS = 10_000;
const STORE_TIMEOUT_MS = 40_000;
/** A client that starts takes seconds; it is asked often enough to miss no slot more than it must. */
const AWAY_RETRY_MS = 1000;
/** One that must not or can't be used has to be changed by the operator. */
const REFUSED_RETRY_MS = 5000;
/** Codes of a client that this node must not use, or can't before its operator has acted. */
const STRANGE: ReadonlySet<string> = new Set(['GENESIS_MISMATCH', 'ENGINE_INCOMPATIBLE', 'ENGINE_STUCK']);
const isStrange = ({ code }: Pick<Refusal, 'code'>): boolean => STRANGE.has(code);

const REPLAY_KEY = 'replay:';
const keyOf = (attempt: number): string => `${REPLAY_KEY}${attempt}`;

function step(state: EngineState, event: ClientEvent): void {
  state.client = clientMachine.next(state.client, event);
}

/** A build or an execution: done now, when the client has what it needs, or declined. */
export function take(state: EngineState, job: Job, ctx: EngineCtx): void {
  switch (state.client) {
    case 'Ready':
      dispatch(state, job, false, ctx);
      return;
    case 'Checking':
    case 'Replaying':
      keepWaiting(state, job, false, ctx);
      return;
    case 'Away':
    case 'Refused':
      decline(job, state.trouble ?? 'the execution client is not ready', ctx);
      return;
  }
}

/** The client gave no verdict: it is asked who it is, and brought to where the store is. */
export function onUnanswered(state: EngineState, unanswered: Unanswered | null, ctx: EngineCtx): void {
  if (unanswered === null) return;
  if (unanswered.kind === 'silence') {
    doubt(state, unanswered.reason, null, ctx);
    return;
  }
  const { job, asked } = unanswered;
  keepWaiting(state, job, asked, ctx);
  doubt(state, 'the execution client lacks a parent', job.request.parentRoot, ctx);
}

/** Moves the client's head; while it is not ready the choice is kept for then. */
export function choose(state: EngineState, choice: UpdateForkchoice, ctx: EngineCtx): void {
  state.choice = choice;
  state.latestHash = choice.head;
  state.latestHeight = choice.headHeight;
  if (state.client === 'Ready') move(choice, ctx);
}

function move({ head, safe, finalized }: UpdateForkchoice, ctx: EngineCtx): void {
  ctx.call('execution', 'setForkchoice', [{ head, safe, finalized }], {
    party,
    as: 'ForkchoiceUpdated',
    timeoutMs: EXECUTE_TIMEOUT_MS,
    done: (outcome) => ({ type: 'ForkchoiceMoved', failure: outcome.ok ? null : outcome.error }),
  });
}

export function onMoved(state: EngineState, { failure }: ForkchoiceMoved, ctx: EngineCtx): void {
  if (failure === null) return;
  const reason = sentenceOf(failure);
  if (isSilence(failure) || isLacking(failure) || isStrange(failure)) doubt(state, reason, null, ctx);
  else ctx.log('error', 'the execution client did not take the new head', { reason });
}

function doubt(state: EngineState, reason: string, target: BlockRoot | null, ctx: EngineCtx): void {
  // Several calls that were under way at once may fail of the same cause.
  if (state.client !== 'Ready') return;
  step(state, 'Doubted');
  state.target = target;
  blame(state, reason, ctx);
  check(state, ctx);
}

/** Says once what is wrong, however often it is found again. */
function blame(state: EngineState, reason: string, ctx: EngineCtx): void {
  if (state.trouble === reason) return;
  state.trouble = reason;
  ctx.log('warn', 'the execution client is not ready', { reason });
}

/** Asks the client which chain it is of, before anything is replayed into it. */
function check(state: EngineState, ctx: EngineCtx): void {
  const attempt = ++state.attempt;
  ctx.call('execution', 'genesis', [], {
    party,
    as: 'CheckClient',
    timeoutMs: CHECK_TIMEOUT_MS,
    correlationId: keyOf(attempt),
    done: (outcome) => ({ type: 'ClientChecked', attempt, failure: outcome.ok ? null : outcome.error }),
  });
}

export function onClientChecked(state: EngineState, { attempt, failure }: ClientChecked, ctx: EngineCtx): void {
  if (state.client !== 'Checking' || attempt !== state.attempt) return;
  if (failure !== null) {
    suspend(state, isStrange(failure) ? 'Strange' : 'Silent', sentenceOf(failure), ctx);
    return;
  }
  step(state, 'Known');
  const target = state.target ?? state.choice?.headRoot ?? null;
  state.target = null;
  if (target === null) {
    agree(state, ctx);
    return;
  }
  const [plan, next] = beginReplay<BlockRecord>(target, state.choice?.finalizedHeight ?? blockHeight(0));
  state.replay = { plan, applying: null };
  perform(state, next, ctx);
}

/** The client can't be used now: who waits is told, and it is asked again later. */
function suspend(state: EngineState, event: 'Silent' | 'Strange', reason: string, ctx: EngineCtx): void {
  step(state, event);
  blame(state, reason, ctx);
  state.replay = null;
  state.target = null;
  state.attempt++;
  for (const { job } of takeWaiting(state, ctx)) decline(job, reason, ctx);
  ctx.timer('client', event === 'Silent' ? AWAY_RETRY_MS : REFUSED_RETRY_MS, { type: 'ClientDue' });
}

export function onClientDue(state: EngineState, ctx: EngineCtx): void {
  step(state, 'Retried');
  check(state, ctx);
}

function perform(state: EngineState, next: ReplayStep<BlockRecord>, ctx: EngineCtx): void {
  const key = keyOf(state.attempt);
  const asking = {
    correlationId: key,
    timeoutMs: STORE_TIMEOUT_MS,
    onTimeout: { type: 'ReplayTimeout', key },
  } as const;
  switch (next.do) {
    case 'readBlock':
      ctx.ask(state.storage, { type: 'ReadBlock', key, root: next.root }, asking);
      return;
    case 'readFrom':
      ctx.ask(state.storage, { type: 'ReadBlocks', key, fromHeight: next.height, limit: next.limit }, asking);
      return;
    case 'apply':
      apply(state, next.block, ctx);
      return;
    case 'finish':
      agree(state, ctx);
      return;
    case 'giveUp':
      suspend(state, 'Silent', next.reason, ctx);
      return;
  }
}

function apply(state: EngineState, block: BlockRecord, ctx: EngineCtx): void {
  const { replay, attempt } = state;
  assert(replay !== null, 'a block is applied in a replay');
  state.replay = { ...replay, applying: block };
  const { payload, parentRoot } = block.signedBlock.block;
  ctx.call('execution', 'execute', [payload, parentRoot], {
    party,
    as: 'ReplayPayload',
    timeoutMs: EXECUTE_TIMEOUT_MS,
    correlationId: keyOf(attempt),
    done: (outcome) => ({
      type: 'ReplayExecuted',
      attempt,
      result: outcome.ok ? outcome.value : { status: 'UNAVAILABLE', ...outcome.error },
    }),
  });
}

export function onReplayExecuted(state: EngineState, { attempt, result }: ReplayExecuted, ctx: EngineCtx): void {
  const block = state.replay?.applying ?? null;
  if (block === null || attempt !== state.attempt) return;
  switch (result.status) {
    case 'VALID': {
      if (result.staged === null) {
        moveTo(state, block, ctx);
        return;
      }
      // The embedded EVM after an external client: its state goes where it would have gone with the block.
      const key = keyOf(attempt);
      ctx.ask(
        state.storage,
        { type: 'PersistBlockBatch', key, blocks: [{ ...block, staged: result.staged }], pointers: null },
        { correlationId: key, timeoutMs: STORE_TIMEOUT_MS, onTimeout: { type: 'ReplayTimeout', key } },
      );
      return;
    }
    case 'SYNCING':
      applied(state, block, false, ctx);
      return;
    case 'INVALID': {
      const { height } = block.signedBlock.block;
      suspend(state, 'Strange', `the execution client calls stored block ${height} invalid: ${result.reason}`, ctx);
      return;
    }
    case 'UNAVAILABLE':
      if (isLacking(result)) applied(state, block, false, ctx);
      else suspend(state, 'Silent', sentenceOf(result), ctx);
      return;
  }
}

/** Makes a replayed block the client's head: as the last, or so far as it is final. */
function moveTo(state: EngineState, block: BlockRecord, ctx: EngineCtx): void {
  const { attempt, choice } = state;
  const { height, payload } = block.signedBlock.block;
  const final = choice === null || height <= choice.finalizedHeight ? payload.blockHash : choice.finalized;
  ctx.call('execution', 'setForkchoice', [{ head: payload.blockHash, safe: final, finalized: final }], {
    party,
    as: 'ReplayForkchoice',
    timeoutMs: EXECUTE_TIMEOUT_MS,
    correlationId: keyOf(attempt),
    done: (outcome) => ({ type: 'ReplayMoved', attempt, failure: outcome.ok ? null : outcome.error }),
  });
}

export function onReplayMoved(state: EngineState, { attempt, failure }: ReplayMoved, ctx: EngineCtx): void {
  const block = state.replay?.applying ?? null;
  if (block === null || attempt !== state.attempt) return;
  if (failure === null || isLacking(failure)) applied(state, block, failure === null, ctx);
  else suspend(state, isStrange(failure) ? 'Strange' : 'Silent', sentenceOf(failure), ctx);
}

function applied(state: EngineState, block: BlockRecord, taken: boolean, ctx: EngineCtx): void {
  const { replay } = state;
  assert(replay !== null, 'a block was applied in a replay');
  const [plan, next] = blockApplied(replay.plan, block, taken);
  state.replay = { plan, applying: null };
  // Whoever's time is over need not wait for the end of a long replay.
  state.waiting.push(...takeWaiting(state, ctx));
  perform(state, next, ctx);
}

/** Answers of StorageActor go by the key that they were asked with. */
export const isOfReplay = ({ key }: StorageAnswer): boolean => key.startsWith(REPLAY_KEY);

/** What StorageActor answers to a replay. */
export function onReplayStored(state: EngineState, answer: StorageAnswer, ctx: EngineCtx): void {
  const { replay } = state;
  if (replay === null || answer.key !== keyOf(state.attempt)) return;
  switch (answer.type) {
    case 'BlocksRead': {
      const [plan, next] = blocksRead(replay.plan, answer.blocks);
      state.replay = { plan, applying: null };
      perform(state, next, ctx);
      return;
    }
    case 'BlockBatchPersisted':
      if (replay.applying !== null) moveTo(state, replay.applying, ctx);
      return;
    case 'StorageFailure':
      suspend(state, 'Silent', `the store could not be read: ${sentenceOf(answer)}`, ctx);
      return;
    default:
      return;
  }
}

export function onReplayTimeout(state: EngineState, key: string, ctx: EngineCtx): void {
  if (state.replay !== null && key === keyOf(state.attempt))
    suspend(state, 'Silent', 'the store did not answer in time', ctx);
}

/** Store and client agree: what waited goes on. */
function agree(state: EngineState, ctx: EngineCtx): void {
  step(state, 'Agreed');
  const applied = state.replay?.plan.applied ?? 0;
  ctx.log('info', 'the execution client is where the store is', { applied });
  state.replay = null;
  state.trouble = null;
  if (state.choice !== null) move(state.choice, ctx);
  for (const { job, asked } of takeWaiting(state, ctx)) dispatch(state, job, asked, ctx);
}
