import { z } from 'zod';
import { chainModel, executionModel } from './chain-models.ts';
import {
  actorPanel,
  auditTrail,
  devnetModel,
  flowGraph,
  logPage,
  messageBatch,
  networkModel,
  overview,
  recentMessages,
  sequenceDiagram,
  traceList,
  treeModel,
} from './models.ts';
import { caseFile, pegTable } from './peg-models.ts';
import { logLevel } from './record.ts';

const search = z.string().max(200);
const path = z.string().min(1).max(300);
const none = z.strictObject({});
const filter = z.strictObject({ actor: search, type: search, correlationId: search });

/**
 * What a window may watch: parameters in, models out. A subscriber gets a snapshot at once and then one update for
 * each change, at most ten a second; what it doesn't watch is not computed.
 */
export const topics = {
  overview: { params: none, data: overview },
  tree: { params: none, data: treeModel },
  actor: { params: z.strictObject({ path }), data: actorPanel.nullable() },
  flow: { params: none, data: flowGraph },
  messages: { params: filter, data: messageBatch },
  recent: { params: filter.extend({ limit: z.number().int().min(1).max(500) }), data: recentMessages },
  traces: {
    params: z.strictObject({ search, foundingOnly: z.boolean(), limit: z.number().int().min(1).max(200) }),
    data: traceList,
  },
  trace: { params: z.strictObject({ correlationId: path }), data: sequenceDiagram },
  pegs: {
    params: z.strictObject({
      search,
      kind: z.enum(['all', 'pegIn', 'pegOut']),
      status: z.enum(['all', 'pending', 'completed', 'rejected']),
      offset: z.number().int().min(0).max(10_000_000),
      limit: z.number().int().min(1).max(200),
    }),
    data: pegTable,
  },
  operation: { params: z.strictObject({ id: path }), data: caseFile.nullable() },
  chain: { params: none, data: chainModel },
  execution: { params: none, data: executionModel },
  network: { params: none, data: networkModel },
  logs: {
    params: z.strictObject({
      level: logLevel,
      actor: search,
      pattern: search,
      limit: z.number().int().min(1).max(2000),
    }),
    data: logPage,
  },
  audit: { params: none, data: auditTrail },
  devnet: { params: none, data: devnetModel.nullable() },
} as const satisfies Record<string, { readonly params: z.ZodType; readonly data: z.ZodType }>;

export type Topic = keyof typeof topics;
export type TopicParams<T extends Topic> = z.infer<(typeof topics)[T]['params']>;
export type TopicData<T extends Topic> = z.infer<(typeof topics)[T]['data']>;
export const isTopic = (name: string): name is Topic => Object.hasOwn(topics, name);
