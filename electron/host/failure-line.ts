import { AlysError } from '../../node-core/index.ts';
import { UsageError } from './options.ts';

const FOLDER_CODES: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'ENOSPC', 'ELOOP']);

/** What went wrong and what to do, in one line; null for what nobody foresaw, which deserves its stack. */
export function failureLine(error: unknown, port: number, dataDir: string): string | null {
  if (error instanceof UsageError || error instanceof AlysError) return error.message;
  const { code } = (error ?? {}) as { readonly code?: unknown };
  if (code === 'EADDRINUSE') return `port ${port} is busy: stop what uses it, or choose another with --port`;
  if (code === 'EACCES' && (error as { readonly syscall?: unknown }).syscall === 'listen') {
    return `port ${port} is not allowed to this user: choose one above 1023 with --port`;
  }
  if (typeof code === 'string' && FOLDER_CODES.has(code)) {
    return `the data folder ${dataDir} can't be used (${code}): check its owner and its disk, or choose another with --data-dir`;
  }
  return null;
}
