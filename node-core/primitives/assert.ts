import { LogicError } from './errors.ts';

/**
 * States what must hold here. A failure is a bug of this program, never a fault of the world.
 * @throws LogicError which crashes the actor in whose handler it happens.
 */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new LogicError('ASSERTION', sentence);
}

/** Marks a switch as complete: a new member of the union becomes a compile error here. */
export function unreachable(value: never): never {
  throw new LogicError('UNREACHABLE', `no case for ${String((value as { type?: string } | undefined)?.type ?? value)}`);
}
