/** Bounds of this node's side of the network. */
export interface PeersLimits {
  /** Places for peers that the network file doesn't name; those it names always have theirs. */
  readonly publicPlaces: number;
  /** A peer says hello within this time, or is sent away. */
  readonly helloTimeoutMs: number;
  /** A whole answer, and the time that this node's actors have for theirs. */
  readonly requestTimeoutMs: number;
  /** A whole answer of blocks, in bytes, asked for or given. */
  readonly maxResponseBytes: number;
  /** Requests of peers that wait for this node's actors. */
  readonly maxPendingRequests: number;
  /** Malformed messages within `banMs` that end a connection. */
  readonly strikes: number;
  /** How long a peer that was sent away stays away. */
  readonly banMs: number;
  /** A lost bootstrap peer is dialled again after this time, doubled at each failure up to the highest, 10% jitter. */
  readonly redialInitialMs: number;
  readonly redialMaxMs: number;
}

export const defaultPeersLimits: PeersLimits = {
  publicPlaces: 8,
  helloTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  maxResponseBytes: 16 * 1_048_576,
  maxPendingRequests: 64,
  strikes: 3,
  banMs: 60_000,
  redialInitialMs: 1_000,
  redialMaxMs: 30_000,
};
