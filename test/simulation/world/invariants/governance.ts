import type { Observer } from '../observation.ts';
import type { World } from '../world.ts';
import type { Report } from './report.ts';

/** INV-19: a governance message applies at most once at a node, and only one that members stand behind. */
export class GovernanceRules {
  readonly #world: World;
  readonly #report: Report;
  readonly #applied = new Set<string>();

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  readonly observe: Observer = (observation) => {
    // A restored backup has forgotten the effect together with the message: it applies again.
    if (observation.kind === 'started' && observation.disarmed) this.#forget(observation.node);
    if (observation.kind !== 'acknowledged' || !observation.applied) return;
    const { node, messageId } = observation;
    const kind = this.#world.governance.sound.get(messageId);
    if (kind === undefined)
      this.#report('INV-19', `node ${node} applied message ${messageId}, which nobody stands behind`);
    // A halt counts by its generation: a copy is acknowledged again and changes nothing.
    if (kind === 'emergencyHalt') return;
    const once = `${node}:${messageId}`;
    if (this.#applied.has(once)) this.#report('INV-19', `node ${node} applied message ${messageId} twice`);
    this.#applied.add(once);
  };

  #forget(node: number): void {
    for (const once of this.#applied) if (once.startsWith(`${node}:`)) this.#applied.delete(once);
  }
}
