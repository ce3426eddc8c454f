import { bridgeMachine } from '../domain/bridge-machine.ts';
import { chainMachine } from '../domain/consensus/chain-machine.ts';
import { clientMachine } from '../domain/execution/client-machine.ts';
import { pegInMachine } from '../domain/pegin/machine.ts';
import { pegOutMachine } from '../domain/pegout/machine.ts';
import { lifecycle } from '../kernel/supervision.ts';
import type { MachineRegistry } from '../read-model/machines.ts';

/** Every declared machine, by the name of the behaviour that runs it; `ActorLifecycle` is the kernel's, of all of them. */
export const machineRegistry: MachineRegistry = {
  ActorLifecycle: lifecycle,
  ChainActor: chainMachine,
  BridgeActor: bridgeMachine,
  EngineActor: clientMachine,
  PegIn: pegInMachine,
  PegOut: pegOutMachine,
};
