import type { OverflowStrategy } from '../../../../node-core/kernel/behaviour.ts';
import type { ErrorClass } from '../../../../node-core/primitives/errors.ts';
import type { RestartScope } from '../../../../node-core/kernel/supervision.ts';

/** What the actors of the model are made of; the real ones are made of the same numbers. */
export const BOUND = 6;
export const LIMIT = { restarts: 3, windowMs: 10_000 };
export const BREAKER = { failures: 2, openMs: 1_009, probes: 2 };
export const MAX_BACKOFF_MS = 1_511;
export const TIMER_MS = 53;
export const ASK_MS = 97;

export interface ModelKind {
  readonly overflow: OverflowStrategy;
  readonly scope: RestartScope;
  readonly backoffMs: number;
}

/** What an actor may be told. A `Question` is answered; `to` names the other actor. */
export type ModelMessage =
  | { readonly type: 'Plain' | 'Timer' | 'Question' | 'Answer' | 'AskTimedOut' | 'TimerFired' | 'Gone' }
  | { readonly type: 'Crash'; readonly errorClass: ErrorClass }
  | { readonly type: 'Ask' | 'Watch'; readonly to: string };

export interface Item {
  readonly message: ModelMessage;
  /** Of what is valid for one generation only. */
  readonly generation: number | null;
  /** Of a question. */
  readonly asker: { readonly path: string; readonly generation: number; readonly id: number } | null;
}

export interface ModelActor {
  readonly path: string;
  readonly kind: ModelKind;
  lifecycle: 'Running' | 'Stopping' | 'Restarting' | 'Terminated';
  /** Terminated, to live again with the sibling whose failure it shares. */
  waits: boolean;
  generation: number;
  suspended: boolean;
  /** Of one that stops: an operator restarts it. */
  livesAgain: boolean;
  queue: Item[];
  door: Item[];
  reserved: number;
  handled: number;
  /** In this generation. */
  state: string[];
  dropped: number;
  crashes: number;
  restarts: number;
  restartsMs: number[];
  breaker: 'closed' | 'open' | 'halfOpen';
  breakerFailures: number;
  probesLeft: number;
  restartAtMs: number | null;
  group: string[];
  timerAtMs: number | null;
  asks: { readonly id: number; readonly atMs: number }[];
  watchers: { readonly path: string; readonly generation: number }[];
}

export const newActor = (path: string, kind: ModelKind, generation: number): ModelActor => ({
  path,
  kind,
  lifecycle: 'Running',
  waits: false,
  generation,
  suspended: false,
  livesAgain: false,
  queue: [],
  door: [],
  reserved: 0,
  handled: 0,
  state: [],
  dropped: 0,
  crashes: 0,
  restarts: 0,
  restartsMs: [],
  breaker: 'closed',
  breakerFailures: 0,
  probesLeft: 0,
  restartAtMs: null,
  group: [],
  timerAtMs: null,
  asks: [],
  watchers: [],
});
