import { AlysError } from '../primitives/errors.ts';

/** The end of the whole system: the root could not go on. */
export interface TerminalFailure {
  readonly path: string;
  /** The error's code and sentence. */
  readonly reason: string;
  readonly error: unknown;
}

export const codeOf = (error: unknown): string => (error instanceof AlysError ? error.code : 'UNKNOWN_THROW');
export const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
