import { actorPolicies } from '../../config/supervision.ts';
import { withdrawalFor } from '../../domain/consensus/validate.ts';
import { decodeBurns } from '../../domain/pegout/burns.ts';
import type { Behaviour, Ctx } from '../../kernel/behaviour.ts';
import type { Trace } from '../../kernel/envelope.ts';
import type { Ref, ReplyTo } from '../../kernel/ref.ts';
import type { CertifiedPegIn } from '../../domain/consensus/types.ts';
import {
  type BlockHeight,
  compareOutpoints,
  type EvmAddress,
  type EvmBlockHash,
  type EvmTxHash,
  type Outpoint,
} from '../../primitives/ids.ts';
import type { NodePorts } from '../../ports/node-ports.ts';
import type { BridgeMessage } from '../../protocol/bridge.ts';
import type { ChainMessage } from '../../protocol/chain.ts';
import type { FinalizeBlock } from '../../protocol/finality.ts';
import type {
  BlockExecuted,
  BlockTemplate,
  BlockTemplateFailed,
  BuildBlockRequest,
  BurnsFound,
  BurnTransaction,
  EngineMessage,
  ExecuteBlock,
  ImportTransaction,
  SubmitTransaction,
  TransactionAccepted,
  TransactionChecked,
  TransactionRefused,
} from '../../protocol/engine.ts';
import type { NetworkMessage } from '../../protocol/network.ts';
import type { EngineView } from '../../protocol/views.ts';

export interface EngineArgs {
  readonly bridgeAddress: EvmAddress;
}

interface FinalHeight {
  readonly height: BlockHeight;
  readonly blockHash: EvmBlockHash;
}

interface QueuedMint {
  readonly pegIn: CertifiedPegIn;
  /** The story that asked for it: its `MintResult` goes on there. */
  readonly trace: Trace;
}

interface EngineState {
  readonly args: EngineArgs;
  readonly chain: Ref<ChainMessage>;
  readonly bridge: Ref<BridgeMessage>;
  readonly network: Ref<NetworkMessage>;
  readonly mints: Map<Outpoint, QueuedMint>;
  /** Stories of transactions that came in here and are not final yet; oldest forgotten beyond the bound. */
  readonly transactionTraces: Map<EvmTxHash, Trace>;
  /** Final blocks whose burns are still to be read, in order of height; the first is being read. */
  readonly burnQueue: FinalHeight[];
  readonly building: Map<
    number,
    {
      readonly request: BuildBlockRequest;
      readonly pegIns: readonly CertifiedPegIn[];
      readonly to: ReplyTo<BlockTemplate | BlockTemplateFailed>;
    }
  >;
  readonly executing: Map<number, { readonly request: ExecuteBlock; readonly to: ReplyTo<BlockExecuted> }>;
  readonly submitting: Map<number, ReplyTo<TransactionAccepted | TransactionRefused> | null>;
  nextRequest: number;
  latestHeight: number;
  latestHash: string;
  built: number;
  executed: number;
}

type EngineCtx = Ctx<EngineMessage, Pick<NodePorts, 'execution'>>;

const MAX_TRACES = 10_000;
/** Execution of a full block takes well below a slot; a client that takes longer is restarted or resynced. */
const EXECUTE_TIMEOUT_MS = 30_000;
const SUBMIT_TIMEOUT_MS = 5000;
/** The client may still be catching up with the block that became final. */
const BURNS_RETRY_MS = 500;

const party = 'ExecutionClient';

function build(state: EngineState, request: BuildBlockRequest, ctx: EngineCtx): void {
  const excluded = new Set(request.excluded);
  const pegIns = [...state.mints.values()]
    .map(({ pegIn }) => pegIn)
    .filter(({ outpoint }) => !excluded.has(outpoint))
    .sort((a, b) => compareOutpoints(a.outpoint, b.outpoint))
    .slice(0, request.mintLimit);
  const id = state.nextRequest++;
  state.building.set(id, { request, pegIns, to: ctx.replyTo<BlockTemplate | BlockTemplateFailed>(request) });
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
      timeoutMs: EXECUTE_TIMEOUT_MS,
      done: (outcome) => ({
        type: 'PayloadBuilt',
        request: id,
        payload: outcome.ok ? outcome.value : null,
        reason: outcome.ok ? null : `${outcome.error.code}: ${outcome.error.reason}`,
      }),
    },
  );
}

function execute(state: EngineState, request: ExecuteBlock, ctx: EngineCtx): void {
  const id = state.nextRequest++;
  state.executing.set(id, { request, to: ctx.replyTo<BlockExecuted>(request) });
  ctx.call('execution', 'execute', [request.payload, request.parentRoot], {
    party,
    as: 'ExecutePayload',
    timeoutMs: EXECUTE_TIMEOUT_MS,
    done: (outcome) => ({
      type: 'PayloadExecuted',
      request: id,
      result: outcome.ok
        ? outcome.value
        : { status: 'UNAVAILABLE', reason: `${outcome.error.code}: ${outcome.error.reason}` },
    }),
  });
}

/** Answers the mints of a final block, then reads its burns. Told again after a restart, it tells the same again. */
function finalize(state: EngineState, { root, height, blockHash, pegIns }: FinalizeBlock, ctx: EngineCtx): void {
  for (const { outpoint, amountSats, recipient } of pegIns) {
    const queued = state.mints.get(outpoint);
    state.mints.delete(outpoint);
    ctx.tell(
      state.chain,
      { type: 'MintResult', success: true, outpoint, amountSats, recipient, root, blockHash, height },
      queued === undefined ? { correlationId: `peg-in:${outpoint}` } : { trace: queued.trace },
    );
  }
  state.burnQueue.push({ height, blockHash });
  if (state.burnQueue.length === 1) readBurns(state.burnQueue[0], ctx);
}

/** One height after the other, so that `BurnScanCompleted` speaks for every height below too. */
function readBurns(next: FinalHeight | undefined, ctx: EngineCtx): void {
  if (next === undefined) return;
  const { height, blockHash } = next;
  askLogs(height, blockHash, ctx);
}

function askLogs(height: BlockHeight, blockHash: EvmBlockHash, ctx: EngineCtx): void {
  ctx.call('execution', 'logs', [blockHash, height], {
    party,
    as: 'ReadLogs',
    timeoutMs: EXECUTE_TIMEOUT_MS,
    done: (outcome) => {
      if (!outcome.ok) return { type: 'BurnsFound', height, blockHash, logs: [], failure: outcome.error.reason };
      return { type: 'BurnsFound', height, blockHash, logs: outcome.value, failure: null };
    },
  });
}

function tellBurns(state: EngineState, message: BurnsFound, ctx: EngineCtx): void {
  const { height, blockHash } = message;
  if (message.failure !== null) {
    ctx.log('warn', 'logs of a final block could not be read yet', { height, reason: message.failure });
    ctx.timer('burns', BURNS_RETRY_MS, { type: 'RetryBurns' });
    return;
  }
  for (const burn of decodeBurns(message.logs, { bridgeAddress: state.args.bridgeAddress, blockHash, height })) {
    const trace = state.transactionTraces.get(burn.evmTxHash);
    state.transactionTraces.delete(burn.evmTxHash);
    ctx.tell(
      state.bridge,
      { type: 'BurnEventDetected', burn },
      trace === undefined ? { correlationId: `tx:${burn.evmTxHash}` } : { trace },
    );
  }
  ctx.tell(state.bridge, { type: 'BurnScanCompleted', height });
  state.burnQueue.shift();
  readBurns(state.burnQueue[0], ctx);
}

/** Takes a transaction from a user or a peer to the client's pool. */
function submit(
  state: EngineState,
  message: BurnTransaction | SubmitTransaction | ImportTransaction,
  ctx: EngineCtx,
): void {
  const id = state.nextRequest++;
  state.submitting.set(
    id,
    message.type === 'ImportTransaction' ? null : ctx.replyTo<TransactionAccepted | TransactionRefused>(message),
  );
  const { raw } = message;
  ctx.call('execution', 'submitTransaction', [raw], {
    party,
    as: 'SubmitToPool',
    timeoutMs: SUBMIT_TIMEOUT_MS,
    done: (outcome) => {
      if (outcome.ok) {
        return {
          type: 'TransactionChecked',
          request: id,
          raw,
          evmTxHash: outcome.value.evmTxHash,
          alreadyKnown: outcome.value.alreadyKnown,
          refusal: null,
        };
      }
      const { detail, reason } = outcome.error;
      const rpcCode = typeof detail?.['rpcCode'] === 'number' ? detail['rpcCode'] : -32_000;
      const rpcMessage = typeof detail?.['rpcMessage'] === 'string' ? detail['rpcMessage'] : reason;
      return {
        type: 'TransactionChecked',
        request: id,
        raw,
        evmTxHash: null,
        alreadyKnown: false,
        refusal: { rpcCode, rpcMessage },
      };
    },
  });
}

function checked(state: EngineState, message: TransactionChecked, ctx: EngineCtx): void {
  const to = state.submitting.get(message.request);
  state.submitting.delete(message.request);
  if (message.evmTxHash === null) {
    if (to !== null && to !== undefined) {
      const { rpcCode, rpcMessage } = message.refusal ?? { rpcCode: -32_000, rpcMessage: 'refused' };
      ctx.reply(to, { type: 'TransactionRefused', rpcCode, rpcMessage });
    }
    return;
  }
  // What came from a peer is forwarded by gossip itself; what came from a user is told to the peers once.
  if (to !== null && to !== undefined) {
    remember(state.transactionTraces, message.evmTxHash, ctx.trace);
    if (!message.alreadyKnown) ctx.tell(state.network, { type: 'PropagateTransaction', raw: message.raw });
    ctx.reply(to, { type: 'TransactionAccepted', evmTxHash: message.evmTxHash });
  }
}

function remember(traces: Map<EvmTxHash, Trace>, hash: EvmTxHash, trace: Trace): void {
  if (traces.size >= MAX_TRACES) {
    const oldest = traces.keys().next();
    if (!oldest.done) traces.delete(oldest.value);
  }
  traces.set(hash, trace);
}

function receive(state: EngineState, message: EngineMessage, ctx: EngineCtx): EngineState {
  switch (message.type) {
    case 'BuildBlockRequest':
      build(state, message, ctx);
      return state;
    case 'PayloadBuilt': {
      const job = state.building.get(message.request);
      state.building.delete(message.request);
      if (job === undefined) return state;
      if (message.payload === null) {
        ctx.reply(job.to, {
          type: 'BlockTemplateFailed',
          slot: job.request.slot,
          reason: message.reason ?? 'no payload',
        });
      } else {
        state.built++;
        ctx.reply(job.to, {
          type: 'BlockTemplate',
          slot: job.request.slot,
          payload: message.payload,
          pegIns: job.pegIns,
        });
      }
      return state;
    }
    case 'ExecuteBlock':
      execute(state, message, ctx);
      return state;
    case 'PayloadExecuted': {
      const job = state.executing.get(message.request);
      state.executing.delete(message.request);
      if (job === undefined) return state;
      if (message.result.status === 'VALID') state.executed++;
      ctx.reply(job.to, { type: 'BlockExecuted', root: job.request.root, result: message.result });
      return state;
    }
    case 'MintTokensRequest':
      if (!state.mints.has(message.pegIn.outpoint))
        state.mints.set(message.pegIn.outpoint, { pegIn: message.pegIn, trace: ctx.trace });
      return state;
    case 'UpdateForkchoice': {
      const { head, safe, finalized, headHeight } = message;
      state.latestHash = head;
      state.latestHeight = headHeight;
      ctx.call('execution', 'setForkchoice', [{ head, safe, finalized }], {
        party,
        as: 'ForkchoiceUpdated',
        timeoutMs: EXECUTE_TIMEOUT_MS,
        done: (outcome) => ({
          type: 'ForkchoiceMoved',
          ok: outcome.ok,
          reason: outcome.ok ? null : outcome.error.reason,
        }),
      });
      return state;
    }
    case 'ForkchoiceMoved':
      if (!message.ok) ctx.log('error', 'the execution client did not take the new head', { reason: message.reason });
      return state;
    case 'FinalizeBlock':
      finalize(state, message, ctx);
      return state;
    case 'BurnsFound':
      tellBurns(state, message, ctx);
      return state;
    case 'RetryBurns':
      readBurns(state.burnQueue[0], ctx);
      return state;
    case 'BurnTransaction':
    case 'SubmitTransaction':
    case 'ImportTransaction':
      submit(state, message, ctx);
      return state;
    case 'TransactionChecked':
      checked(state, message, ctx);
      return state;
    case 'UpdateExecutionConfig':
      ctx.log(
        'warn',
        'execution settings of governance are recorded; this execution client has none that change while it runs',
        { config: message.config },
      );
      return state;
  }
}

/** Owns the mint queue and who waits for the execution client. Does not own state, pool or receipts: the client does. */
export const engineActor: Behaviour<EngineState, EngineMessage, EngineArgs, Pick<NodePorts, 'execution'>> = {
  name: 'EngineActor',
  ...actorPolicies.EngineActor,
  init: (args, ctx) => ({
    args,
    chain: ctx.refOf('ChainActor'),
    bridge: ctx.refOf('BridgeActor'),
    network: ctx.refOf('NetworkActor'),
    mints: new Map(),
    transactionTraces: new Map(),
    burnQueue: [],
    building: new Map(),
    executing: new Map(),
    submitting: new Map(),
    nextRequest: 1,
    latestHeight: 0,
    latestHash: '',
    built: 0,
    executed: 0,
  }),
  receive,
  view: (state): EngineView => ({
    latestHeight: state.latestHeight,
    latestHash: state.latestHash,
    queuedMints: state.mints.size,
    executed: state.executed,
    built: state.built,
  }),
};
