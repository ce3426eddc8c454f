import { z } from 'zod';
import { count, list } from './values.ts';

/** Bounds of one connection. A frame is JSON text; more than this is refused before it is read. */
export const limits = {
  clientFrameChars: 16_384,
  subscriptions: 32,
  pendingRequests: 64,
  /** Nesting that no body needs. */
  depth: 8,
} as const;

const id = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

/** What a window sends. `params` and `body` are checked by their topic's and channel's own schema. */
export const clientFrame = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('request'), id, channel: z.string().max(64), body: z.unknown() }),
  z.strictObject({ kind: z.literal('subscribe'), id, topic: z.string().max(64), params: z.unknown() }),
  z.strictObject({ kind: z.literal('unsubscribe'), id }),
  /** The window has shown update `frame`: until then it is sent no other. */
  z.strictObject({ kind: z.literal('ack'), frame: id }),
]);
export type ClientFrame = z.infer<typeof clientFrame>;

const failure = z.strictObject({ code: z.string(), message: z.string() });
export type Failure = z.infer<typeof failure>;

export const greeting = z.strictObject({
  nodeName: z.string(),
  networkName: z.string(),
  chainId: count,
  version: z.string(),
  devnet: z.boolean(),
  resumePhrase: z.string(),
  host: z.enum(['desktop', 'browser']),
});
export type Greeting = z.infer<typeof greeting>;

/** What a window receives. */
export const serverFrame = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('greeting'), greeting }),
  z.strictObject({ kind: z.literal('result'), id, result: z.unknown() }),
  z.strictObject({ kind: z.literal('failure'), id, error: failure }),
  z.strictObject({
    kind: z.literal('updates'),
    frame: id,
    /** `data` is of the subscription's topic. */
    updates: list(z.strictObject({ id, data: z.unknown() })),
  }),
  /** A frame that could not be answered by id. */
  z.strictObject({ kind: z.literal('refused'), error: failure }),
]);
export type ServerFrame = z.infer<typeof serverFrame>;

/** The same two functions over a WebSocket and over Electron's IPC. */
export interface FrameChannel {
  send(text: string): void;
  /** One listener; returns what ends it. */
  listen(listener: (text: string) => void): () => void;
}
