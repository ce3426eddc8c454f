import { seededRandom } from '../../../node-core/kernel/pump/seeded-random.ts';

/** What can go wrong, each switched by itself. Source: invariants.md, Faults. */
export const FAULTS = [
  'reorgs',
  'deepReorgs',
  'doubleSpends',
  'feeSpikes',
  'evictions',
  'bitcoinErrors',
  'lostBroadcastAnswers',
  'stalledTips',
  'membersDown',
  'membersSlow',
  'forgedAnswers',
  'repeatedAnswers',
  'linkResets',
  'forgedMessages',
  'halts',
  'memberChange',
  'lossyGossip',
  'repeatedGossip',
  'partitions',
  'equivocation',
  'clientsAway',
  'clientTimeouts',
  'wrongRoots',
  'forgettingClients',
  'crashes',
  'crashesAtEffects',
  'actorCrashes',
  'failedSyncs',
  'slowDisks',
  'restoredBackups',
  'clockSkew',
  'clockSteps',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Everything that a seed decides before the run begins: printed with its result. */
export interface WorldOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly members: number;
  readonly slotMs: number;
  /** Slots in which faults happen; then all heals. */
  readonly slots: number;
  /** Confirmations of a deposit. */
  readonly depth: number;
  readonly bitcoinIntervalMs: number;
  readonly clients: 'embedded' | 'external';
  readonly signatures: 'bls' | 'keyed';
  readonly deposits: number;
  readonly burns: number;
  readonly faults: readonly Fault[];
}

/** How often a fault is in a seed. What ends in a frozen bridge, or slows a run down, is rarer. */
const CHANCE: Partial<Record<Fault, number>> = {
  deepReorgs: 0.12,
  doubleSpends: 0.2,
  restoredBackups: 0.2,
  wrongRoots: 0.15,
  failedSyncs: 0.2,
  crashesAtEffects: 0.25,
  actorCrashes: 0.2,
};
const USUAL_CHANCE = 0.3;
/** A share of seeds is left quiet: what goes wrong then is wrong without any help. */
const QUIET_SHARE = 0.1;
const BLS_SHARE = 0.05;

export function optionsOf(seed: number): WorldOptions {
  const random = seededRandom(seed);
  const below = (count: number): number => Math.floor(random() * count);
  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const quiet = random() < QUIET_SHARE;
  const nodes = pick([3, 4, 4, 4, 5]);
  const options = {
    seed,
    nodes,
    members: pick([3, 3, 4]),
    slotMs: pick([1000, 2000, 2000, 4000]),
    slots: 60 + below(90),
    depth: pick([2, 2, 3, 4]),
    bitcoinIntervalMs: pick([3000, 6000, 10_000]),
    clients: pick(['embedded', 'external'] as const),
    signatures: random() < BLS_SHARE ? ('bls' as const) : ('keyed' as const),
    deposits: 3 + below(6),
    burns: 2 + below(6),
  };
  const faults = FAULTS.filter((fault) => random() < (CHANCE[fault] ?? USUAL_CHANCE) && !quiet);
  return { ...options, faults };
}
