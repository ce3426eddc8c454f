import { z } from 'zod';
import { blockDetail } from './chain-models.ts';
import { count } from './values.ts';

const reason = z.string().trim().min(1).max(500);
const path = z.string().min(1).max(300);
const done = z.strictObject({});
/** 1 sat to 21 million BTC; the bridge's own limits are checked by the node. */
const amountSats = z.string().regex(/^[1-9]\d{0,15}$/);

/** What a window may ask for or do, once each: the body in, the result out. */
export const requests = {
  'node.start': { body: z.strictObject({ reason }), result: done },
  'node.stop': { body: z.strictObject({ reason }), result: done },
  'node.halt': { body: z.strictObject({ reason }), result: done },
  /** `confirmation` is the phrase of the greeting, typed by hand. */
  'node.resume': { body: z.strictObject({ reason, confirmation: z.string().max(100) }), result: done },
  'bridge.endFreeze': { body: z.strictObject({ reason }), result: done },
  /** `settings`: JSON text with those to change. Refused with the client's reasons, which changes nothing. */
  'execution.configure': { body: z.strictObject({ settings: z.string().min(2).max(4096), reason }), result: done },
  /** `path` of the copy, on the node's own disk. */
  'store.backup': { body: z.strictObject({ reason }), result: z.strictObject({ path: z.string() }) },
  /** Refused with what was found when the store is damaged. */
  'store.check': { body: z.strictObject({ reason }), result: done },
  'actor.restart': { body: z.strictObject({ path, reason }), result: done },
  'actor.suspend': { body: z.strictObject({ path, reason }), result: done },
  'actor.resume': { body: z.strictObject({ path, reason }), result: done },
  'devnet.deposit': { body: z.strictObject({ amountSats }), result: z.strictObject({ txid: z.string() }) },
  'devnet.burn': {
    body: z.strictObject({ amountSats, destination: z.string().min(1).max(100).optional() }),
    result: z.strictObject({ evmTxHash: z.string() }),
  },
  'devnet.mine': {
    body: z.strictObject({ blocks: z.number().int().min(1).max(100) }),
    result: z.strictObject({ height: count }),
  },
  'devnet.links': { body: z.strictObject({ links: z.enum(['cut', 'joined']) }), result: done },
  /** JSON text of a message's payload; null when it is no longer held. */
  'message.payload': {
    body: z.strictObject({ seq: count }),
    result: z.strictObject({ payload: z.string().nullable() }),
  },
  'trace.mermaid': { body: z.strictObject({ correlationId: path }), result: z.strictObject({ text: z.string() }) },
  'chain.block': { body: z.strictObject({ height: count }), result: blockDetail.nullable() },
  /** A support bundle as JSON text: logs, messages without payloads, config without secrets, audit, versions. */
  'logs.export': { body: z.strictObject({}), result: z.strictObject({ fileName: z.string(), text: z.string() }) },
} as const satisfies Record<string, { readonly body: z.ZodType; readonly result: z.ZodType }>;

export type Channel = keyof typeof requests;
export type RequestBody<C extends Channel> = z.infer<(typeof requests)[C]['body']>;
export type RequestResult<C extends Channel> = z.infer<(typeof requests)[C]['result']>;
export const isChannel = (name: string): name is Channel => Object.hasOwn(requests, name);
