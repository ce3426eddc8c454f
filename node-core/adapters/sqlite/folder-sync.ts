import { closeSync, fsyncSync, openSync } from 'node:fs';

/** A new file's name is durable only when its folder is synced. Windows has no such call and needs none. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
