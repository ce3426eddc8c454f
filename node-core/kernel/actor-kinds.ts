import { ActorKind, type AnyBehaviour } from './actor-kind.ts';
import type { Names } from './names.ts';
import { SYSTEM_MESSAGES } from './system-messages.ts';

/** What the kernel reads of each behaviour, made once. */
export class ActorKinds {
  readonly #names: Names;
  readonly #kinds = new WeakMap<AnyBehaviour, ActorKind>();

  constructor(names: Names) {
    this.#names = names;
  }

  /** `seq` is the latest message id. */
  of(behaviour: AnyBehaviour, seq: number): ActorKind {
    const known = this.#kinds.get(behaviour);
    if (known !== undefined) return known;
    const types = [...SYSTEM_MESSAGES, ...((behaviour.control ?? []) as readonly string[])];
    const kind = new ActorKind(
      behaviour,
      types.map((type) => this.#names.pinnedTypeId(type, seq)),
    );
    this.#kinds.set(behaviour, kind);
    return kind;
  }
}
