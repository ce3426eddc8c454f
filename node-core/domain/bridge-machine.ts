import { declareMachine } from '../primitives/machine.ts';

/**
 * BridgeActor's own states. The founding machine's processing branches run in each operation (`pegin/machine.ts`,
 * `pegout/machine.ts`). `Failed`: Bitcoin can't be reached, so this node proposes and votes for no peg and asks for no
 * signature. Source: communication-flows.md, section 8; architecture.md, The actor contract.
 */
export const bridgeMachine = declareMachine({
  id: 'BridgeActor',
  initial: 'Initializing',
  states: {
    Initializing: { ConnectedToBitcoin: 'Monitoring', ConnectionError: 'Failed' },
    Monitoring: { ConnectionError: 'Failed' },
    Failed: { Recovery: 'Monitoring' },
  },
});
export type BridgeState = (typeof bridgeMachine)['stateNames'][number];
