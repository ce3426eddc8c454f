import type { HealthCheckSettings } from '../config/supervision-settings.ts';
import type { Ctx } from '../kernel/behaviour.ts';
import type { ActorPath } from '../kernel/envelope.ts';
import type { ActorStarted, ActorStopped, HealthCheck, HealthReport } from '../kernel/system-messages.ts';
import type { SupervisorMessage } from '../protocol/supervisor.ts';
import type { ChildHealth } from '../protocol/views.ts';

/** SupervisorActor's eyes on its children, by path in the order of their first start. */
export type Watched = Map<ActorPath, ChildHealth>;

type SupervisorCtx = Ctx<SupervisorMessage>;

export const nextCheck = ({ everyMs }: HealthCheckSettings, ctx: SupervisorCtx): void => {
  ctx.timer('health-check', everyMs, { type: 'HealthCheckDue' });
};

/** Asks every child that lives how it is. */
export function checkChildren(watched: Watched, settings: HealthCheckSettings, ctx: SupervisorCtx): void {
  for (const [path, { ended }] of watched) {
    if (ended) continue;
    ctx.ask(
      ctx.refOf<HealthCheck>(path),
      { type: 'HealthCheck' },
      { timeoutMs: settings.answerWithinMs, onTimeout: { type: 'HealthCheckTimeout', path } },
    );
  }
  nextCheck(settings, ctx);
}

export function onStarted(watched: Watched, { path, generation }: ActorStarted, ctx: SupervisorCtx): void {
  const known = watched.get(path);
  if (known !== undefined) ctx.log('info', `${path} has started again`, { generation });
  watched.set(path, { path, generation, ended: false, answeredAtMs: null, trouble: null, sinceMs: null, doing: null });
}

export function onStopped(watched: Watched, { path, generation, reason }: ActorStopped, ctx: SupervisorCtx): void {
  const known = watched.get(path);
  if (known !== undefined) watched.set(path, { ...known, ended: true, trouble: null, sinceMs: null });
  if (reason === null) ctx.log('info', `${path} has stopped`, { generation });
  else ctx.log('error', `${path} has ended for good: ${reason}`, { generation });
}

export function onReport(
  watched: Watched,
  report: HealthReport,
  { hangsAfterMs }: HealthCheckSettings,
  ctx: SupervisorCtx,
): void {
  const doing = activityOf(report);
  const trouble = hangs(report, ctx.nowMs, hangsAfterMs) ? `${report.path} hangs: it ${doing}` : null;
  change(watched, report.path, { generation: report.generation, answeredAtMs: ctx.nowMs, doing }, trouble, ctx);
}

export function onSilence(
  watched: Watched,
  path: ActorPath,
  { answerWithinMs }: HealthCheckSettings,
  ctx: SupervisorCtx,
): void {
  const doing = watched.get(path)?.doing;
  const last = doing === undefined || doing === null ? 'it never has' : `when it last did, it ${doing}`;
  const trouble = `${path} does not answer its health check within ${answerWithinMs} ms; ${last}`;
  change(watched, path, {}, trouble, ctx);
}

/** Keeps what is known of a child; trouble is said when it begins and when it is over. */
function change(
  watched: Watched,
  path: ActorPath,
  news: Partial<ChildHealth>,
  trouble: string | null,
  ctx: SupervisorCtx,
): void {
  const known = watched.get(path);
  if (known === undefined || known.ended) return;
  const wasFine = known.trouble === null;
  if (trouble !== null && wasFine) ctx.log('warn', trouble);
  if (trouble === null && !wasFine) ctx.log('info', `${path} is well again`);
  watched.set(path, { ...known, ...news, trouble, sinceMs: trouble === null ? null : (known.sinceMs ?? ctx.nowMs) });
}

function hangs(report: HealthReport, nowMs: number, afterMs: number): boolean {
  const { suspended, waiting, pendingCalls, heldBy, lastHandledAtMs } = report;
  if (pendingCalls.some(({ forMs }) => forMs >= afterMs)) return true;
  const idleMs = lastHandledAtMs === null ? 0 : nowMs - lastHandledAtMs;
  return !suspended && idleMs >= afterMs && (waiting > 0 || heldBy.length > 0);
}

/** What it was doing, as the rest of a sentence. */
function activityOf({ suspended, waiting, pendingCalls, heldBy }: HealthReport): string {
  const parts = [
    ...(suspended ? ['is suspended'] : []),
    ...(heldBy.length > 0 ? [`is held by the full mailbox of ${heldBy.join(', ')}`] : []),
    ...pendingCalls
      .toSorted((a, b) => b.forMs - a.forMs)
      .slice(0, MAX_CALLS_TOLD)
      .map(({ party, type, forMs }) => `waits for ${party} to answer ${type} for ${Math.round(forMs / 1_000)} s`),
    ...(waiting > 0 ? [`has ${waiting} messages waiting`] : []),
  ];
  return parts.length === 0 ? 'waited for messages' : parts.join(', ');
}

/** More of the calls that an actor waits for would say nothing new. */
const MAX_CALLS_TOLD = 3;
