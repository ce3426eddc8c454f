import {
  type FlatSettings,
  flatSettings,
  mergedSettings,
  parseSettings,
  type SettingChange,
  settingsDifference,
} from '../../domain/execution/settings.ts';
import type {
  ExecutionConfigUpdate,
  ExecutionConfigured,
  ExecutionReconfigured,
  SettingsRead,
  SettingsTimeout,
  UpdateExecutionConfig,
} from '../../protocol/engine.ts';
import type { StorageAnswer } from '../../protocol/storage.ts';
import type { EngineView } from '../../protocol/views.ts';
import { type EngineCtx, type EngineState, party, type SettingsState, type WantedChange } from './state.ts';

const CLIENT_TIMEOUT_MS = 10_000;
const STORE_TIMEOUT_MS = 40_000;
/** Where the store keeps every change that was taken, as one; and who made them. */
const SETTINGS = 'execution-settings';
const CHANGES = 'execution-settings-changes';
/** More of a change than this is not worth keeping. */
const MAX_AUDITED = 4096;

const storing = (key: string) =>
  ({ timeoutMs: STORE_TIMEOUT_MS, onTimeout: { type: 'SettingsTimeout', key } }) as const;

export const noSettings = (): SettingsState => ({
  taken: {},
  changes: new Map(),
  wanted: new Map(),
  saving: new Map(),
  told: null,
  since: new Map(),
});

const inForce = ({ told, since }: SettingsState): FlatSettings | null =>
  told === null ? null : new Map([...told, ...since]);

/** What was changed before this start is changed again. */
export function loadSettings(storage: EngineState['storage'], ctx: EngineCtx): void {
  ctx.call('execution', 'settings', [], {
    party,
    as: 'ReadSettings',
    timeoutMs: CLIENT_TIMEOUT_MS,
    done: (outcome) => ({ type: 'SettingsRead', settings: outcome.ok ? outcome.value : null }),
  });
  for (const name of [SETTINGS, CHANGES]) ctx.ask(storage, { type: 'GetValue', key: name, name }, storing(name));
}

export function onSettingsRead({ settings }: EngineState, message: SettingsRead, ctx: EngineCtx): void {
  if (message.settings === null) ctx.log('warn', 'the execution client does not say which settings are in force');
  else settings.told = flatSettings(parseSettings(message.settings));
}

export function onGovernanceChange(state: EngineState, { config }: UpdateExecutionConfig, ctx: EngineCtx): void {
  const [who, reason] = ['GovernanceNodes', 'signed by a quorum of the members'];
  change(state, config, { source: 'governance', who, reason, asker: null }, ctx);
}

export function onOperatorChange(state: EngineState, message: ExecutionConfigUpdate, ctx: EngineCtx): void {
  const { key, settings, who, reason } = message.config;
  const asker = { to: ctx.replyTo<ExecutionConfigured>(message), key };
  change(state, settings, { source: 'operator', who, reason, asker }, ctx);
}

function change(state: EngineState, config: string, wanted: WantedChange, ctx: EngineCtx): void {
  const key = `settings:${state.nextRequest++}`;
  state.settings.wanted.set(key, wanted);
  reconfigure(config, key, ctx);
}

/** Hands new limits and prices to the client, which judges them. */
function reconfigure(config: string, key: string | null, ctx: EngineCtx): void {
  ctx.call('execution', 'reconfigure', [config], {
    party,
    as: 'Reconfigure',
    timeoutMs: CLIENT_TIMEOUT_MS,
    done: (outcome) => ({
      type: 'ExecutionReconfigured',
      config,
      key,
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
  const sections = Object.entries(parseSettings(config));
  if (sections.length < 2) return false;
  for (const section of sections) reconfigure(JSON.stringify(Object.fromEntries([section])), null, ctx);
  return true;
}

/** What the client said stands in the log and in the audit log; what it took is kept for the next start. */
export function onReconfigured(state: EngineState, message: ExecutionReconfigured, ctx: EngineCtx): void {
  const { settings } = state;
  const { config, key, outcome } = message;
  const wanted = key === null ? undefined : settings.wanted.get(key);
  if (wanted === undefined && !outcome.applied && reconfigureBySection(config, ctx)) return;
  const by = wanted?.who ?? ctx.path;
  if (outcome.applied) ctx.log('info', 'the execution settings are changed', { config, by });
  else {
    const which = wanted === undefined ? 'stored' : 'new';
    ctx.log('warn', `${which} execution settings are refused`, { config, by, reasons: outcome.reasons });
  }
  if (key !== null && wanted !== undefined) {
    settings.wanted.delete(key);
    save(state, message, wanted, key, ctx);
  }
  if (outcome.applied) settings.since = new Map([...settings.since, ...flatSettings(parseSettings(config))]);
}

/** Writes down who wanted what and why, what the client said, and what it took; whoever asked is answered when all is on disk. */
function save(
  state: EngineState,
  { config, outcome }: ExecutionReconfigured,
  { asker, source, who, reason }: WantedChange,
  key: string,
  ctx: EngineCtx,
): void {
  const { settings, storage } = state;
  const change = outcome.applied ? parseSettings(config) : {};
  const detail = outcome.applied
    ? `taken: ${settingsDifference(inForce(settings), change)}`
    : `refused: ${outcome.reasons.join('; ')}: ${config}`;
  const entry = { atMs: ctx.nowMs, actor: who, action: 'execution settings', reason };
  ctx.ask(
    storage,
    { type: 'AppendAudit', key, entry: { ...entry, detail: detail.slice(0, MAX_AUDITED) } },
    storing(key),
  );
  const saving = { asker, outcome, unsaved: 1, failure: null };
  settings.saving.set(key, saving);
  if (!outcome.applied) return;
  settings.taken = mergedSettings(settings.taken, change);
  for (const path of flatSettings(change).keys()) settings.changes.set(path, { source, who, atMs: ctx.nowMs });
  saving.unsaved += put(state, key, ctx);
}

/** Returns how many answers are to come. */
function put({ settings, storage }: EngineState, key: string, ctx: EngineCtx): number {
  const values = [
    [SETTINGS, settings.taken],
    [CHANGES, Object.fromEntries(settings.changes)],
  ] as const;
  for (const [name, value] of values)
    ctx.ask(storage, { type: 'PutValue', key, name, value: JSON.stringify(value) }, storing(key));
  return values.length;
}

export function onSettingsAnswered(state: EngineState, answer: StorageAnswer, ctx: EngineCtx): void {
  if (answer.type === 'StorageFailure') onStored(state, answer.key, `${answer.code}: ${answer.reason}`, ctx);
  else if (answer.type !== 'ValueRead') onStored(state, answer.key, null, ctx);
  else if (answer.value !== null) onLoaded(state, answer.key, answer.value, ctx);
}

export const onSettingsTimeout = (state: EngineState, { key }: SettingsTimeout, ctx: EngineCtx): void =>
  onStored(state, key, 'the store did not answer', ctx);

/** What was taken while this was read is newer. */
function onLoaded(state: EngineState, key: string, value: string, ctx: EngineCtx): void {
  const { settings } = state;
  const loaded = parseSettings(value);
  const isOverwritten = Object.keys(settings.taken).length > 0;
  if (key === SETTINGS) {
    settings.taken = mergedSettings(loaded, settings.taken);
    reconfigure(JSON.stringify(settings.taken), null, ctx);
  } else {
    for (const [path, change] of Object.entries(loaded))
      if (!settings.changes.has(path)) settings.changes.set(path, change as SettingChange);
  }
  if (isOverwritten) put(state, key, ctx);
}

function onStored({ settings }: EngineState, key: string, failure: string | null, ctx: EngineCtx): void {
  if (failure !== null) ctx.log('error', 'the execution settings could not be read or kept', { key, reason: failure });
  const saving = settings.saving.get(key);
  if (saving === undefined) return;
  saving.failure ??= failure;
  saving.unsaved--;
  if (saving.unsaved > 0) return;
  settings.saving.delete(key);
  const { asker, outcome } = saving;
  if (asker === null) return;
  ctx.reply(asker.to, { type: 'ExecutionConfigured', key: asker.key, outcome, failure: saving.failure });
}

/** Who changed a setting is told of values alone that are in force: another client may not have taken them. */
export function settingsView(settings: SettingsState): EngineView['settings'] {
  const shown = inForce(settings);
  if (shown === null) return null;
  const made = flatSettings(settings.taken);
  return [...shown].map(([path, value]) => ({
    path,
    value,
    changed: made.get(path) === value ? (settings.changes.get(path) ?? null) : null,
  }));
}
