import type { StreamActorState } from './state.ts';

/** What the operator sees of the link's traffic. */
const MAX_RECENT = 100;

export function note(
  state: StreamActorState,
  atMs: number,
  direction: 'in' | 'out',
  kind: string,
  outcome: string,
): void {
  state.recent = [{ atMs, direction, kind, outcome }, ...state.recent].slice(0, MAX_RECENT);
}
