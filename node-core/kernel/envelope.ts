/** Anything an actor can be sent: plain data with a `type`, which is its name in the founding document. */
export interface Message {
  readonly type: string;
}

/** `ChainActor`, or `BridgeActor/peg-in:…` for a child; an outside party is named alone: `AuraTimer`, `Peer:12D3…`. */
export type ActorPath = string;

/** Groups every message of one story (a slot, a peg operation, a transaction). It lives in envelopes, never in payloads. */
export type CorrelationId = string;

/** A place in a trace, as plain data: keep it in state to go on with a story when its next step comes from elsewhere. */
export interface Trace {
  readonly correlationId: CorrelationId;
  readonly cause: number | null;
}
