import { create } from 'zustand';
import { type Route, type Screen, hrefOf, parseRoute } from './route.ts';

export type Theme = 'system' | 'light' | 'dark';
export const go = (screen: Screen, item = ''): void => {
  location.hash = hrefOf(screen, item);
};

/** What happened to something that the operator did. */
export interface Notice {
  readonly id: number;
  readonly tone: 'ok' | 'bad' | 'info';
  readonly text: string;
}

/** A control that waits for its confirmation. */
export type Prompt =
  | { readonly kind: 'start' | 'stop' | 'halt' | 'resume' | 'endFreeze' | 'deposit' | 'burn' | 'mine' }
  | { readonly kind: 'backup' | 'checkStore' }
  | { readonly kind: 'restartActor' | 'suspendActor' | 'resumeActor'; readonly path: string };

interface InterfaceState {
  readonly route: Route;
  readonly theme: Theme;
  readonly animate: boolean;
  readonly palette: boolean;
  readonly prompt: Prompt | null;
  readonly notices: readonly Notice[];
}

const STORAGE_KEY = 'alys-console';
const NOTICE_MS = 6000;
const MAX_NOTICES = 4;

function stored(): { theme: Theme; animate: boolean } {
  try {
    const value = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}') as { theme?: unknown; animate?: unknown };
    return {
      theme: value.theme === 'light' || value.theme === 'dark' ? value.theme : 'system',
      animate: value.animate !== false,
    };
  } catch {
    return { theme: 'system', animate: true };
  }
}

export const useInterface = create<InterfaceState>(() => ({
  route: parseRoute(location.hash),
  ...stored(),
  palette: false,
  prompt: null,
  notices: [],
}));

addEventListener('hashchange', () => useInterface.setState({ route: parseRoute(location.hash) }));

function save(change: Partial<Pick<InterfaceState, 'theme' | 'animate'>>): void {
  useInterface.setState(change);
  const { theme, animate } = useInterface.getState();
  localStorage.setItem(STORAGE_KEY, JSON.stringify({ theme, animate }));
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

export function setTheme(theme: Theme): void {
  save({ theme });
  applyTheme(theme);
}

export const setAnimate = (animate: boolean): void => save({ animate });
export const showPalette = (palette: boolean): void => useInterface.setState({ palette });
export const ask = (prompt: Prompt | null): void => useInterface.setState({ prompt });

let nextNotice = 1;

export function notify(tone: Notice['tone'], text: string): void {
  const id = nextNotice++;
  useInterface.setState(({ notices }) => ({ notices: [...notices, { id, tone, text }].slice(-MAX_NOTICES) }));
  setTimeout(() => dismiss(id), NOTICE_MS);
}

export const dismiss = (id: number): void =>
  useInterface.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
