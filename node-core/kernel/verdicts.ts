import { errorClassOf } from '../primitives/errors.ts';
import type { ActorCell } from './cell.ts';
import type { Core } from './core.ts';
import { closeBreaker, halfOpen, judge, noFailures, type Verdict } from './restart-policy.ts';

/** Answers failures by their actors' policies, keeps their counts, and says what their circuit breakers do. */
export class Verdicts {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  on(cell: ActorCell, error: unknown): Verdict {
    const { clock, environment } = this.#core;
    const history = (cell.failures ??= noFailures());
    const random = (): number => environment.random();
    const verdict = judge(cell.behaviour.supervision, history, errorClassOf(error), clock.nowMs, random);
    if (verdict.kind !== 'restart') return verdict;
    const { delayMs, probes } = verdict;
    cell.probesLeft = probes;
    if (history.breaker.state === 'open') {
      const { failures } = history.breaker;
      this.#core.log(cell.path, 'warn', `circuit breaker open for ${delayMs} ms`, { failures, delayMs });
    }
    return verdict;
  }

  /** The delay has passed: the actor starts again. */
  retried(cell: ActorCell): void {
    if (cell.failures === undefined || !halfOpen(cell.failures)) return;
    const { probesLeft: probes } = cell;
    this.#core.log(cell.path, 'info', `circuit breaker half-open: ${probes} messages have to be handled`, { probes });
  }

  /** One more probe of a half-open circuit breaker was handled. */
  probed(cell: ActorCell): void {
    cell.probesLeft--;
    if (cell.probesLeft > 0 || cell.failures === undefined) return;
    closeBreaker(cell.failures);
    this.#core.log(cell.path, 'info', 'circuit breaker closed');
  }
}

/** An operator's restart begins a new count; one that shares a sibling's failure keeps its own (INV-26). */
export function forgive(cell: ActorCell): void {
  cell.failures = undefined;
  cell.probesLeft = 0;
}
