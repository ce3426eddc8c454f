import type { ExecutionReconfigured, UpdateExecutionConfig } from '../../protocol/engine.ts';
import type { StorageAnswer } from '../../protocol/storage.ts';
import { type EngineCtx, type EngineState, party } from './state.ts';

const RECONFIGURE_TIMEOUT_MS = 10_000;
const STORE_TIMEOUT_MS = 40_000;
/** Where the store keeps every change that was taken, as one. */
const NAME = 'execution-settings';
const KEY = 'settings';
/** More of a refused change than this is not worth keeping. */
const MAX_AUDITED = 4096;

type Settings = Readonly<Record<string, unknown>>;

/** What was changed before this start is changed again. */
export function loadSettings(storage: EngineState['storage'], ctx: EngineCtx): void {
  ctx.ask(
    storage,
    { type: 'GetValue', key: KEY, name: NAME },
    { timeoutMs: STORE_TIMEOUT_MS, onTimeout: { type: 'SettingsTimeout' } },
  );
}

/** Hands new limits and prices to the client, which judges them. */
export function reconfigure({ config }: UpdateExecutionConfig, by: string, ctx: EngineCtx): void {
  ctx.call('execution', 'reconfigure', [config], {
    party,
    as: 'Reconfigure',
    timeoutMs: RECONFIGURE_TIMEOUT_MS,
    done: (outcome) => ({
      type: 'ExecutionReconfigured',
      config,
      by,
      outcome: outcome.ok
        ? outcome.value
        : { applied: false, reasons: [`${outcome.error.code}: ${outcome.error.reason}`] },
    }),
  });
}

/**
 * What is stored was taken by the client of then. Another one takes those sections that it knows; the others stay in the
 * store for the next. False when there is one alone.
 */
function reconfigureBySection(config: string, ctx: EngineCtx): boolean {
  const sections = Object.entries(JSON.parse(config) as Settings);
  if (sections.length < 2) return false;
  for (const section of sections) {
    const change = JSON.stringify(Object.fromEntries([section]));
    reconfigure({ type: 'UpdateExecutionConfig', config: change }, ctx.path, ctx);
  }
  return true;
}

/** What the client said stands in the log and in the audit log; what it took is kept for the next start. */
export function onReconfigured(state: EngineState, message: ExecutionReconfigured, ctx: EngineCtx): void {
  const { config, by, outcome } = message;
  const isStored = by === ctx.path;
  if (isStored && !outcome.applied && reconfigureBySection(config, ctx)) return;
  if (outcome.applied) ctx.log('info', 'the execution settings are changed', { config, by });
  else {
    const which = isStored ? 'stored' : 'new';
    ctx.log('warn', `${which} execution settings are refused`, { config, by, reasons: outcome.reasons });
  }
  if (isStored) return;
  const asking = { timeoutMs: STORE_TIMEOUT_MS, onTimeout: { type: 'SettingsTimeout' } } as const;
  ctx.ask(
    state.storage,
    {
      type: 'AppendAudit',
      key: KEY,
      entry: {
        atMs: ctx.nowMs,
        actor: by,
        action: 'execution settings',
        reason: outcome.applied ? 'taken' : `refused: ${outcome.reasons.join('; ')}`,
        detail: config.slice(0, MAX_AUDITED),
      },
    },
    asking,
  );
  if (!outcome.applied) return;
  state.settings = merged(state.settings, config);
  ctx.ask(state.storage, { type: 'PutValue', key: KEY, name: NAME, value: state.settings }, asking);
}

/** One change after another as a single change: sections are merged, what they hold is replaced. */
function merged(before: string | null, change: string): string {
  const settings = JSON.parse(before ?? '{}') as Settings;
  const changed = Object.entries(JSON.parse(change) as Settings).map(([name, value]) => {
    const known = settings[name];
    return [name, isSection(known) && isSection(value) ? { ...known, ...value } : value] as const;
  });
  return JSON.stringify({ ...settings, ...Object.fromEntries(changed) });
}

const isSection = (value: unknown): value is Settings => typeof value === 'object' && value !== null;

export function onSettingsStored(state: EngineState, answer: StorageAnswer, ctx: EngineCtx): void {
  if (answer.type === 'StorageFailure')
    ctx.log('error', 'the execution settings could not be read or kept', { code: answer.code, reason: answer.reason });
  if (answer.type !== 'ValueRead' || answer.value === null) return;
  state.settings = answer.value;
  reconfigure({ type: 'UpdateExecutionConfig', config: answer.value }, ctx.path, ctx);
}
