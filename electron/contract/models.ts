import { z } from 'zod';
import { blockSummary, haltCause, slotEntry } from './chain-models.ts';
import { pegTotals, solvency } from './peg-models.ts';
import {
  actorRow,
  lifecycleState,
  logLine,
  machinePicture,
  recordedLifecycle,
  recordedMessage,
  typeTimes,
} from './record.ts';
import { amountText, count, list, timeMs } from './values.ts';

const link = z.enum(['connecting', 'connected', 'waiting', 'circuitOpen']);

export const overview = z.strictObject({
  health: z.strictObject({
    level: z.enum(['healthy', 'degraded', 'halted', 'stopped']),
    headline: z.string(),
    reasons: list(
      z.strictObject({
        severity: z.enum(['critical', 'warning']),
        text: z.string(),
        risk: z.string(),
        action: z.string(),
        sinceMs: timeMs.nullable(),
        screen: z.enum(['overview', 'tree', 'pegs', 'chain', 'network', 'governance']),
      }),
    ),
  }),
  node: z.strictObject({
    name: z.string(),
    network: z.string(),
    chainId: count,
    version: z.string(),
    running: z.boolean(),
    startedAtMs: timeMs.nullable(),
    rpcUrl: z.string().nullable(),
  }),
  haltCauses: list(haltCause),
  frozen: z.boolean(),
  slots: z
    .strictObject({
      slot: count,
      slotDurationMs: count,
      authorityIndex: count.nullable(),
      authorityCount: count,
      recentSlots: list(slotEntry),
      authorities: list(z.string()),
    })
    .nullable(),
  head: blockSummary.nullable(),
  finalized: blockSummary.nullable(),
  bitcoin: z.strictObject({ height: count, hash: z.string(), scannedHeight: count.nullable() }).nullable(),
  peers: z.strictObject({ connected: count, expected: count, names: list(z.string()) }).nullable(),
  governance: z
    .strictObject({
      link,
      roundTripMs: z.number().nullable(),
      failures: count,
      nextAttemptMs: timeMs.nullable(),
      endpoint: z.string(),
      members: count,
    })
    .nullable(),
  pegs: pegTotals.nullable(),
  reserve: solvency.nullable(),
  reserveHistory: list(z.strictObject({ atMs: timeMs, reserveSats: amountText, liabilitiesSats: amountText })),
  actors: z.strictObject({ total: count, running: count, messagesPerSecond: z.number() }),
});
export type Overview = z.infer<typeof overview>;

export const treeModel = z.strictObject({ actors: list(actorRow), changes: list(recordedLifecycle) });
export type TreeModel = z.infer<typeof treeModel>;

export const actorPanel = z.strictObject({
  actor: actorRow,
  machine: machinePicture.nullable(),
  lifecycle: machinePicture,
  view: z.string().nullable(),
  times: list(typeTimes),
  recent: list(recordedMessage),
  changes: list(recordedLifecycle),
  logs: list(logLine),
  radius: z.strictObject({ children: list(z.string()), waitingMessages: count, meanwhile: z.string() }),
});
export type ActorPanel = z.infer<typeof actorPanel>;

export const flowGraph = z.strictObject({
  nodes: list(
    z.strictObject({
      id: z.string(),
      kind: z.enum(['actor', 'outside']),
      lifecycle: lifecycleState.nullable(),
      suspended: z.boolean(),
      depth: count,
      children: count,
    }),
  ),
  edges: list(
    z.strictObject({ from: z.string(), to: z.string(), perSecond: z.number(), total: count, topType: z.string() }),
  ),
});
export type FlowGraph = z.infer<typeof flowGraph>;

/** Messages since the last batch: a sample to be drawn one by one; all others only counted. */
export const messageBatch = z.strictObject({
  sample: list(
    z.strictObject({
      seq: count,
      atMs: timeMs,
      from: z.string(),
      to: z.string(),
      type: z.string(),
      failed: z.boolean(),
    }),
  ),
  /** Since the subscription began: `received = shown + aggregated + dropped`, exactly. */
  counters: z.strictObject({ received: count, shown: count, aggregated: count, dropped: count }),
});
export type MessageBatch = z.infer<typeof messageBatch>;

export const recentMessages = z.strictObject({ messages: list(recordedMessage) });

export const traceList = z.strictObject({
  traces: list(
    z.strictObject({
      correlationId: z.string(),
      firstType: z.string(),
      flow: z.string().nullable(),
      firstAtMs: timeMs,
      lastAtMs: timeMs,
      messages: count,
    }),
  ),
});
export type TraceList = z.infer<typeof traceList>;

export const sequenceDiagram = z.strictObject({
  correlationId: z.string(),
  flow: z.string().nullable(),
  verdict: z.enum(['conforms', 'running', 'departs', 'none']),
  detail: z.string(),
  departsAfterSeq: count.nullable(),
  participants: list(z.string()),
  messages: list(recordedMessage.extend({ arrow: count.nullable(), reply: z.boolean() })),
  omitted: count,
});
export type SequenceDiagram = z.infer<typeof sequenceDiagram>;

export const networkModel = z.strictObject({
  network: z
    .strictObject({
      peerId: z.string(),
      listen: list(z.string()),
      peers: list(
        z.strictObject({
          peer: z.string(),
          name: z.string().nullable(),
          address: z.string(),
          direction: z.enum(['inbound', 'outbound']),
          headHeight: count.nullable(),
          latencyMs: z.number().nullable(),
          connectedAtMs: timeMs,
        }),
      ),
    })
    .nullable(),
  sync: z
    .strictObject({
      state: z.enum(['Idle', 'Syncing']),
      targetHeight: count.nullable(),
      importedHeight: count.nullable(),
      ranges: list(
        z.strictObject({ from: count, to: count, peer: z.string(), status: z.enum(['requested', 'received']) }),
      ),
    })
    .nullable(),
  governance: z
    .strictObject({
      link,
      endpoint: z.string(),
      epoch: count,
      connectedSinceMs: timeMs.nullable(),
      nextAttemptMs: timeMs.nullable(),
      failures: count,
      roundTripMs: z.number().nullable(),
      pendingApprovals: count,
      pendingSignatures: count,
      members: list(z.strictObject({ member: count, name: z.string(), lastAnswerMs: timeMs.nullable() })),
      recent: list(
        z.strictObject({ atMs: timeMs, direction: z.enum(['in', 'out']), kind: z.string(), outcome: z.string() }),
      ),
    })
    .nullable(),
  headHeight: count.nullable(),
});
export type NetworkModel = z.infer<typeof networkModel>;

export const logPage = z.strictObject({
  lines: list(logLine),
  matching: count,
  held: count,
  dropped: count,
  patternError: z.string().nullable(),
});
export type LogPage = z.infer<typeof logPage>;

export const auditTrail = z.strictObject({
  /** Of the whole log: how many entries hold, and the number of the first that doesn't. Null until it was verified. */
  verdict: z.strictObject({ entries: count, brokenAt: count.nullable() }).nullable(),
  entries: list(
    z.strictObject({
      sequence: count,
      atMs: timeMs,
      actor: z.string(),
      action: z.string(),
      reason: z.string(),
      detail: z.string(),
      previousHash: z.string(),
      hash: z.string(),
    }),
  ),
});
export type AuditTrail = z.infer<typeof auditTrail>;

export const devnetModel = z.strictObject({
  bitcoinAddress: z.string(),
  bitcoinBalanceSats: amountText,
  evmAddress: z.string(),
  evmBalanceWei: amountText,
  nodes: list(z.string()),
  links: z.enum(['cut', 'joined']),
});
export type DevnetModel = z.infer<typeof devnetModel>;
