import { AlysError, errorClassOf } from '../primitives/errors.ts';
import type { ActorCell } from './cell.ts';
import type { Core } from './core.ts';

/** The end of the whole system: the root could not go on. */
export interface TerminalFailure {
  readonly path: string;
  /** The error's code and sentence. */
  readonly reason: string;
  readonly error: unknown;
}

export const codeOf = (error: unknown): string => (error instanceof AlysError ? error.code : 'UNKNOWN_THROW');
export const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Writes down what an actor failed of; returns the error's code and sentence. */
export function noteFailure(core: Core, cell: ActorCell, error: unknown): string {
  const code = codeOf(error);
  const message = sentenceOf(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const reason = `${code}: ${message}`;
  cell.crashes++;
  cell.lastError = { atMs: core.clock.nowMs, code, message, stack };
  cell.bornOf = core.currentSeq;
  cell.bornIn = core.currentStory;
  core.log(cell.path, 'error', reason, { errorClass: errorClassOf(error), stack });
  return reason;
}
