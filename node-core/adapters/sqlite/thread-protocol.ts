import type { ErrorWire } from './errors.ts';
import type { GuardTable } from './guard-table.ts';
import type { Reads } from './reads.ts';
import type { Writes } from './writes.ts';

/**
 * What a thread of the store does. `writer` holds the only connection that writes; `reader` answers from snapshots, so
 * that no read waits for a sync to disk and no write for a long read.
 */
export type ThreadRole = 'writer' | 'reader';

export interface ThreadData {
  readonly role: ThreadRole;
  readonly file: string;
}

/** A thread's requests: a name, one argument, one result. */
export type WriterRequests = Writes & GuardTable;
export type ReaderRequests = Reads & { readonly backup: (path: string) => undefined };

export interface ThreadRequest {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

/** Sent by the caller; the thread finishes what it has, closes its connection and ends. */
export const CLOSE = 'close';

export type ThreadReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: ErrorWire };

/** The first message of a thread: its connection is open, or why not. */
export type ThreadStart = { readonly started: true } | { readonly started: false; readonly error: ErrorWire };
