import type { Behaviour, PortMap } from './behaviour.ts';
import type { ActorPath, CorrelationId, Message } from './envelope.ts';
import type {
  ActorStatus,
  BehaviourTotals,
  DeadLetter,
  RecordedLog,
  RecordedMessage,
  RecordReader,
  TypeTimes,
} from './record.ts';
import type { AnswerOf, Ref } from './ref.ts';

/** Time and chance come from outside, so that a simulation owns them. */
export interface SystemEnvironment {
  /** Unix ms. */
  nowMs(): number;
  /** Monotonic microseconds, for waits and handling times. */
  monotonicUs(): number;
  /** Uniform in [0, 1). */
  random(): number;
}

/** A message from an outside party. Without a correlation id it begins a story of its own. */
export interface InjectOptions {
  readonly from: string;
  readonly correlationId?: CorrelationId;
  readonly cause?: number | null;
}

/** One actor system: what the composition root and the console's host hold. */
export interface ActorSystem {
  /** Starts the root actor. Called once. */
  start<S, M extends Message, A, P extends PortMap>(root: Behaviour<S, M, A, P>, args: A): Ref<M>;
  /** The address of a path. Without the messages that its actor knows, nothing can be sent to it. */
  refOf(path: ActorPath): Ref<never>;
  refOf<M extends Message>(path: ActorPath): Ref<M>;
  /** Hands in a message of an outside party. */
  inject<M extends Message>(to: Ref<M>, message: M, options: InjectOptions): void;
  /** Writes a line of an outside party into the record, among those of the actors. */
  log(from: string, level: RecordedLog['level'], text: string): void;
  /**
   * Asks from outside: resolves with the answer. Rejects with a ServiceError after `timeoutMs`; at once when no actor will
   * handle the question, and with ActorDown when that is because it has ended, or rests while a circuit breaker is open.
   */
  ask<T extends Message, K extends T['type']>(
    to: Ref<T>,
    request: NoInfer<T> & { readonly type: K },
    options: InjectOptions & { readonly timeoutMs: number },
  ): Promise<AnswerOf<T, K>>;

  /**
   * An operator's restart: Stopping, Terminated, then a new generation, for which messages wait.
   * @throws ServiceError for an unknown path, and when the actor or the system is about to stop.
   */
  restart(path: ActorPath): void;
  suspend(path: ActorPath): void;
  resume(path: ActorPath): void;
  /** Stops the tree leaves first, each draining by its deadline. Resolves when the last actor ended. */
  stop(): Promise<void>;

  /** The tree, parents before children. */
  tree(): readonly ActorStatus[];
  /**
   * How long the messages of each type waited at an actor and were handled, over all its generations: 64 types are told
   * apart, the others are together under `(others)`. Empty when it is not in the tree.
   */
  times(path: ActorPath): readonly TypeTimes[];
  /**
   * What the actors of each behaviour have done since the start, ended ones included. Dead letters to paths that no actor
   * of the tree has are those of `(nobody)`.
   */
  totals(): readonly BehaviourTotals[];
  /** The behaviour's own view of an actor's state; undefined when it lives not or shows none. */
  view(path: ActorPath): unknown;
  /** A reader of the event record, from now on or from the oldest entry still held. */
  read(from: 'now' | 'oldest'): RecordReader;
  /** The newest messages that reached nobody, the oldest first. */
  deadLetters(): readonly DeadLetter[];
  /** Every message of a story that the record still holds, by seq. */
  trace(correlationId: CorrelationId): readonly RecordedMessage[];
  /** The payload of a message, while the bounded payload store still holds it. */
  payload(seq: number): Message | undefined;
}
