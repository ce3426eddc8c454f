import type { Histogram } from './histogram.ts';
import type { BehaviourTotals, DurationCounts } from './record.ts';
import { ActorStatistics } from './statistics.ts';

/** Behaviours told apart by name; the actors of whatever comes later are counted together. */
const MOST_BEHAVIOURS = 256;
const OTHERS = '(others)';
const NOBODY = '(nobody)';

/** What an actor has done. */
interface Deeds {
  readonly handled: number;
  readonly dropped: number;
  readonly refused: number;
  readonly deadLetters: number;
  readonly crashes: number;
  readonly restarts: number;
  readonly statistics: ActorStatistics | undefined;
}

const countsOf = ({ count, sum, buckets }: Histogram): DurationCounts => ({ count, sumUs: sum, buckets });

/** What actors of one behaviour have done together. */
class Sum implements Deeds {
  handled = 0;
  dropped = 0;
  refused = 0;
  deadLetters = 0;
  crashes = 0;
  restarts = 0;
  readonly statistics = new ActorStatistics();

  add(deeds: Deeds): void {
    this.handled += deeds.handled;
    this.dropped += deeds.dropped;
    this.refused += deeds.refused;
    this.deadLetters += deeds.deadLetters;
    this.crashes += deeds.crashes;
    this.restarts += deeds.restarts;
    if (deeds.statistics !== undefined) this.statistics.merge(deeds.statistics);
  }
}

/** What the actors of one behaviour did that have left the tree, so that what all of them did never becomes less. */
export class Departed {
  readonly behaviour: string;
  readonly #sum = new Sum();

  constructor(behaviour: string) {
    this.behaviour = behaviour;
  }

  /** `actor` leaves the tree. */
  add(actor: Deeds): void {
    this.#sum.add(actor);
  }

  /** A message reached nobody. */
  deadLetter(): void {
    this.#sum.deadLetters++;
  }

  /** Together with those that are still there. */
  with(present: readonly Deeds[]): BehaviourTotals {
    // A type that was shown by its name keeps it, whoever leaves first.
    for (const { statistics } of present) for (const { type } of statistics?.types ?? []) this.#sum.statistics.of(type);
    const all = new Sum();
    for (const deeds of [this.#sum, ...present]) all.add(deeds);
    const { statistics, ...counts } = all;
    return {
      behaviour: this.behaviour,
      ...counts,
      times: statistics.types.map(({ type, queueWait, handling }) => ({
        type,
        queueWait: countsOf(queueWait),
        handling: countsOf(handling),
      })),
    };
  }
}

/** Those that have left, by the names of their behaviours. */
export class Totals {
  readonly #byBehaviour = new Map<string, Departed>();
  /** Whose the dead letters are to paths that no actor of the tree has. */
  readonly nobody = this.of(NOBODY);

  of(behaviour: string): Departed {
    const name = this.#byBehaviour.has(behaviour) || this.#byBehaviour.size < MOST_BEHAVIOURS ? behaviour : OTHERS;
    const known = this.#byBehaviour.get(name);
    if (known !== undefined) return known;
    const departed = new Departed(name);
    this.#byBehaviour.set(name, departed);
    return departed;
  }

  /** Of every behaviour that ever had an actor, together with those that are still there. */
  with(present: readonly (Deeds & { readonly kind: { readonly departed: Departed } })[]): readonly BehaviourTotals[] {
    const living = Map.groupBy(present, ({ kind }) => kind.departed);
    return [...this.#byBehaviour.values()].map((departed) => departed.with(living.get(departed) ?? []));
  }
}
