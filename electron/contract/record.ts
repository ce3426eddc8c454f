import { z } from 'zod';
import { count, fields, list, timeMs } from './values.ts';

export const lifecycleState = z.enum(['Initializing', 'Running', 'Failed', 'Restarting', 'Stopping', 'Terminated']);
export type LifecycleState = z.infer<typeof lifecycleState>;

export const recordedMessage = z.strictObject({
  seq: count,
  atMs: timeMs,
  from: z.string(),
  to: z.string(),
  type: z.string(),
  correlationId: z.string(),
  cause: count.nullable(),
  queueWaitUs: z.number(),
  handlingUs: z.number(),
  outcome: z.enum(['handled', 'crashed', 'dropped', 'refused', 'deadLetter', 'staleGeneration', 'sent']),
});
export type RecordedMessage = z.infer<typeof recordedMessage>;

export const recordedLifecycle = z.strictObject({
  seq: count,
  atMs: timeMs,
  path: z.string(),
  from: lifecycleState.nullable(),
  to: lifecycleState,
  generation: count,
  reason: z.string().nullable(),
});
export type RecordedLifecycle = z.infer<typeof recordedLifecycle>;

export const logLevel = z.enum(['debug', 'info', 'warn', 'error']);
export type LogLevel = z.infer<typeof logLevel>;

export const logLine = z.strictObject({
  seq: count,
  atMs: timeMs,
  path: z.string(),
  level: logLevel,
  text: z.string(),
  fields,
  correlationId: z.string(),
  line: count,
});
export type LogLine = z.infer<typeof logLine>;

const durations = z.strictObject({ p50Us: z.number(), p99Us: z.number(), maxUs: z.number() });

/** Of the messages of one type at one actor. */
export const typeTimes = z.strictObject({ type: z.string(), count, queueWait: durations, handling: durations });

export const actorRow = z.strictObject({
  path: z.string(),
  parent: z.string().nullable(),
  behaviour: z.string(),
  lifecycle: lifecycleState,
  suspended: z.boolean(),
  generation: count,
  restarts: count,
  breaker: z.enum(['closed', 'open', 'halfOpen']),
  mailbox: z.strictObject({
    depth: count,
    bound: count,
    overflow: z.string(),
    highWater: count,
    reserved: count,
    atDoor: count,
  }),
  handled: count,
  dropped: count,
  refused: count,
  deadLetters: count,
  crashes: count,
  queueWait: durations,
  handling: durations,
  machineState: z.string().nullable(),
  lastError: z.strictObject({ atMs: timeMs, code: z.string(), message: z.string(), stack: z.string() }).nullable(),
  messagesPerSecond: z.number(),
});
export type ActorRow = z.infer<typeof actorRow>;

export const machinePicture = z.strictObject({
  id: z.string(),
  initial: z.string(),
  states: list(z.string()),
  finalStates: list(z.string()),
  arrows: list(z.strictObject({ from: z.string(), event: z.string(), to: z.string() })),
});
export type MachinePicture = z.infer<typeof machinePicture>;
