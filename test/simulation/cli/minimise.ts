import type { WorldOptions } from '../world/options.ts';
import { simulate } from '../world/simulation.ts';

/** Whether a run of these options breaks the same invariant. */
async function breaks(options: WorldOptions, invariant: string): Promise<boolean> {
  const { violations } = await simulate(options);
  return violations[0]?.invariant === invariant;
}

const MIN_SLOTS = 10;

/** Smaller options that break the same invariant: without each fault that it doesn't take, with fewer users and slots. */
export async function minimise(options: WorldOptions, invariant: string): Promise<WorldOptions> {
  let smallest = options;
  const attempt = async (smaller: WorldOptions): Promise<boolean> => {
    const still = await breaks(smaller, invariant);
    if (still) smallest = smaller;
    return still;
  };
  for (const fault of options.faults)
    await attempt({ ...smallest, faults: smallest.faults.filter((other) => other !== fault) });
  while (smallest.slots > MIN_SLOTS && (await attempt({ ...smallest, slots: Math.floor(smallest.slots / 2) })));
  while (smallest.burns > 0 && (await attempt({ ...smallest, burns: smallest.burns - 1 })));
  while (smallest.deposits > 1 && (await attempt({ ...smallest, deposits: smallest.deposits - 1 })));
  return smallest;
}
