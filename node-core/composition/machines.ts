import { bridgeMachine } from '../domain/bridge-machine.ts';
import { chainMachine } from '../domain/consensus/chain-machine.ts';
import { pegInMachine } from '../domain/pegin/machine.ts';
import { pegOutMachine } from '../domain/pegout/machine.ts';
import { lifecycle } from '../kernel/supervision.ts';
