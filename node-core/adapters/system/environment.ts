import { randomInt } from 'node:crypto';
import type { SystemEnvironment } from '../../kernel/system.ts';

/** As many steps as `randomInt` may draw from. */
const STEPS = 2 ** 48 - 1;

/** The machine's clock and secure chance. */
export const systemEnvironment: SystemEnvironment = {
  nowMs: () => Date.now(),
  monotonicUs: () => performance.now() * 1000,
  random: () => randomInt(STEPS) / STEPS,
};
