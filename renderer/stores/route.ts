export type Screen = 'overview' | 'tree' | 'flow' | 'pegs' | 'chain' | 'network' | 'logs';
export const screens: readonly Screen[] = ['overview', 'tree', 'flow', 'pegs', 'chain', 'network', 'logs'];

/** Where the window is: `#/pegs/ID`. The address keeps it through a reload. */
export interface Route {
  readonly screen: Screen;
  /** What is open on the screen: an actor's path, an operation's id, a trace; empty for nothing. */
  readonly item: string;
}

export function parseRoute(hash: string): Route {
  const [, name = '', ...rest] = hash.replace(/^#/, '').split('/');
  const screen = screens.find((candidate) => candidate === name) ?? 'overview';
  try {
    return { screen, item: decodeURIComponent(rest.join('/')) };
  } catch {
    return { screen, item: '' };
  }
}

export const hrefOf = (screen: Screen, item = ''): string =>
  `#/${screen}${item === '' ? '' : `/${encodeURIComponent(item)}`}`;
