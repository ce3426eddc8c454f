import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Platform {
  readonly name: NodeJS.Platform;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const thisPlatform = (): Platform => ({ name: process.platform, home: homedir(), env: process.env });

/** Where a network's data is kept unless the operator says otherwise: the platform's folder for a user's data. */
export function defaultDataFolder(network: string, { name, home, env }: Platform): string {
  const base =
    name === 'darwin'
      ? join(home, 'Library', 'Application Support')
      : name === 'win32'
        ? (env['APPDATA'] ?? join(home, 'AppData', 'Roaming'))
        : (env['XDG_DATA_HOME'] ?? join(home, '.local', 'share'));
  return join(base, 'alys-console', network);
}
