import { withdrawalFor } from '../../domain/consensus/validate.ts';
import type { Refusal } from '../../primitives/errors.ts';
import { compareOutpoints } from '../../primitives/ids.ts';
import type { PayloadBuilt, PayloadExecuted } from '../../protocol/engine.ts';
import { EXECUTE_TIMEOUT_MS, type EngineCtx, type EngineState, type Job, party, type WaitingJob } from './state.ts';

/** ChainActor asks for one block at a time; more than a few wait only when it gave up on the first. */
const MAX_WAITING = 16;
/** A build that comes later than this is of a slot that has passed. */
const BUILD_WAIT_MS = 4000;
const EXECUTE_WAIT_MS = 20_000;

/** Codes of a client that gave no answer at all. */
const SILENCE: ReadonlySet<string> = new Set(['ENGINE_UNAVAILABLE', 'ENGINE_TIMEOUT', 'TIMEOUT']);
/** Codes of a client that lacks blocks which the store has. */
const LACKING: ReadonlySet<string> = new Set(['UNKNOWN_PARENT', 'UNKNOWN_BLOCK']);
export const isSilence = ({ code }: Pick<Refusal, 'code'>): boolean => SILENCE.has(code);
export const isLacking = ({ code }: Pick<Refusal, 'code'>): boolean => LACKING.has(code);
export const sentenceOf = ({ code, reason }: Refusal): string => `${code}: ${reason}`;

/** Sends a job to the client; `asked` when the client was asked before and lacked the parent. */
export function dispatch(state: EngineState, job: Job, asked: boolean, ctx: EngineCtx): void {
  if (job.kind === 'build') build(state, job, asked, ctx);
  else execute(state, job, asked, ctx);
}

function build(state: EngineState, job: Job & { readonly kind: 'build' }, asked: boolean, ctx: EngineCtx): void {
  const { request, trace } = job;
  const excluded = new Set(request.excluded);
  const pegIns = [...state.mints.values()]
    .map(({ pegIn }) => pegIn)
    .filter(({ outpoint }) => !excluded.has(outpoint))
    .sort((a, b) => compareOutpoints(a.outpoint, b.outpoint))
    .slice(0, request.mintLimit);
  const id = state.nextRequest++;
  state.building.set(id, { job, pegIns, asked });
  const withdrawals = pegIns.map((pegIn, i) => withdrawalFor(pegIn, request.firstWithdrawalIndex + BigInt(i)));
  ctx.call(
    'execution',
    'build',
    [
      {
        parentHash: request.parentHash,
        timestampS: request.timestampS,
        prevRandao: request.prevRandao,
        parentBeaconBlockRoot: request.parentRoot,
        feeRecipient: request.feeRecipient,
        withdrawals,
        timeBudgetMs: request.timeBudgetMs,
      },
    ],
    {
      party,
      as: 'BuildPayload',
      trace,
      timeoutMs: EXECUTE_TIMEOUT_MS,
      done: (outcome) => ({
        type: 'PayloadBuilt',
        request: id,
        payload: outcome.ok ? outcome.value : null,
        failure: outcome.ok ? null : outcome.error,
      }),
    },
  );
}

function execute(state: EngineState, job: Job & { readonly kind: 'execute' }, asked: boolean, ctx: EngineCtx): void {
  const { request, trace } = job;
  const id = state.nextRequest++;
  state.executing.set(id, { job, asked });
  ctx.call('execution', 'execute', [request.payload, request.parentRoot], {
    party,
    as: 'ExecutePayload',
    trace,
    timeoutMs: EXECUTE_TIMEOUT_MS,
    done: (outcome) => ({
      type: 'PayloadExecuted',
      request: id,
      result: outcome.ok ? outcome.value : { status: 'UNAVAILABLE', ...outcome.error },
    }),
  });
}

/** The client can't be asked, or could not answer: the slot goes without this payload, the block is tried again later. */
export function decline(job: Job, reason: string, ctx: EngineCtx): void {
  if (job.kind === 'build') {
    ctx.reply(job.to, { type: 'BlockTemplateFailed', slot: job.request.slot, reason });
  } else {
    const { root } = job.request;
    ctx.reply(job.to, { type: 'BlockExecuted', root, result: { status: 'UNAVAILABLE', reason } });
  }
}

/** Keeps a job until the client is ready. */
export function keepWaiting(state: EngineState, job: Job, asked: boolean, ctx: EngineCtx): void {
  if (state.waiting.length >= MAX_WAITING) {
    decline(job, 'too much waits for the execution client', ctx);
    return;
  }
  const waitMs = job.kind === 'build' ? BUILD_WAIT_MS : EXECUTE_WAIT_MS;
  state.waiting.push({ job, asked, untilMs: ctx.nowMs + waitMs });
}

/** Takes what waits out of the queue: what its asker still waits for, the rest is declined. */
export function takeWaiting(state: EngineState, ctx: EngineCtx): readonly WaitingJob[] {
  const taken = state.waiting.splice(0);
  const late = taken.filter(({ untilMs }) => untilMs <= ctx.nowMs);
  for (const { job } of late) decline(job, 'the execution client was not ready in time', ctx);
  return taken.filter((waiting) => !late.includes(waiting));
}

/** What a client's answer leaves to be done: nothing, or the job again once the client has its parent. */
export type Unanswered =
  | { readonly kind: 'silence'; readonly reason: string }
  | { readonly kind: 'lacking'; readonly job: Job; readonly asked: boolean };

/** Answers ChainActor with the payload; says what to do where there is none. */
export function onBuilt(state: EngineState, message: PayloadBuilt, ctx: EngineCtx): Unanswered | null {
  const building = state.building.get(message.request);
  state.building.delete(message.request);
  if (building === undefined) return null;
  const { job, pegIns, asked } = building;
  const { payload, failure } = message;
  if (payload !== null) {
    state.built++;
    ctx.reply(job.to, { type: 'BlockTemplate', slot: job.request.slot, payload, pegIns });
    return null;
  }
  if (failure !== null && isLacking(failure) && !asked) return { kind: 'lacking', job, asked: true };
  const reason = failure === null ? 'no payload' : sentenceOf(failure);
  decline(job, reason, ctx);
  return failure !== null && isSilence(failure) ? { kind: 'silence', reason } : null;
}

/** Answers ChainActor with the client's verdict; says what to do where there is none. */
export function onExecuted(state: EngineState, message: PayloadExecuted, ctx: EngineCtx): Unanswered | null {
  const executing = state.executing.get(message.request);
  state.executing.delete(message.request);
  if (executing === undefined) return null;
  const { job, asked } = executing;
  const { result } = message;
  if (result.status === 'UNAVAILABLE') {
    const reason = sentenceOf(result);
    decline(job, reason, ctx);
    return isSilence(result) ? { kind: 'silence', reason } : null;
  }
  if (result.status === 'SYNCING' && !asked) return { kind: 'lacking', job, asked: true };
  if (result.status === 'VALID') state.executed++;
  ctx.reply(job.to, { type: 'BlockExecuted', root: job.request.root, result });
  return null;
}
