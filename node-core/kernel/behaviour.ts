import type { ErrorClass, Refusal } from '../primitives/errors.ts';
import type { ActorPath, CorrelationId, Message, Trace } from './envelope.ts';
import type { AnswerOf, Ref, ReplyTo, Request } from './ref.ts';
import type { SupervisionPolicy } from './supervision.ts';

/** What a full mailbox does. Source: communication-flows.md, Backpressure Management. */
export type OverflowStrategy = 'dropOldest' | 'dropNewest' | 'blockProducer' | 'returnError';

export interface MailboxOptions {
  /** At most so many messages wait, reserved places of replies and timers included (INV-21). */
  readonly bound: number;
  readonly overflow: OverflowStrategy;
}

/** Methods of a port: a promise is called once, a source is opened and delivers until it is closed. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type PortMethods = Readonly<Record<string, (...args: any[]) => Promise<unknown> | Source<unknown>>>;
export type PortMap = object;

/** A port's stream of items. `open` returns the function that closes it; after `end` nothing more comes. */
export interface Source<T> {
  open(sink: { item(value: T): void; end(error?: unknown): void }): () => void;
}

/** How a port call ended. */
export type PortOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: Refusal & { readonly errorClass: ErrorClass } };

export type PromiseMethods<P> = {
  [K in keyof P]: P[K] extends (...args: never[]) => Promise<unknown> ? K : never;
}[keyof P];
export type SourceMethods<P> = {
  [K in keyof P]: P[K] extends (...args: never[]) => Source<unknown> ? K : never;
}[keyof P];
export type MethodArgs<F> = F extends (...args: infer A) => unknown ? A : never;
export type PromiseValue<F> = F extends (...args: never[]) => Promise<infer T> ? T : never;
export type SourceValue<F> = F extends (...args: never[]) => Source<infer T> ? T : never;

/** How a call or a message to an outside party is recorded and timed. */
export interface PortCallOptions {
  /** The outside party in the event record, `BitcoinNetwork` for instance. Default: `port:NAME`. */
  readonly party?: string;
  /** The message name in the event record, `BroadcastBitcoinTransaction` for instance. Default: the method's name. */
  readonly as?: string;
  readonly correlationId?: CorrelationId;
  readonly trace?: Trace;
}

export interface SendOptions {
  /** Begins or joins another story than the current message's; the cause stays the current message. */
  readonly correlationId?: CorrelationId;
  /** Goes on with a story kept from an earlier message: its correlation id and its cause. */
  readonly trace?: Trace;
}

/** How to ask. An answer that is not in the asker's own protocol `M` makes the call a compile error. */
export type AskOptions<M extends Message, Answer> = [Answer] extends [M]
  ? SendOptions & { readonly timeoutMs: number; readonly onTimeout: M }
  : { readonly answersUnknownToTheAsker: Exclude<Answer, M> };

/** What became of a send: taken, refused by `returnError`, dropped, or the producer is held until there is room. */
export type SendOutcome = 'queued' | 'refused' | 'dropped' | 'held' | 'deadLetter';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Everything a handler may do to the world. Valid only during the handler's own call. */
export interface Ctx<M extends Message, P extends PortMap = Record<never, never>> {
  readonly self: Ref<M>;
  readonly path: ActorPath;
  /** 1 for the first start at this path, one more after each restart of the actor or of its parents. */
  readonly generation: number;
  /** Whether an earlier generation was started with the same arguments: what they hold may be out of date. */
  readonly restarted: boolean;
  /** Unix time in ms by the system's clock; the same during one handler call. */
  readonly nowMs: number;
  /** The current message's story, as plain data. */
  readonly trace: Trace;
  readonly sender: ActorPath;

  tell<T extends Message>(to: Ref<T>, message: T, options?: SendOptions): SendOutcome;
  /**
   * Sends a request; the answer arrives through `receive` as an ordinary message of this actor's protocol, in a place
   * reserved for it. Exactly one of the answer and `onTimeout` arrives, unless this generation ends first.
   */
  ask<T extends Message, K extends T['type']>(
    to: Ref<T>,
    request: NoInfer<T> & { readonly type: K },
    options: AskOptions<M, AnswerOf<T, K>>,
  ): SendOutcome;
  /** Where the answer to the current message goes. */
  replyTo<R extends Message>(request: Request<R>): ReplyTo<R>;
  reply<R extends Message>(to: ReplyTo<R>, answer: R, options?: SendOptions): void;

  /**
   * Calls a port; its outcome or its time-out comes back as the messages that `done` makes of it, from the outside party.
   * A message may carry its own correlation id by `correlate`.
   */
  call<N extends keyof P & string, F extends PromiseMethods<P[N]> & string>(
    port: N,
    method: F,
    args: MethodArgs<P[N][F]>,
    options: PortCallOptions & {
      readonly timeoutMs: number;
      readonly done: (outcome: PortOutcome<PromiseValue<P[N][F]>>) => M | readonly M[];
      readonly correlate?: (message: M) => CorrelationId | undefined;
      /** Names the outside party of a single answer, when it isn't the one that was called. */
      readonly from?: (message: M) => string | undefined;
    },
  ): void;
  /** Opens a port's source; each item comes back as a message, caused by this call. Closed when this generation ends. */
  open<N extends keyof P & string, F extends SourceMethods<P[N]> & string>(
    port: N,
    method: F,
    args: MethodArgs<P[N][F]>,
    options: PortCallOptions & {
      readonly key: string;
      readonly item: (value: SourceValue<P[N][F]>) => M;
      readonly end: (outcome: PortOutcome<undefined>) => M;
      readonly correlate?: (message: M) => CorrelationId | undefined;
      readonly from?: (message: M) => string | undefined;
    },
  ): void;
  /** Closes the source that this generation opened under `key`; unknown keys are ignored. */
  close(key: string): void;

  /** Sends `message` to self after `delayMs`; a second timer under the same key replaces the first. Dies with its generation. */
  timer(key: string, delayMs: number, message: M): void;
  cancelTimer(key: string): void;

  /** Starts a child; `name` is unique among this actor's children. Its supervision policy is its behaviour's unless given. */
  spawn<S, C extends Message, A, Q extends PortMap>(behaviour: Behaviour<S, C, A, Q>, name: string, args: A): Ref<C>;
  /** Asks an actor to stop: it finishes what its mailbox holds within the policy's deadline, then ends. */
  stop(target: Ref<never> | ActorPath): void;
  /** `onTerminated` arrives once when the actor has ended for good. */
  watch(target: Ref<never>, onTerminated: M): void;
  /**
   * The address of a path, whether or not an actor lives there yet. Without the messages that its actor knows, nothing can
   * be sent to it; they are never taken from where the address goes.
   */
  refOf(path: ActorPath): Ref<never>;
  refOf<T extends Message>(path: ActorPath): Ref<T>;
  /** A uniform number in [0, 1) from the system's seeded or secure source. */
  random(): number;
  log(level: LogLevel, text: string, fields?: Readonly<Record<string, unknown>>): void;
}

/**
 * What an actor is: a name, bounds, a policy, and pure functions from state and message to state.
 * State is plain data. `A` is what it is started with, and again at each restart; `P` are the ports it may call.
 */
export interface Behaviour<S, M extends Message, A = undefined, P extends PortMap = Record<never, never>> {
  readonly name: string;
  readonly mailbox: MailboxOptions;
  readonly supervision: SupervisionPolicy;
  /** Message types of the control lane: they pass a full mailbox and overtake what waits (INV-22). */
  readonly control?: readonly M['type'][];
  /** Which system messages this actor gets: about its children, and new settings. The others never reach it. */
  readonly observes?: readonly Extract<M['type'], 'ActorStarted' | 'ActorStopped' | 'ConfigUpdate'>[];
  init(args: A, ctx: Ctx<M, P>): S;
  receive(state: S, message: M, ctx: Ctx<M, P>): S;
  /** Runs once when a graceful stop has drained the mailbox. */
  onStop?(state: S, ctx: Ctx<M, P>): void;
  /** What the operator sees of the state, as JSON-like data (amounts as decimal text); called only while somebody looks. */
  view?(state: S): unknown;
  /** The current state's name in the actor's declared machine. */
  machineState?(state: S): string;
}
