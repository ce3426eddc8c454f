/** Bounds of the wallet's surface. Source: invariants.md, "Open surfaces". */
export const LIMITS = {
  /** Bytes of one HTTP body or WebSocket message. */
  bodyBytes: 1024 * 1024,
  /** Requests in a batch. */
  batch: 100,
  /** Nested lists and objects in a body. */
  depth: 32,
  /** Characters of an answer, all of a batch together. Source: geth, `BatchResponseMaxSize`. */
  responseCharacters: 25_000_000,
  /** Until what is left of a body, all of a batch together, is answered with an error. */
  bodyMs: 30_000,
  /** Until a client has sent its whole request. */
  receiveMs: 10_000,
  /** Requests in work at a time: of one client, of all, and what each may have when all have so many. */
  inWorkOfClient: 256,
  inWork: 512,
  shareOfClient: 4,
  /** Connections, HTTP and WebSocket together. */
  connections: 512,
  webSockets: 128,
  /** Subscriptions of one WebSocket. */
  subscriptions: 64,
  /** Notifications of one WebSocket that wait to be read from the execution client; a client with more is cut off. */
  unsentNotifications: 16_384,
  /** Bytes that a WebSocket's client may leave unread before it is cut off. */
  unreadBytes: 8 * 1024 * 1024,
} as const;
