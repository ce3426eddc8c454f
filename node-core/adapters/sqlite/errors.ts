import { AlysError, type ErrorClass, LogicError, ServiceError } from '../../primitives/errors.ts';

/** Errors after which nothing that the store says can be trusted: it refuses everything, and the node must stop. */
const FATAL: ReadonlySet<string> = new Set(['STORE_SYNC_FAILED', 'STORE_CORRUPT']);

export const isFatal = (error: AlysError): boolean => FATAL.has(error.code);

export const corrupt = (what: string): ServiceError =>
  new ServiceError('STORE_CORRUPT', `the store is damaged: ${what}; restore a backup or sync again`);

/** What SQLite's result code means for the node. Source: sqlite.org/rescode.html, by prefix because codes have extensions. */
export function toStoreError(error: unknown): AlysError {
  if (error instanceof AlysError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const cause = { cause: error };
  const text = String(message);
  if (typeof code !== 'string' || !code.startsWith('SQLITE_'))
    return new LogicError('STORE_INTERNAL', `the store failed: ${text}`);
  if (code.startsWith('SQLITE_IOERR'))
    return new ServiceError('STORE_SYNC_FAILED', `the disk failed under the store: ${text}`, { code }, cause);
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
    return new ServiceError(
      'STORE_CORRUPT',
      `the store is damaged: ${text}; restore a backup or sync again`,
      { code },
      cause,
    );
  if (code === 'SQLITE_FULL')
    return new ServiceError('STORE_FULL', 'the disk of the data folder is full', { code }, cause);
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
    return new ServiceError('STORE_BUSY', `the store is busy: ${text}`, { code }, cause);
  if (
    code.startsWith('SQLITE_CANTOPEN') ||
    code.startsWith('SQLITE_READONLY') ||
    code === 'SQLITE_PERM' ||
    code === 'SQLITE_AUTH'
  )
    return new ServiceError(
      'FOLDER_UNUSABLE',
      `the store's files can't be opened for writing: ${text}; check owner and mode of the data folder`,
      { code },
      cause,
    );
  return new LogicError('STORE_INTERNAL', `the store refused a statement: ${text}`, { code });
}

/** An error as it crosses from thread to thread. */
export interface ErrorWire {
  readonly errorClass: ErrorClass;
  readonly code: string;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export const errorToWire = ({ errorClass, code, message, detail }: AlysError): ErrorWire => ({
  errorClass,
  code,
  message,
  detail,
});

export const errorFromWire = (wire: ErrorWire): AlysError =>
  wire.errorClass === 'logic'
    ? new LogicError(wire.code, wire.message, wire.detail)
    : new ServiceError(wire.code, wire.message, wire.detail);
