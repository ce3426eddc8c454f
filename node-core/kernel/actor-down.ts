import { ServiceError } from '../primitives/errors.ts';
import type { ActorCell } from './cell.ts';
import type { ActorPath } from './envelope.ts';
import type { LifecycleState } from './supervision.ts';

/** Whoever was asked doesn't live, or rests until a circuit breaker lets it restart: the question reached nobody. */
export class ActorDown extends ServiceError {
  readonly path: ActorPath;
  /** Null when the tree has no such actor. */
  readonly lifecycle: LifecycleState | null;
  /** The actor whose open circuit breaker it waits for, its own or that of the sibling whose failure it shares; or null. */
  readonly restsWith: ActorPath | null;

  constructor(path: ActorPath, cell: ActorCell | undefined) {
    const lifecycle = cell?.lifecycle ?? null;
    const restsWith = cell === undefined ? null : (openBreakerOf(cell)?.path ?? null);
    super('ACTOR_DOWN', sentenceOf(path, lifecycle, restsWith), { path, lifecycle, restsWith });
    this.path = path;
    this.lifecycle = lifecycle;
    this.restsWith = restsWith;
  }
}

function sentenceOf(path: ActorPath, lifecycle: LifecycleState | null, restsWith: ActorPath | null): string {
  if (lifecycle === null) return `there is no actor ${path}`;
  if (restsWith === null) return `${path} can't answer: it is ${lifecycle}`;
  return `${path} can't answer soon: it is ${lifecycle} while the circuit breaker of ${restsWith} is open`;
}

/** Whose circuit breaker keeps an actor from living again for now, if one does. */
export function openBreakerOf(cell: ActorCell): ActorCell | undefined {
  const failed = cell.awaitsRebirth ? leaderOf(cell) : cell;
  return failed?.lifecycle === 'Restarting' && failed.failures?.breaker.state === 'open' ? failed : undefined;
}

/** The sibling with whose failure an actor ended and with which it lives again. */
function leaderOf(cell: ActorCell): ActorCell | undefined {
  for (const sibling of cell.parent?.children?.values() ?? [])
    if (sibling.group?.includes(cell) === true) return sibling;
  return undefined;
}
