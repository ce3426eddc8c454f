import type { ActorStatus, RecordedLifecycle, RecordedLog, RecordedMessage, TypeTimes } from '../kernel/record.ts';
import type {
  BlockSummary,
  ChainView,
  EngineView,
  NetworkView,
  OperationView,
  SolvencyView,
  StreamView,
  SyncView,
} from '../protocol/views.ts';

/** What the screens show: plain JSON, amounts as decimal text in the unit of their name, times in Unix ms. */

export type HealthLevel = 'healthy' | 'degraded' | 'halted' | 'stopped';

/** One thing that keeps the node from being healthy, what it puts at risk and what to do about it. */
export interface HealthReason {
  readonly severity: 'critical' | 'warning';
  /** What is wrong. */
  readonly text: string;
  /** What it costs while it lasts. */
  readonly risk: string;
  /** What the operator can do. */
  readonly action: string;
  /** Since when, where that is known. */
  readonly sinceMs: number | null;
  /** The screen with the evidence. */
  readonly screen: 'overview' | 'tree' | 'pegs' | 'chain' | 'network' | 'governance';
}

export interface Overview {
  readonly health: {
    readonly level: HealthLevel;
    readonly headline: string;
    readonly reasons: readonly HealthReason[];
  };
  readonly node: {
    readonly name: string;
    readonly network: string;
    readonly chainId: number;
    readonly version: string;
    readonly running: boolean;
    readonly startedAtMs: number | null;
    readonly rpcUrl: string | null;
  };
  readonly haltCauses: ChainView['haltCauses'];
  /** Whether this node's signing is frozen until the operator says that the cause is explained. */
  readonly frozen: boolean;
  readonly slots:
    | (Pick<ChainView, 'slot' | 'slotDurationMs' | 'authorityIndex' | 'authorityCount' | 'recentSlots'> & {
        /** Names by index, of those who are due now. */
        readonly authorities: readonly string[];
      })
    | null;
  readonly head: BlockSummary | null;
  readonly finalized: BlockSummary | null;
  readonly bitcoin: { readonly height: number; readonly hash: string; readonly scannedHeight: number | null } | null;
  readonly peers: { readonly connected: number; readonly expected: number; readonly names: readonly string[] } | null;
  readonly governance:
    | (Pick<StreamView, 'link' | 'roundTripMs' | 'failures' | 'nextAttemptMs' | 'endpoint'> & {
        readonly members: number;
      })
    | null;
  readonly pegs: PegTotals | null;
  readonly reserve: SolvencyView | null;
  readonly reserveHistory: readonly ReserveSample[];
  readonly actors: { readonly total: number; readonly running: number; readonly messagesPerSecond: number };
}

export interface PegTotals {
  readonly pegInsPending: number;
  readonly pegOutsPending: number;
  readonly completed: number;
  readonly rejected: number;
  readonly pendingSats: string;
}

export interface ReserveSample {
  readonly atMs: number;
  readonly reserveSats: string;
  readonly liabilitiesSats: string;
}

export interface ActorRow extends ActorStatus {
  readonly messagesPerSecond: number;
}

export interface TreeModel {
  readonly actors: readonly ActorRow[];
  /** Newest first, at most 50. */
  readonly changes: readonly RecordedLifecycle[];
}

/** A state machine as the console draws it: the declaration that the code runs. */
export interface MachinePicture {
  readonly id: string;
  readonly initial: string;
  readonly states: readonly string[];
  readonly finalStates: readonly string[];
  readonly arrows: readonly { readonly from: string; readonly event: string; readonly to: string }[];
}

/** What an intervention on an actor touches, shown before it is done. */
export interface BlastRadius {
  /** The actor's descendants, which end with it. */
  readonly children: readonly string[];
  readonly waitingMessages: number;
  /** What the federation loses meanwhile, in a sentence. */
  readonly meanwhile: string;
}

export interface ActorPanel {
  readonly actor: ActorRow;
  readonly machine: MachinePicture | null;
  readonly lifecycle: MachinePicture;
  /** The behaviour's view as JSON text, at most 64 KiB. */
  readonly view: string | null;
  /** By message type, in the order in which they came first, at most 65. */
  readonly times: readonly TypeTimes[];
  /** Newest first, at most 50. */
  readonly recent: readonly RecordedMessage[];
  readonly changes: readonly RecordedLifecycle[];
  readonly logs: readonly LogLine[];
  readonly radius: BlastRadius;
}

export interface FlowNode {
  readonly id: string;
  readonly kind: 'actor' | 'outside';
  /** Lifecycle of an actor; null for an outside party. */
  readonly lifecycle: ActorStatus['lifecycle'] | null;
  readonly suspended: boolean;
  readonly depth: number;
  readonly children: number;
}

export interface FlowEdge {
  readonly from: string;
  readonly to: string;
  readonly perSecond: number;
  readonly total: number;
  /** The type seen most often on this edge. */
  readonly topType: string;
}

/** Where each received message went: `received = shown + aggregated + dropped`, exactly. */
export interface SamplingCounters {
  readonly received: number;
  readonly shown: number;
  readonly aggregated: number;
  readonly dropped: number;
}

export interface FlowGraph {
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
}

/** One message of a trace, with its place in the founding flow. */
export interface SequenceMessage extends RecordedMessage {
  /** Index of the founding arrow that this message is; null when the founding flow doesn't name it. */
  readonly arrow: number | null;
  readonly reply: boolean;
}

export interface SequenceDiagram {
  readonly correlationId: string;
  /** The founding flow that this trace plays; null when it plays none. */
  readonly flow: string | null;
  readonly verdict: 'conforms' | 'running' | 'departs' | 'none';
  readonly detail: string;
  /** The trace leaves the founding flow after this message; null when it doesn't. */
  readonly departsAfterSeq: number | null;
  readonly participants: readonly string[];
  /** By seq, at most 10,000. */
  readonly messages: readonly SequenceMessage[];
  readonly omitted: number;
}

/** One line of the list of traces. */
export interface TraceSummary {
  readonly correlationId: string;
  readonly firstType: string;
  /** Title of the founding flow that it plays; null when it plays none. */
  readonly flow: string | null;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly messages: number;
}

export type PegRow = Pick<
  OperationView,
  | 'id'
  | 'kind'
  | 'state'
  | 'terminal'
  | 'amountSats'
  | 'evmAddress'
  | 'bitcoinAddress'
  | 'txid'
  | 'evmTxHash'
  | 'confirmations'
  | 'confirmationsRequired'
  | 'threshold'
  | 'blocker'
  | 'deadlineMs'
  | 'rejection'
  | 'createdAtMs'
  | 'updatedAtMs'
> & { readonly answered: number };

export interface PegTable {
  /** Rows that match. */
  readonly total: number;
  readonly offset: number;
  readonly rows: readonly PegRow[];
  /** Over all operations, whatever the search. */
  readonly totals: PegTotals;
}

export interface DecodedTransaction {
  readonly txid: string;
  readonly virtualBytes: number;
  readonly signalsReplacement: boolean;
  readonly inputs: readonly { readonly outpoint: string; readonly witnessItems: number }[];
  readonly outputs: readonly {
    readonly vout: number;
    readonly amountSats: string;
    readonly address: string | null;
    readonly script: string;
  }[];
}

/** What a member did for an operation, or what is left for it to do. */
export interface MemberStanding {
  readonly name: string;
  readonly standing: 'approved' | 'signed' | 'refused' | 'notAsked' | 'missing' | 'notNeeded';
  readonly reason: string | null;
}

export interface CaseFile {
  readonly operation: OperationView;
  readonly machine: MachinePicture | null;
  readonly transaction: DecodedTransaction | null;
  /** One for each federation member, in order. */
  readonly members: readonly MemberStanding[];
  readonly nextAction: string;
}

export interface ChainModel {
  readonly chain: Pick<
    ChainView,
    | 'state'
    | 'slot'
    | 'highCertificateSlot'
    | 'evidenceCount'
    | 'evidence'
    | 'mintedSats'
    | 'burnedFeesWei'
    | 'authorityCount'
  > | null;
  readonly head: BlockSummary | null;
  readonly finalized: BlockSummary | null;
  /** Newest first. */
  readonly blocks: readonly (BlockSummary & { readonly proposerName: string })[];
}

export interface ExecutionModel {
  /** In the client's own order; null while the node is stopped or the client has not told them. */
  readonly settings: EngineView['settings'];
}

export interface NetworkModel {
  readonly network: NetworkView | null;
  readonly sync: SyncView | null;
  readonly governance: StreamView | null;
  readonly headHeight: number | null;
}

export interface LogLine extends RecordedLog {
  /** Position in the console's own list of lines, from 1. */
  readonly line: number;
}

export interface LogPage {
  /** Oldest first. */
  readonly lines: readonly LogLine[];
  /** Lines that match and are held. */
  readonly matching: number;
  readonly held: number;
  /** Older lines that are no longer held. */
  readonly dropped: number;
  /** Why the pattern can't be used; null when it can. */
  readonly patternError: string | null;
}

export interface BlockDetail {
  readonly root: string;
  readonly blockHash: string;
  readonly parentRoot: string;
  readonly height: number;
  readonly slot: number;
  /** Its name. */
  readonly proposer: string;
  readonly gasUsed: string;
  readonly gasLimit: string;
  readonly baseFeeWei: string;
  readonly burnedFeesWei: string;
  readonly stateRoot: string;
  readonly feeRecipient: string;
  readonly timestampMs: number;
  readonly transactions: readonly {
    readonly evmTxHash: string;
    readonly from: string;
    readonly to: string | null;
    readonly amountWei: string;
    /** First four bytes of the call data; null for a plain transfer. */
    readonly selector: string | null;
  }[];
  readonly mints: readonly {
    readonly outpoint: string;
    readonly recipient: string;
    readonly amountSats: string;
    /** Members whose identity signatures certify it. */
    readonly signatures: number;
  }[];
  readonly payouts: readonly {
    readonly status: string;
    readonly id: string;
    readonly txid: string;
    readonly burns: number;
  }[];
  /** Certifies the parent. */
  readonly certificate: { readonly slot: number; readonly voters: readonly string[] };
}
