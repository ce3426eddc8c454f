import { z } from 'zod';

const ms = (min: number, max: number) => z.number().int().min(min).max(max);

/** How SupervisorActor watches over its children. */
const healthCheckSchema = z.strictObject({
  everyMs: ms(100, 600_000).default(10_000),
  /** Later is no answer; less than `everyMs`. */
  answerWithinMs: ms(50, 600_000).default(5_000),
  /** An actor hangs that has waited so long for an outside party or another's mailbox, or lets messages wait so long. */
  hangsAfterMs: ms(100, 3_600_000).default(20_000),
});
export type HealthCheckSettings = z.infer<typeof healthCheckSchema>;

/** What the local file says of supervision; what it leaves out is as protocol.md has it. */
export const supervisionSchema = z.strictObject({ healthCheck: healthCheckSchema.prefault({}) });
export type SupervisionSettings = z.infer<typeof supervisionSchema>;

export const defaultSupervision: SupervisionSettings = supervisionSchema.parse({});
