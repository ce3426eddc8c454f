import type { PortOutcome } from './behaviour.ts';
import type { AnyBehaviour } from './actor-kind.ts';
import type { CorrelationId, Message } from './envelope.ts';
import type { QueuedEnvelope } from './queue.ts';

/** How the answer of a port call becomes messages. */
export interface CallReaction {
  readonly timeoutMs: number;
  readonly done: (outcome: PortOutcome<never>) => Message | readonly Message[];
  readonly correlate?: ((message: never) => CorrelationId | undefined) | undefined;
  readonly from?: ((message: never) => string | undefined) | undefined;
}

/** How the items of a source become messages. */
export interface SourceReaction {
  readonly key: string;
  readonly item: (value: never) => Message;
  readonly end: (outcome: PortOutcome<undefined>) => Message;
  readonly correlate?: ((message: never) => CorrelationId | undefined) | undefined;
  readonly from?: ((message: never) => string | undefined) | undefined;
}

/** A method of a port with its arguments, and the envelope under which the record shows it. */
export interface PortRequest {
  readonly invoke: () => unknown;
  readonly party: string;
  readonly envelope: QueuedEnvelope;
}

/** What a handler asked for besides sending: plain data until the handler has returned. */
export type Effect =
  | { readonly op: 'ask'; readonly envelope: QueuedEnvelope; readonly timeoutMs: number; readonly onTimeout: Message }
  | { readonly op: 'call'; readonly request: PortRequest; readonly reaction: CallReaction }
  | { readonly op: 'open'; readonly request: PortRequest; readonly reaction: SourceReaction }
  | { readonly op: 'close'; readonly key: string }
  | { readonly op: 'timer'; readonly key: string; readonly delayMs: number; readonly message: Message }
  | { readonly op: 'cancelTimer'; readonly key: string }
  | {
      readonly op: 'spawn';
      readonly id: number;
      readonly path: string;
      readonly name: string;
      readonly behaviour: AnyBehaviour;
      readonly args: unknown;
    }
  | { readonly op: 'stop'; readonly path: string }
  | { readonly op: 'watch'; readonly path: string; readonly message: Message };
