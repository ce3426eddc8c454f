import type { PegIn } from '../../../domain/pegin/operation.ts';
import type { Ctx } from '../../../kernel/behaviour.ts';
import type { Trace } from '../../../kernel/envelope.ts';
import type { Ref } from '../../../kernel/ref.ts';
import type { AskedMembers, BridgeMessage, PegInMessage } from '../../../protocol/bridge.ts';
import type { ChainMessage } from '../../../protocol/chain.ts';
import type { StorageMessage } from '../../../protocol/storage.ts';
import type { StreamMessage } from '../../../protocol/stream.ts';
import type { OperationArgs } from '../operation/args.ts';
import { type RecordKeeping, isOnDisk } from '../operation/keeping.ts';
import { pegInRecord, pegInView } from '../operation/view.ts';

export interface PegInActorState {
  readonly args: OperationArgs;
  readonly bridge: Ref<BridgeMessage>;
  readonly chain: Ref<ChainMessage>;
  readonly stream: Ref<StreamMessage>;
  readonly storage: Ref<StorageMessage>;
  readonly keeping: RecordKeeping;
  /** Null after a restart, until BridgeActor has given the record again. */
  pegIn: PegIn | null;
  /** Where this operation's story stands, so that its next step is caused by its last one and not by a timer. */
  story: Trace;
  /** Who approves it: as of the last clearance. */
  members: AskedMembers;
  confirmations: number;
  halted: boolean;
  /** A clearance or an approval is being waited for. */
  asking: boolean;
  /** Nothing is tried before the timer. */
  paused: boolean;
  blocker: string | null;
}
export type PegInCtx = Ctx<PegInMessage>;

/** The new state is on disk before anything follows from it. */
export function save(state: PegInActorState, pegIn: PegIn, ctx: PegInCtx): void {
  state.pegIn = pegIn;
  state.keeping.version++;
  write(state, pegIn, ctx);
}

export function write({ keeping, storage, story, args }: PegInActorState, pegIn: PegIn, ctx: PegInCtx): void {
  const key = `${keeping.version}`;
  ctx.ask(
    storage,
    { type: 'PersistOperation', key, records: [pegInRecord(pegIn)] },
    {
      trace: story,
      timeoutMs: args.timing.storageTimeoutMs,
      onTimeout: { type: 'BridgeTimeout', what: 'persist', key },
    },
  );
}

export const viewOf = (state: PegInActorState, pegIn: PegIn) =>
  pegInView(pegIn, {
    confirmations: state.confirmations,
    confirmationsRequired: state.args.confirmationsRequired,
    memberCount: state.members.members.length,
    threshold: state.members.threshold,
    blocker: state.halted ? 'halted' : state.blocker,
  });

/** BridgeActor shows no more than what is on disk. */
export function tellBridge(state: PegInActorState, ctx: PegInCtx): void {
  const { pegIn, keeping } = state;
  if (pegIn === null || !isOnDisk(keeping)) return;
  ctx.tell(
    state.bridge,
    { type: 'OperationChanged', view: viewOf(state, pegIn), record: pegInRecord(pegIn) },
    { trace: state.story },
  );
}

export function wait(
  state: PegInActorState,
  blocker: string,
  ctx: PegInCtx,
  pauseMs: number = state.args.timing.resubmitMs,
): void {
  state.blocker = blocker;
  state.paused = true;
  tellBridge(state, ctx);
  ctx.timer('resubmit', pauseMs, { type: 'Resubmit' });
}
