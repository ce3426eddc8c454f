/**
 * What each actor shows of its state (`Behaviour.view`): plain JSON, amounts as decimal text in the unit of their name.
 * The read-model turns these into what the operator sees.
 */

import type { SettingChange, SettingValue } from '../domain/execution/settings.ts';

export interface ChainView {
  readonly state: string;
  /** Why the chain can't be loaded from the store; null when it stands, or is being loaded. */
  readonly loadFailure: string | null;
  readonly halted: boolean;
  /** Each cause stacks; the chain is halted while one is left. */
  readonly haltCauses: readonly {
    readonly source: 'operator' | 'governance' | 'node';
    readonly reason: string;
    readonly sinceMs: number;
  }[];
  /** Why the halt ledger, as it stands, could not be written down: a restart would forget it. Null while the disk has it. */
  readonly haltUnsaved: string | null;
  readonly authorityIndex: number | null;
  readonly authorityCount: number;
  readonly slot: number;
  readonly slotDurationMs: number;
  readonly head: BlockSummary;
  readonly finalized: BlockSummary;
  readonly highCertificateSlot: number;
  /** Newest first, at most 64: from the head back. */
  readonly recentBlocks: readonly BlockSummary[];
  /** Newest first, at most 60. */
  readonly recentSlots: readonly {
    readonly slot: number;
    readonly authority: number;
    readonly outcome: 'ours' | 'others' | 'missed' | 'pending';
  }[];
  /** Valid blocks of the last 60 slots that came before their slot by more than clocks may differ, oldest first. */
  readonly earlyBlocks: readonly { readonly slot: number; readonly authority: number; readonly earlyMs: number }[];
  /** Slots in which an authority was caught signing twice. */
  readonly evidenceCount: number;
  /** Newest first, at most 32. */
  readonly evidence: readonly EvidenceView[];
  /** What this node's key waits for after a backup was restored, before it signs; null when it may sign. */
  readonly disarmed: string | null;
  /** Why the record of what this node's key signed can't be read; the key signs nothing then. */
  readonly guardFailure: string | null;
  /** The last slot in which each authority was seen to sign, by index; 0 for none. */
  readonly lastSignedSlots: readonly number[];
  readonly mintedSats: string;
  readonly burnedFeesWei: string;
}

/** Two blocks or votes that one key signed for one slot, with both signatures. */
export interface EvidenceView {
  readonly kind: 'block' | 'vote';
  readonly slot: number;
  /** The authority's name. */
  readonly name: string;
  readonly publicKey: string;
  readonly firstRoot: string;
  readonly secondRoot: string;
  readonly firstSignature: string;
  readonly secondSignature: string;
  /** Whether each vote said that it was clean; null for blocks. */
  readonly firstClean: boolean | null;
  readonly secondClean: boolean | null;
}

export interface BlockSummary {
  readonly root: string;
  readonly blockHash: string;
  readonly parentRoot: string;
  readonly height: number;
  readonly slot: number;
  readonly proposer: number;
  readonly transactions: number;
  readonly gasUsed: string;
  readonly mints: number;
  readonly payouts: number;
  /** How many authorities certified the parent. */
  readonly parentVotes: number;
  readonly finalized: boolean;
}

export interface BridgeView {
  readonly state: string;
  readonly bitcoinTip: { readonly height: number; readonly hash: string } | null;
  readonly scannedHeight: number | null;
  readonly federationAddress: string;
  readonly confirmationsRequired: number;
  readonly frozen: { readonly reason: string } | null;
  readonly feeRateSatsPerVbyte: number;
  readonly operationsByState: Readonly<Record<string, number>>;
  /** Newest first, at most 500. */
  readonly operations: readonly OperationView[];
  readonly solvency: SolvencyView | null;
}

/** Both sides at one Bitcoin depth. `surplusSats = reserve - liabilities`, negative when short. Source: protocol.md, Solvency. */
export interface SolvencyView {
  readonly reserveSats: string;
  readonly supplySats: string;
  readonly burnsUnpaidSats: string;
  readonly depositsUnmintedSats: string;
  readonly rejectedUnreturnedSats: string;
  readonly liabilitiesSats: string;
  readonly surplusSats: string;
  readonly atBitcoinHeight: number;
  readonly atBlockHeight: number;
}

/** One step of an operation's life, in order. */
export interface OperationStep {
  readonly atMs: number;
  readonly event: string;
  readonly state: string;
  readonly detail: string | null;
}

export interface OperationView {
  readonly id: string;
  readonly kind: 'pegIn' | 'pegOut';
  readonly state: string;
  readonly terminal: boolean;
  readonly amountSats: string;
  readonly evmAddress: string | null;
  readonly bitcoinAddress: string | null;
  /** The deposit's or the payout's. */
  readonly txid: string | null;
  /** The burn's, or that of the block that mints. */
  readonly evmTxHash: string | null;
  readonly evmBlockHash: string | null;
  readonly evmBlockHeight: number | null;
  readonly bitcoinHeight: number | null;
  readonly confirmations: number;
  readonly confirmationsRequired: number;
  /** One for each governance member, in order. */
  readonly members: readonly {
    readonly member: number;
    readonly answer: 'waiting' | 'approved' | 'signed' | 'refused';
    readonly reason: string | null;
  }[];
  readonly threshold: number;
  readonly feeSats: string | null;
  readonly rawTx: string | null;
  /** What it waits for, in words; null when terminal. */
  readonly blocker: string | null;
  readonly deadlineMs: number | null;
  readonly rejection: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly steps: readonly OperationStep[];
  readonly correlationId: string;
}

export interface NetworkView {
  readonly peerId: string;
  readonly listen: readonly string[];
  readonly peers: readonly {
    readonly peer: string;
    readonly name: string | null;
    readonly address: string;
    readonly direction: 'inbound' | 'outbound';
    readonly headHeight: number | null;
    readonly latencyMs: number | null;
    readonly connectedAtMs: number;
  }[];
}

export interface StreamView {
  readonly link: 'connecting' | 'connected' | 'waiting' | 'circuitOpen';
  readonly endpoint: string;
  readonly epoch: number;
  readonly connectedSinceMs: number | null;
  readonly nextAttemptMs: number | null;
  readonly failures: number;
  readonly roundTripMs: number | null;
  readonly pendingApprovals: number;
  readonly pendingSignatures: number;
  readonly members: readonly { readonly member: number; readonly name: string; readonly lastAnswerMs: number | null }[];
  /** Newest first, at most 100. */
  readonly recent: readonly {
    readonly atMs: number;
    readonly direction: 'in' | 'out';
    readonly kind: string;
    readonly outcome: string;
  }[];
}

export interface SyncView {
  readonly state: 'Idle' | 'Syncing';
  readonly targetHeight: number | null;
  readonly importedHeight: number | null;
  readonly ranges: readonly {
    readonly from: number;
    readonly to: number;
    readonly peer: string;
    readonly status: 'requested' | 'received';
  }[];
}

export interface EngineView {
  readonly latestHeight: number;
  readonly latestHash: string;
  readonly queuedMints: number;
  readonly executed: number;
  readonly built: number;
  /** A state of the client's declared machine. */
  readonly client: string;
  /** Why the client is not ready; null while it is. */
  readonly trouble: string | null;
  /** How far a replay of stored blocks into the client has come; null when none is under way. */
  readonly replayedHeight: number | null;
  /** What may be changed of the client, as it is in force, in the client's order; null until it has told. */
  readonly settings: readonly ExecutionSettingView[] | null;
}

export interface ExecutionSettingView {
  /** Its section and name, `pool.maxBytes` for instance. */
  readonly path: string;
  readonly value: SettingValue;
  /** Who changed it last; null for what it was made with. */
  readonly changed: SettingChange | null;
}

export interface StorageView {
  readonly writes: number;
  readonly pending: number;
  readonly lastWriteMs: number | null;
}

export interface SupervisorView {
  readonly nodeName: string;
  readonly startedAtMs: number;
  /** By their health checks, in the order of their first start. */
  readonly children: readonly ChildHealth[];
}

/** What SupervisorActor knows of a child. */
export interface ChildHealth {
  readonly path: string;
  readonly generation: number;
  /** For good, or until an operator restarts it. */
  readonly ended: boolean;
  readonly answeredAtMs: number | null;
  /** A sentence that names the actor when it hangs or does not answer; null while all is well. */
  readonly trouble: string | null;
  readonly sinceMs: number | null;
  /** What it was doing when it last answered, as the rest of a sentence. */
  readonly doing: string | null;
}
