import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

/** What a built renderer consists of; any other file is not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

export interface RendererFile {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a file of the built renderer by the path of its URL. Null for whatever isn't one: another type, a path that
 * leaves the folder (also encoded, also through a link), a missing file.
 */
export async function rendererFile(root: string, urlPath: string): Promise<RendererFile | null> {
  let path: string;
  try {
    path = decodeURIComponent(urlPath);
  } catch {
    return null;
  }
  if (path === '/') path = '/index.html';
  if (!/^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/.test(path)) return null;
  const type = TYPES[extname(path)];
  if (type === undefined) return null;
  try {
    const folder = await realpath(root);
    const file = await realpath(join(folder, path));
    if (!file.startsWith(folder + sep)) return null;
    return { type, body: new Uint8Array(await readFile(file)) };
  } catch {
    return null;
  }
}
