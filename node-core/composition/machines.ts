import { bridgeMachine } from '../domain/bridge-machine.ts';
import { chainMachine } from '../domain/consensus/chain-machine.ts';
import { pegInMachine } from '../domain/pegin/machine.ts';
import { pegOutMachine } from '../domain/pegout/machine.ts';
import { lifecycle } from '../kernel/supervision.ts';
import type { MachineRegistry } from '../read-model/machines.ts';

/** Every declared machine, by the name of the behaviour that runs it; `ActorLifecycle` is the kernel's, of all of them. */
export const machineRegistry: MachineRegistry = {
  ActorLifecycle: lifecycle,
  ChainActor: chainMachine,
  BridgeActor: bridgeMachine,
  PegIn: pegInMachine,
  PegOut: pegOutMachine,
};
