import type { ActorPath, CorrelationId, Message } from './envelope.ts';
import type { LifecycleState } from './supervision.ts';

/** How a delivery ended. `sent` is a message to an outside party. */
export type DeliveryOutcome = 'handled' | 'crashed' | 'dropped' | 'refused' | 'deadLetter' | 'staleGeneration' | 'sent';

/** One delivery, read out of the event record. Written when the delivery ended, so entries are ordered by that. */
export interface RecordedMessage {
  readonly seq: number;
  /** Unix ms at which it was sent. */
  readonly atMs: number;
  readonly from: ActorPath;
  readonly to: ActorPath;
  readonly type: string;
  readonly correlationId: CorrelationId;
  readonly cause: number | null;
  /** Time in the mailbox and in the handler, microseconds. */
  readonly queueWaitUs: number;
  readonly handlingUs: number;
  readonly outcome: DeliveryOutcome;
}

/** A change in the tree, in the same record and order of time as the deliveries. */
export interface RecordedLifecycle {
  readonly seq: number;
  readonly atMs: number;
  readonly path: ActorPath;
  readonly from: LifecycleState | null;
  readonly to: LifecycleState;
  readonly generation: number;
  /** The error's code and sentence, when it failed. */
  readonly reason: string | null;
}

export interface RecordedLog {
  readonly seq: number;
  readonly atMs: number;
  readonly path: ActorPath;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly correlationId: CorrelationId;
}

/** A message that reached nobody: its actor doesn't live, or ended before its turn. */
export interface DeadLetter {
  readonly seq: number;
  readonly atMs: number;
  readonly from: ActorPath;
  readonly to: ActorPath;
  readonly correlationId: CorrelationId;
  readonly message: Message;
}

/** What a reader gets: entries since it last asked, and exactly how many of each kind it missed because it was too slow. */
export interface RecordBatch {
  readonly messages: readonly RecordedMessage[];
  readonly lifecycle: readonly RecordedLifecycle[];
  readonly logs: readonly RecordedLog[];
  /** Deliveries that were overwritten before they were read. */
  readonly missed: number;
  readonly missedLifecycle: number;
  readonly missedLogs: number;
}

/** A reader pulls; it costs the pump nothing when nobody reads and can't hold it up. */
export interface RecordReader {
  read(maxMessages: number): RecordBatch;
  close(): void;
}

/** Microseconds. */
export interface Durations {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

/** How long the messages of one type waited at an actor and were handled, the crashed handlers among them. */
export interface TypeTimes {
  readonly type: string;
  readonly count: number;
  readonly queueWait: Durations;
  readonly handling: Durations;
}

/** How many durations there were, and how long they were, in microseconds. */
export interface DurationCounts {
  readonly count: number;
  readonly sumUs: number;
  /**
   * By length in whole microseconds, rounded down: each bucket holds those above the one before it, up to its own. Its
   * lower end is no more than an eighth below. Ascending; without the empty ones.
   */
  readonly buckets: readonly { readonly upToUs: number; readonly count: number }[];
}

/** What all actors of one behaviour have done since the start, those that have left the tree included: nothing ever falls. */
export interface BehaviourTotals {
  readonly behaviour: string;
  readonly handled: number;
  readonly dropped: number;
  readonly refused: number;
  readonly deadLetters: number;
  readonly crashes: number;
  readonly restarts: number;
  /** By message type; 64 are told apart, the others are together under `(others)`. */
  readonly times: readonly {
    readonly type: string;
    readonly queueWait: DurationCounts;
    readonly handling: DurationCounts;
  }[];
}

/** What the supervision tree shows of one actor. */
export interface ActorStatus {
  readonly path: ActorPath;
  readonly parent: ActorPath | null;
  readonly behaviour: string;
  readonly lifecycle: LifecycleState;
  readonly suspended: boolean;
  readonly generation: number;
  readonly restarts: number;
  /** The circuit breaker of the strategies that have one; closed where none has opened. */
  readonly breaker: 'closed' | 'open' | 'halfOpen';
  readonly mailbox: {
    readonly depth: number;
    readonly bound: number;
    readonly overflow: string;
    readonly highWater: number;
    /** Places kept for answers, timers and outcomes. */
    readonly reserved: number;
    /** Messages that wait for room in front of it. */
    readonly atDoor: number;
  };
  readonly handled: number;
  readonly dropped: number;
  readonly refused: number;
  readonly deadLetters: number;
  readonly crashes: number;
  readonly queueWait: Durations;
  readonly handling: Durations;
  /** The actor's own machine, when it declares one. */
  readonly machineState: string | null;
  readonly lastError: {
    readonly atMs: number;
    readonly code: string;
    readonly message: string;
    readonly stack: string;
  } | null;
}
