import type { ExecutionSetting } from '../../../electron/contract/chain-models.ts';
import { countText, durationText, gweiText, spanText } from '../../components/format.ts';

/** A setting and what the operator wants it to be. */
export interface SettingEdit {
  readonly setting: ExecutionSetting;
  readonly value: ExecutionSetting['value'];
}

/** What stands in a setting's field: nothing where there is none. */
export const fieldText = (value: ExecutionSetting['value']): string => (value === null ? '' : String(value));

/**
 * A field's text as a value of the setting's kind, undefined when it is none. Whether the value is allowed is for the
 * execution client to say.
 */
export function parseField({ value }: ExecutionSetting, text: string): ExecutionSetting['value'] | undefined {
  const typed = text.trim();
  if (typeof value === 'string') return typed === '' ? undefined : typed;
  if (typeof value === 'boolean') return typed === 'true' ? true : typed === 'false' ? false : undefined;
  if (typed === '') return null;
  return /^-?\d{1,15}$/.test(typed) ? Number(typed) : undefined;
}

/** The edits as JSON text, in the sections that their paths name. */
export function changeOf(edits: readonly SettingEdit[]): string {
  const change: Record<string, unknown> = {};
  for (const { setting, value } of edits) {
    const names = setting.path.split('.');
    let section = change;
    for (const name of names.slice(0, -1)) section = (section[name] ??= {}) as Record<string, unknown>;
    section[names.at(-1) ?? ''] = value;
  }
  return JSON.stringify(change);
}

const KIB = 1024;

/** A value in the unit that it is best read in; empty where that is the value itself. */
export function readableValue(path: string, value: ExecutionSetting['value'] | undefined): string {
  if (value === undefined || value === null || typeof value === 'boolean') return '';
  if (path.endsWith('Wei')) return /^\d{1,30}$/.test(String(value)) ? gweiText(String(value)) : '';
  if (typeof value === 'string') return '';
  if (path.endsWith('Ms')) return value < 60_000 ? durationText(value * 1000) : spanText(value);
  if (path.endsWith('Percent')) return `${value} %`;
  if (path.endsWith('Bytes')) return value < KIB * KIB ? `${trim(value / KIB)} KiB` : `${trim(value / KIB / KIB)} MiB`;
  return value < 10_000 ? '' : countText(value);
}

const trim = (value: number): string => String(Number(value.toFixed(2)));
