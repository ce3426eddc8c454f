import { z } from 'zod';
import type { RestartStrategy, SupervisionPolicy } from '../kernel/supervision.ts';
import { type ActorPolicy, actorPolicies } from './supervision.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const ms = (min: number, max: number) => z.number().int().min(min).max(max);

/** How SupervisorActor watches over its children. */
const healthCheckSchema = z.strictObject({
  everyMs: ms(100, 600_000).default(10_000),
  /** Later is no answer; less than `everyMs`. */
  answerWithinMs: ms(50, 600_000).default(5_000),
  /** An actor hangs that has waited so long for an outside party or another's mailbox, or lets messages wait so long. */
  hangsAfterMs: ms(100, HOUR_MS).default(20_000),
});
export type HealthCheckSettings = z.infer<typeof healthCheckSchema>;

const strategySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('immediate') }),
  z.strictObject({
    kind: z.literal('backoff'),
    initialMs: ms(1, HOUR_MS),
    /** Not below `initialMs`. */
    maxMs: ms(1, HOUR_MS),
    factor: z.number().min(1).max(10),
    /** The share of a delay that is random. */
    jitter: z.number().min(0).max(1),
  }),
  z.strictObject({
    kind: z.literal('circuitBreaker'),
    failures: z.number().int().min(1).max(1_000),
    openMs: ms(1, HOUR_MS),
    probes: z.number().int().min(1).max(1_000),
  }),
  z.strictObject({ kind: z.literal('terminate') }),
]) satisfies z.ZodType<RestartStrategy>;

/** What differs from an actor's defaults. Logic errors are bugs: what answers them can't be chosen. */
const actorSchema = z.strictObject({
  mailbox: z
    .strictObject({
      bound: z.number().int().min(100).max(1_000_000).optional(),
      overflow: z.enum(['blockProducer', 'returnError', 'dropOldest', 'dropNewest']).optional(),
    })
    .optional(),
  network: strategySchema.optional(),
  service: strategySchema.optional(),
  cascading: strategySchema.optional(),
  limit: z.strictObject({ restarts: z.number().int().min(0).max(1_000), windowMs: ms(1_000, DAY_MS) }).optional(),
  exceeded: z.enum(['escalate', 'terminate']).optional(),
  stopDeadlineMs: ms(100, 600_000).optional(),
});
export type ActorSettings = z.infer<typeof actorSchema>;

/** The behaviours of a node; operations, of which there are many, have one for each kind. */
export type ActorName = keyof typeof actorPolicies;
export const actorNames = Object.keys(actorPolicies) as readonly ActorName[];

/** What the local file says of supervision; what it leaves out is as protocol.md has it. */
export const supervisionSchema = z.strictObject({
  healthCheck: healthCheckSchema.prefault({}),
  actors: z.partialRecord(z.enum(actorNames), actorSchema).default({}),
});
export type SupervisionSettings = z.infer<typeof supervisionSchema>;

export const defaultSupervision: SupervisionSettings = supervisionSchema.parse({});

/** An actor's bounds and policy: the defaults, with what the settings say instead. */
export function policyOf(name: ActorName, { actors }: SupervisionSettings): ActorPolicy {
  const { mailbox, supervision }: ActorPolicy = actorPolicies[name];
  const settings = actors[name];
  if (settings === undefined) return { mailbox, supervision };
  const { mailbox: own, ...changed } = settings;
  return {
    mailbox: { bound: own?.bound ?? mailbox.bound, overflow: own?.overflow ?? mailbox.overflow },
    supervision: { ...supervision, ...given(changed) },
  };
}

/** Without the fields that are there and undefined. */
const given = (changed: Omit<ActorSettings, 'mailbox'>): Partial<SupervisionPolicy> =>
  Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
