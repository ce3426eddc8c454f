/** Settings of an execution client as JSON has them: values, or sections of values. */
export type Settings = Readonly<Record<string, unknown>>;
export type SettingValue = string | number | boolean | null;
/** Each value by its path, `pool.maxBytes` for instance. */
export type FlatSettings = ReadonlyMap<string, SettingValue>;

/** Who gave a setting the value that it has. */
export interface SettingChange {
  readonly source: 'governance' | 'operator';
  /** As in the audit log. */
  readonly who: string;
  readonly atMs: number;
}

const isSection = (value: unknown): value is Settings => typeof value === 'object' && value !== null;

/** @throws SyntaxError when `text` is not JSON. */
export const parseSettings = (text: string): Settings => JSON.parse(text) as Settings;

/** What stands below each section, in its order. */
export function flatSettings(settings: Settings, prefix = ''): FlatSettings {
  const flat = new Map<string, SettingValue>();
  for (const [name, value] of Object.entries(settings)) {
    if (isSection(value)) for (const [path, inner] of flatSettings(value, `${prefix}${name}.`)) flat.set(path, inner);
    else flat.set(`${prefix}${name}`, value as SettingValue);
  }
  return flat;
}

/** One change after another as a single change: sections are merged, what they hold is replaced. */
export function mergedSettings(settings: Settings, change: Settings): Settings {
  const changed = Object.entries(change).map(([name, value]) => {
    const known = settings[name];
    return [name, isSection(known) && isSection(value) ? { ...known, ...value } : value] as const;
  });
  return { ...settings, ...Object.fromEntries(changed) };
}

/** What a change makes of the settings before it, for people to read: `minTipWei: "1000000" → "5"`. */
export const settingsDifference = (before: FlatSettings | null, change: Settings): string =>
  [...flatSettings(change)]
    .map(([path, value]) => {
      const known = before?.get(path);
      return `${path}: ${known === undefined ? '' : `${JSON.stringify(known)} `}→ ${JSON.stringify(value)}`;
    })
    .join('; ');
