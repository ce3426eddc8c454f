import type { App, Session, WebContents, WebPreferences } from 'electron';
import { APP_ORIGIN } from './app-scheme.ts';

/** A page without Node, in its own world and its own sandbox. */
export const webPreferences = (preload: string): WebPreferences => ({
  preload,
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  spellcheck: false,
});

/** Whether a page is the console's own; anything else gets nothing. */
export const isOwnPage = (url: string): boolean => url.startsWith(`${APP_ORIGIN}/`);

/** No other page, no window, no webview: whatever the page is made to ask. */
export function lockContents(contents: WebContents): void {
  contents.on('will-navigate', (event) => {
    if (!isOwnPage(event.url)) event.preventDefault();
  });
  contents.on('will-frame-navigate', (event) => {
    if (!isOwnPage(event.url)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

/** Every page that ever comes to be is locked, also one that this program didn't make. */
export function lockApp(app: Pick<App, 'on'>): void {
  app.on('web-contents-created', (_event, contents) => lockContents(contents));
}

/** Copying to the clipboard is the one permission that the page has. */
export function lockSession(session: Session): void {
  const allowed = (permission: string): boolean => permission === 'clipboard-sanitized-write';
  session.setPermissionRequestHandler((contents, permission, answer) =>
    answer(allowed(permission) && isOwnPage(contents.getURL())),
  );
  session.setPermissionCheckHandler(
    (contents, permission) => allowed(permission) && isOwnPage(contents?.getURL() ?? ''),
  );
  session.setDevicePermissionHandler(() => false);
  // Nothing of the page comes from a network; a request to one is a leak.
  session.webRequest.onBeforeRequest(({ url }, answer) => {
    answer({ cancel: !isOwnPage(url) && !url.startsWith('blob:app://') && !url.startsWith('devtools:') });
  });
}
