import type { PegOut } from '../../../domain/pegout/operation.ts';
import type { Ctx } from '../../../kernel/behaviour.ts';
import type { Trace } from '../../../kernel/envelope.ts';
import type { Ref } from '../../../kernel/ref.ts';
import type { NodePorts } from '../../../ports/node-ports.ts';
import type { BridgeMessage, Clearance, PegOutMessage } from '../../../protocol/bridge.ts';
import type { StorageMessage } from '../../../protocol/storage.ts';
import type { StreamMessage } from '../../../protocol/stream.ts';
import type { OperationArgs } from '../operation/args.ts';
import { type RecordKeeping, isOnDisk } from '../operation/keeping.ts';
import { pegOutRecord, pegOutView } from '../operation/view.ts';

export interface PegOutActorState {
  readonly args: OperationArgs;
  readonly bridge: Ref<BridgeMessage>;
  readonly stream: Ref<StreamMessage>;
  readonly storage: Ref<StorageMessage>;
  readonly keeping: RecordKeeping;
  /** Null after a restart, until BridgeActor has given the record again. */
  pegOut: PegOut | null;
  /** Where this operation's story stands, so that its next step is caused by its last one and not by a timer. */
  story: Trace;
  /** Whose members sign; known with the clearance. */
  signing: Clearance['signing'];
  confirmations: number;
  halted: boolean;
  /** A clearance, signatures or a broadcast is being waited for. */
  asking: boolean;
  /** Nothing is tried before the timer. */
  paused: boolean;
  blocker: string | null;
}
export type PegOutCtx = Ctx<PegOutMessage, Pick<NodePorts, 'bitcoin'>>;

/** The new state is on disk before anything follows from it. */
export function save(state: PegOutActorState, pegOut: PegOut, ctx: PegOutCtx): void {
  state.pegOut = pegOut;
  state.keeping.version++;
  write(state, pegOut, ctx);
}

export function write({ keeping, storage, story, args }: PegOutActorState, pegOut: PegOut, ctx: PegOutCtx): void {
  const key = `${keeping.version}`;
  ctx.ask(
    storage,
    { type: 'PersistOperation', key, records: [pegOutRecord(pegOut)] },
    {
      trace: story,
      timeoutMs: args.timing.storageTimeoutMs,
      onTimeout: { type: 'BridgeTimeout', what: 'persist', key },
    },
  );
}

export const viewOf = (state: PegOutActorState, pegOut: PegOut) =>
  pegOutView(pegOut, {
    confirmations: state.confirmations,
    confirmationsRequired: state.args.confirmationsRequired,
    memberCount: state.signing?.federation.bitcoinKeys.length ?? state.args.members.length,
    threshold: state.signing?.federation.threshold ?? state.args.threshold,
    blocker: state.halted ? 'halted' : state.blocker,
  });

/** BridgeActor shows no more than what is on disk. */
export function tellBridge(state: PegOutActorState, ctx: PegOutCtx): void {
  const { pegOut, keeping } = state;
  if (pegOut === null || !isOnDisk(keeping)) return;
  ctx.tell(
    state.bridge,
    { type: 'OperationChanged', view: viewOf(state, pegOut), record: pegOutRecord(pegOut) },
    { trace: state.story },
  );
}

export function block(state: PegOutActorState, blocker: string, ctx: PegOutCtx): void {
  state.blocker = blocker;
  tellBridge(state, ctx);
}

export function wait(state: PegOutActorState, blocker: string, ctx: PegOutCtx): void {
  state.paused = true;
  block(state, blocker, ctx);
  ctx.timer('resubmit', state.args.timing.resubmitMs, { type: 'Resubmit' });
}
