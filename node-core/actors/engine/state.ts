import type { ClientState } from '../../domain/execution/client-machine.ts';
import type { Replay } from '../../domain/execution/replay.ts';
import type { FlatSettings, SettingChange, Settings } from '../../domain/execution/settings.ts';
import type { CertifiedPegIn } from '../../domain/consensus/types.ts';
import type { Ctx } from '../../kernel/behaviour.ts';
import type { Trace } from '../../kernel/envelope.ts';
import type { Ref, ReplyTo } from '../../kernel/ref.ts';
import type { BlockHeight, BlockRoot, EvmAddress, EvmBlockHash, EvmTxHash, Outpoint } from '../../primitives/ids.ts';
import type { Reconfigured } from '../../ports/execution.ts';
import type { NodePorts } from '../../ports/node-ports.ts';
import type { BlockRecord } from '../../ports/store.ts';
import type { BridgeMessage } from '../../protocol/bridge.ts';
import type { ChainMessage } from '../../protocol/chain.ts';
import type {
  BlockExecuted,
  BlockTemplate,
  BlockTemplateFailed,
  BuildBlockRequest,
  EngineMessage,
  ExecuteBlock,
  ExecutionConfigured,
  TransactionAccepted,
  TransactionRefused,
  UpdateForkchoice,
} from '../../protocol/engine.ts';
import type { NetworkMessage } from '../../protocol/network.ts';
import type { StorageMessage } from '../../protocol/storage.ts';

export interface EngineArgs {
  readonly bridgeAddress: EvmAddress;
}

/** A final block whose burns are still to be read. */
export interface FinalHeight {
  readonly height: BlockHeight;
  readonly blockHash: EvmBlockHash;
}

interface QueuedMint {
  readonly pegIn: CertifiedPegIn;
  /** The story that asked for it: its `MintResult` goes on there. */
  readonly trace: Trace;
}

/** What ChainActor asked of the execution client. */
export type Job = { readonly trace: Trace } & (
  | {
      readonly kind: 'build';
      readonly request: BuildBlockRequest;
      readonly to: ReplyTo<BlockTemplate | BlockTemplateFailed>;
    }
  | { readonly kind: 'execute'; readonly request: ExecuteBlock; readonly to: ReplyTo<BlockExecuted> }
);

/** A job that waits while the client is brought to the store's head. */
export interface WaitingJob {
  readonly job: Job;
  /** Unix ms after which its asker no longer waits. */
  readonly untilMs: number;
  /** The client said already that it lacks the parent: it is not asked a third time. */
  readonly asked: boolean;
}

/** A replay under way. */
export interface ReplayJob {
  readonly plan: Replay<BlockRecord>;
  /** The block that is being applied. */
  readonly applying: BlockRecord | null;
}

/** New settings that the client is to judge. */
export interface WantedChange {
  readonly source: SettingChange['source'];
  readonly who: string;
  readonly reason: string;
  /** Where the verdict goes, under the asker's own name for its request; null when nobody waits. */
  readonly asker: { readonly to: ReplyTo<ExecutionConfigured>; readonly key: string } | null;
}

/** A verdict on its way to the disk. */
interface Saving {
  readonly asker: WantedChange['asker'];
  readonly outcome: Reconfigured;
  /** What the store has yet to answer. */
  unsaved: number;
  failure: string | null;
}

export interface SettingsState {
  /** Every change that a client took, as one change. */
  taken: Settings;
  /** Who made them, by the setting's path. */
  readonly changes: Map<string, SettingChange>;
  readonly wanted: Map<string, WantedChange>;
  readonly saving: Map<string, Saving>;
  /** What the client said is in force, asked at the start; null until it has. */
  told: FlatSettings | null;
  /** What it took since it was asked. */
  since: FlatSettings;
}

export interface EngineState {
  readonly args: EngineArgs;
  readonly chain: Ref<ChainMessage>;
  readonly bridge: Ref<BridgeMessage>;
  readonly network: Ref<NetworkMessage>;
  readonly storage: Ref<StorageMessage>;
  client: ClientState;
  /** Why the client is not ready, or was not last; null while all is well. */
  trouble: string | null;
  /** The chain that ChainActor chose last. */
  choice: UpdateForkchoice | null;
  /** Jobs that wait for the client to be ready; bounded. */
  readonly waiting: WaitingJob[];
  /** The block that the client must be brought to next, where it isn't the head. */
  target: BlockRoot | null;
  replay: ReplayJob | null;
  /** Counts checks and replays: what an earlier one asked for is discarded. */
  attempt: number;
  readonly settings: SettingsState;
  readonly mints: Map<Outpoint, QueuedMint>;
  /** Stories of transactions that came in here and are not final yet; oldest forgotten beyond the bound. */
  readonly transactionTraces: Map<EvmTxHash, Trace>;
  /** Final blocks whose burns are still to be read, in order of height; the first is being read. */
  readonly burnQueue: FinalHeight[];
  readonly building: Map<
    number,
    {
      readonly job: Job & { readonly kind: 'build' };
      readonly pegIns: readonly CertifiedPegIn[];
      readonly asked: boolean;
    }
  >;
  readonly executing: Map<number, { readonly job: Job & { readonly kind: 'execute' }; readonly asked: boolean }>;
  readonly submitting: Map<number, ReplyTo<TransactionAccepted | TransactionRefused> | null>;
  /** Peers have connected and are about to be told what waits in the pool. */
  sharing: boolean;
  nextRequest: number;
  latestHeight: number;
  latestHash: string;
  built: number;
  executed: number;
}

export type EngineCtx = Ctx<EngineMessage, Pick<NodePorts, 'execution'>>;

/** The outside party of every call to the client. */
export const party = 'ExecutionClient';
/** Execution of a full block takes well below a slot; a client that takes longer is away. */
export const EXECUTE_TIMEOUT_MS = 30_000;
