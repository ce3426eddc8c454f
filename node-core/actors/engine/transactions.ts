import type { Trace } from '../../kernel/envelope.ts';
import type { EvmTxHash } from '../../primitives/ids.ts';
import type {
  BurnTransaction,
  ImportTransaction,
  SubmitTransaction,
  TransactionAccepted,
  TransactionChecked,
  TransactionRefused,
} from '../../protocol/engine.ts';
import { type EngineCtx, type EngineState, party } from './state.ts';

const MAX_TRACES = 10_000;
const SUBMIT_TIMEOUT_MS = 5000;
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
