/** Anything an actor can be sent: plain data with a `type`, which is its name in the founding document. */
export interface Message {
  readonly type: string;
}

/** `ChainActor`, or `BridgeActor/peg-in:…` for a child; an outside party is named alone: `AuraTimer`, `Peer:12D3…`. */
export type ActorPath = string;

/** Groups every message of one story (a slot, a peg operation, a transaction). It lives in envelopes, never in payloads. */
export type CorrelationId = string;

/** What the kernel writes around every message. Source: communication-flows.md, section 7; `seq` and `cause` make a trace a tree. */
export interface MessageEnvelope<T extends Message = Message> {
  /** Message id: position in this system's event record, from 1. */
  readonly seq: number;
  readonly correlationId: CorrelationId;
  /** Unix time in ms at which it was sent, by the system's clock. */
  readonly timestampMs: number;
  readonly sender: ActorPath;
  readonly messageType: string;
  readonly payload: T;
  /** `seq` of the message whose handling sent this one; null when an outside party began it. */
  readonly cause: number | null;
}

/** A place in a trace, as plain data: keep it in state to go on with a story when its next step comes from elsewhere. */
export interface Trace {
  readonly correlationId: CorrelationId;
  readonly cause: number | null;
}
