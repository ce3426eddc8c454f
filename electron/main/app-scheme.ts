import { fileHeaders } from '../ipc/content-policy.ts';
import { rendererFile } from '../ipc/renderer-files.ts';
import type { ElectronApi } from './electron-api.ts';

/** The page's own origin: no `file:` access, no server. */
export const APP_SCHEME = 'app';
export const APP_ORIGIN = `${APP_SCHEME}://console`;
export const APP_PAGE = `${APP_ORIGIN}/index.html`;

/** Called before the app is ready: only then can a scheme become a standard one. */
export function declareScheme({ protocol }: Pick<ElectronApi, 'protocol'>): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the built renderer, and nothing beside it. */
export function serveScheme({ protocol }: Pick<ElectronApi, 'protocol'>, rendererDir: string): void {
  protocol.handle(APP_SCHEME, async (request) => {
    const url = new URL(request.url);
    if (url.host !== 'console' || request.method !== 'GET') return new Response(null, { status: 404 });
    // The path as it was asked for: `new URL` has resolved dots already, encoded ones are refused by the reader.
    const file = await rendererFile(rendererDir, url.pathname);
    if (file === null) return new Response(null, { status: 404 });
    return new Response(file.body, { headers: { ...fileHeaders("'self'"), 'Content-Type': file.type } });
  });
}
