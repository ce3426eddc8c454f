import { actorPolicies } from '../../config/supervision.ts';
import type { Behaviour, Ctx, PortOutcome } from '../../kernel/behaviour.ts';
import type { ReplyTo } from '../../kernel/ref.ts';
import type { NodePorts } from '../../ports/node-ports.ts';
import type { StorePort } from '../../ports/store.ts';
import type { StorageAnswer, StorageMessage, StorageRequest } from '../../protocol/storage.ts';
import type { StorageView } from '../../protocol/views.ts';

interface StorageState {
  /** Who waits for which call; bounded by the mailboxes of those that ask. */
  readonly waiting: Map<number, ReplyTo<StorageAnswer>>;
  nextRequest: number;
  writes: number;
  lastWriteMs: number | null;
}

type StorageCtx = Ctx<StorageMessage, Pick<NodePorts, 'store'>>;
type StoreMethod = Exclude<keyof StorePort, 'putEvidence' | 'readAudit'>;

/** Commits take milliseconds; a call that takes this long has met a disk that no longer answers. */
const STORE_TIMEOUT_MS = 30_000;

const READS: ReadonlySet<StorageRequest['type']> = new Set([
  'LoadChain',
  'ReadBlocks',
  'ReadBlock',
  'LoadOperations',
  'GetValue',
]);

/** Calls the store and sends its outcome, or its failure, to whoever asked. */
function serve<F extends StoreMethod>(
  state: StorageState,
  request: StorageRequest,
  ctx: StorageCtx,
  method: F,
  args: Parameters<StorePort[F]>,
  answer: (value: Awaited<ReturnType<StorePort[F]>>) => StorageAnswer,
): StorageState {
  const id = state.nextRequest++;
  state.waiting.set(id, ctx.replyTo<StorageAnswer>(request));
  if (!READS.has(request.type)) {
    state.writes++;
    state.lastWriteMs = ctx.nowMs;
  }
  const done = (outcome: PortOutcome<unknown>): StorageMessage => ({
    type: 'StoreAnswered',
    request: id,
    answer: outcome.ok
      ? answer(outcome.value as Awaited<ReturnType<StorePort[F]>>)
      : { type: 'StorageFailure', key: request.key, code: outcome.error.code, reason: outcome.error.reason },
  });
  // The method's own types are checked by this function's signature; the context can't follow a generic method name.
  (ctx.call as (port: 'store', method: StoreMethod, args: readonly unknown[], options: object) => void)(
    'store',
    method,
    args,
    {
      party: 'Database',
      timeoutMs: STORE_TIMEOUT_MS,
      done,
    },
  );
  return state;
}

function receive(state: StorageState, message: StorageMessage, ctx: StorageCtx): StorageState {
  switch (message.type) {
    case 'PersistBlock':
      return serve(state, message, ctx, 'persistBlocks', [[message.block], message.pointers], () => ({
        type: 'BlockPersisted',
        key: message.key,
      }));
    case 'PersistBlockBatch':
      return serve(state, message, ctx, 'persistBlocks', [message.blocks, message.pointers], () => ({
        type: 'BlockBatchPersisted',
        key: message.key,
      }));
    case 'PersistPointers':
      return serve(state, message, ctx, 'persistPointers', [message.pointers], () => ({
        type: 'PointersPersisted',
        key: message.key,
      }));
    case 'LoadChain':
      return serve(state, message, ctx, 'loadChain', [], (chain) => ({ type: 'ChainLoaded', key: message.key, chain }));
    case 'ReadBlocks':
      return serve(state, message, ctx, 'readBlocks', [message.fromHeight, message.limit], (blocks) => ({
        type: 'BlocksRead',
        key: message.key,
        blocks,
      }));
    case 'ReadBlock':
      return serve(state, message, ctx, 'readBlock', [message.root], (block) => ({
        type: 'BlocksRead',
        key: message.key,
        blocks: block === null ? [] : [block],
      }));
    case 'PersistOperation':
      return serve(state, message, ctx, 'persistOperations', [message.records], () => ({
        type: 'OperationPersisted',
        key: message.key,
      }));
    case 'PersistScan':
      return serve(
        state,
        message,
        ctx,
        'persistScan',
        [{ operations: message.operations, values: message.values }],
        () => ({ type: 'ScanPersisted', key: message.key }),
      );
    case 'LoadOperations': {
      const filter =
        message.terminal === undefined
          ? { limit: message.limit }
          : { terminal: message.terminal, limit: message.limit };
      return serve(state, message, ctx, 'loadOperations', [filter], (records) => ({
        type: 'OperationsLoaded',
        key: message.key,
        records,
      }));
    }
    case 'PutValue':
      return serve(state, message, ctx, 'putValue', [message.name, message.value], () => ({
        type: 'ValuePut',
        key: message.key,
      }));
    case 'GetValue':
      return serve(state, message, ctx, 'getValue', [message.name], (value) => ({
        type: 'ValueRead',
        key: message.key,
        value,
      }));
    case 'LoadEvidence':
      return serve(state, message, ctx, 'loadEvidence', [message.limit], (evidence) => ({
        type: 'EvidenceLoaded',
        key: message.key,
        evidence,
      }));
    case 'AppendAudit':
      return serve(state, message, ctx, 'appendAudit', [message.entry], () => ({
        type: 'AuditAppended',
        key: message.key,
      }));
    case 'PersistEvidence':
      ctx.call('store', 'putEvidence', [message.evidence], {
        party: 'Database',
        timeoutMs: STORE_TIMEOUT_MS,
        done: (outcome) => ({ type: 'EvidenceKept', failure: outcome.ok ? null : outcome.error.reason }),
      });
      return state;
    case 'EvidenceKept':
      if (message.failure !== null)
        ctx.log('error', 'evidence of an equivocation could not be kept', { reason: message.failure });
      return state;
    case 'StoreAnswered': {
      const to = state.waiting.get(message.request);
      state.waiting.delete(message.request);
      if (message.answer.type === 'StorageFailure') {
        ctx.log('error', 'the store refused a request', { code: message.answer.code, reason: message.answer.reason });
      }
      if (to !== undefined) ctx.reply(to, message.answer);
      return state;
    }
  }
}

/**
 * Owns the order of writes and who waits for them. Does not own the database, nor what a failed sync means:
 * the store itself refuses everything after one and the node ends.
 */
export const storageActor: Behaviour<StorageState, StorageMessage, undefined, Pick<NodePorts, 'store'>> = {
  name: 'StorageActor',
  ...actorPolicies.StorageActor,
  init: () => ({ waiting: new Map(), nextRequest: 1, writes: 0, lastWriteMs: null }),
  receive,
  view: (state): StorageView => ({ writes: state.writes, pending: state.waiting.size, lastWriteMs: state.lastWriteMs }),
};
