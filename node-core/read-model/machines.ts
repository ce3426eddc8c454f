import type { Machine } from '../primitives/machine.ts';
import type { MachinePicture } from './shapes.ts';

/** The declared machines by the name of the behaviour that runs them. */
export type MachineRegistry = Readonly<Record<string, Machine<string, string>>>;

export const pictureOf = ({
  id,
  initial,
  stateNames,
  finalStates,
  arrows,
}: Machine<string, string>): MachinePicture => ({
  id,
  initial,
  states: stateNames,
  finalStates,
  arrows,
});
