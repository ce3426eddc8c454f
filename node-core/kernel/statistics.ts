import { Histogram } from './histogram.ts';

/** Message types that one actor's statistics tell apart; whatever comes later is counted together. */
const MOST_TYPES = 64;
const OTHERS = '(others)';

/** Of one message type at one actor, in microseconds. */
export class TypeStatistics {
  readonly type: string;
  readonly queueWait = new Histogram();
  readonly handling = new Histogram();

  constructor(type: string) {
    this.type = type;
  }
}

/** How long an actor's messages waited and were handled, by their type. */
export class ActorStatistics {
  readonly #byType = new Map<string, TypeStatistics>();
  /** Most messages are of the type of the one before. */
  #latest: TypeStatistics | undefined = undefined;

  /** Those of a type, which keeps its place from now on. */
  of(type: string): TypeStatistics {
    if (this.#latest?.type === type) return this.#latest;
    this.#latest = this.#byType.get(type) ?? this.#add(this.#byType.size < MOST_TYPES ? type : OTHERS);
    return this.#latest;
  }

  get types(): readonly TypeStatistics[] {
    return [...this.#byType.values()];
  }

  /** Counts all that `other` has counted. */
  merge(other: ActorStatistics): void {
    for (const { type, queueWait, handling } of other.types) {
      const mine = this.of(type);
      mine.queueWait.merge(queueWait);
      mine.handling.merge(handling);
    }
  }

  #add(type: string): TypeStatistics {
    const present = this.#byType.get(type);
    if (present !== undefined) return present;
    const added = new TypeStatistics(type);
    this.#byType.set(type, added);
    return added;
  }
}
