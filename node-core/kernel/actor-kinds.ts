import { ActorKind, type AnyBehaviour } from './actor-kind.ts';
import type { Names } from './names.ts';
import { SYSTEM_MESSAGES } from './system-messages.ts';
import type { Totals } from './totals.ts';

/** What the kernel reads of each behaviour, made once. */
export class ActorKinds {
  readonly #names: Names;
  readonly #totals: Totals;
  readonly #kinds = new WeakMap<AnyBehaviour, ActorKind>();

  constructor(names: Names, totals: Totals) {
    this.#names = names;
    this.#totals = totals;
  }

  /** `seq` is the latest message id. */
  of(behaviour: AnyBehaviour, seq: number): ActorKind {
    const known = this.#kinds.get(behaviour);
    if (known !== undefined) return known;
    const idOf = (type: string): number => this.#names.pinnedTypeId(type, seq);
    const observed: readonly string[] = behaviour.observes ?? [];
    const control = [...SYSTEM_MESSAGES, ...((behaviour.control ?? []) as readonly string[])];
    const unwanted = SYSTEM_MESSAGES.filter((type) => type !== 'HealthCheck' && !observed.includes(type));
    const departed = this.#totals.of(behaviour.name);
    const kind = new ActorKind(behaviour, control.map(idOf), unwanted.map(idOf), departed);
    this.#kinds.set(behaviour, kind);
    return kind;
  }
}
