import type { PlantedBug } from './bug.ts';
import { consensus, halts } from './consensus.ts';
import { found } from './found.ts';
import { holes } from './holes.ts';
import { members } from './members.ts';
import { money, recovery } from './money.ts';

/** The bank of planted bugs, by which the simulator is measured. */
export const plantedBugs: readonly PlantedBug[] = [
  ...holes,
  ...consensus,
  ...halts,
  ...money,
  ...recovery,
  ...members,
  ...found,
];
