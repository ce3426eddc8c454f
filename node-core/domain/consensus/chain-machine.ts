import { declareMachine } from '../../primitives/machine.ts';

/** ChainActor's states. Source: communication-flows.md, section 8. `Terminal` stands for its final circle. */
export const chainMachine = declareMachine({
  id: 'ChainActor',
  initial: 'Initializing',
  states: {
    Initializing: { GenesisLoaded: 'Syncing', GenesisError: 'Failed' },
    Syncing: { CaughtUp: 'Active', SyncError: 'Failed' },
    Active: { AssignedSlot: 'Producing', ReceivedBlock: 'Importing', FellBehind: 'Syncing' },
    Producing: { BlockProduced: 'Active', ProductionError: 'Failed' },
    Importing: { BlockImported: 'Active', ImportError: 'Failed' },
    Failed: { RecoveryAttempt: 'Syncing', TerminalError: 'Terminal' },
    Terminal: {},
  },
});
export type ChainState = (typeof chainMachine)['stateNames'][number];
export type ChainEvent = (typeof chainMachine)['arrows'][number]['event'];
