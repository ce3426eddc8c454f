import type { Trace } from '../../kernel/envelope.ts';
import type { EvmTxHash } from '../../primitives/ids.ts';
import type {
  BurnTransaction,
  ImportTransaction,
  SubmitTransaction,
  TransactionAccepted,
  TransactionChecked,
  TransactionGivenUp,
  TransactionRefused,
  TransactionsPending,
} from '../../protocol/engine.ts';
import { type EngineCtx, type EngineState, party } from './state.ts';

const MAX_TRACES = 10_000;
const SUBMIT_TIMEOUT_MS = 5000;
/** Peers that connect within this time are told together. */
const SHARE_DELAY_MS = 1000;
/** What was sent to a node that was cut off, or to one that nobody listened to, is told again once in so many blocks. */
const SHARE_EVERY_BLOCKS = 16;
/** Transactions that are told again at once: some blocks' worth. */
const MAX_SHARED = 256;
const SHARE_TIMEOUT_MS = 10_000;
/** JSON-RPC's code for what a server refuses for reasons of its own. */
const SERVER_ERROR = -32_000;

/** Takes a transaction from a user or a peer to the client's pool. */
export function submit(
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
      const rpcCode = typeof detail?.['rpcCode'] === 'number' ? detail['rpcCode'] : SERVER_ERROR;
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

export function onChecked(state: EngineState, message: TransactionChecked, ctx: EngineCtx): void {
  const to = state.submitting.get(message.request);
  state.submitting.delete(message.request);
  // What came from a peer is forwarded by gossip itself; what came from a user is told to the peers once.
  if (to === null || to === undefined) return;
  if (message.evmTxHash === null) {
    const { rpcCode, rpcMessage } = message.refusal ?? { rpcCode: SERVER_ERROR, rpcMessage: 'refused' };
    ctx.reply(to, { type: 'TransactionRefused', rpcCode, rpcMessage });
    return;
  }
  remember(state.transactionTraces, message.evmTxHash, ctx.trace);
  if (!message.alreadyKnown) ctx.tell(state.network, { type: 'PropagateTransaction', raw: message.raw });
  ctx.reply(to, { type: 'TransactionAccepted', evmTxHash: message.evmTxHash });
}

function remember(traces: Map<EvmTxHash, Trace>, hash: EvmTxHash, trace: Trace): void {
  if (traces.size >= MAX_TRACES) {
    const oldest = traces.keys().next();
    if (!oldest.done) traces.delete(oldest.value);
  }
  traces.set(hash, trace);
}

/** Its sender is told why when it comes again; who watches this node reads it here. */
export function onGivenUp(state: EngineState, { evmTxHash, reason }: TransactionGivenUp, ctx: EngineCtx): void {
  state.transactionTraces.delete(evmTxHash);
  ctx.log('warn', 'a transaction was given up', { evmTxHash, reason });
}

/** Gossip is heard once, by those who are there: what waits in the pool is told again to peers who have come since. */
export function shareSoon(state: EngineState, ctx: EngineCtx): void {
  if (state.sharing) return;
  state.sharing = true;
  ctx.timer('share', SHARE_DELAY_MS, { type: 'ShareDue' });
}

export function shareAgain(state: EngineState, headHeight: number, ctx: EngineCtx): void {
  if (headHeight % SHARE_EVERY_BLOCKS === 0) shareSoon(state, ctx);
}

export function share(ctx: EngineCtx): void {
  ctx.call('execution', 'pendingTransactions', [MAX_SHARED], {
    party,
    as: 'ReadPool',
    timeoutMs: SHARE_TIMEOUT_MS,
    done: (outcome) => ({
      type: 'TransactionsPending',
      raws: outcome.ok ? outcome.value : [],
      failure: outcome.ok ? null : outcome.error.reason,
    }),
  });
}

export function onPending(state: EngineState, { raws, failure }: TransactionsPending, ctx: EngineCtx): void {
  state.sharing = false;
  if (failure !== null) ctx.log('warn', 'new peers were not told what waits in the pool', { reason: failure });
  for (const raw of raws) ctx.tell(state.network, { type: 'PropagateTransaction', raw });
}
