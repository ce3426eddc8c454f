import { declareMachine } from '../../primitives/machine.ts';

/**
 * The life of one deposit: BridgeActor's peg-in branch, run once for each operation.
 * A reorganisation leads back; only a mint in a final block leads to `Completed`, from wherever this node stands.
 * Source: communication-flows.md, sections 2 and 8.
 */
export const pegInMachine = declareMachine({
  id: 'PegIn',
  initial: 'ProcessingPegIn',
  states: {
    /** Seen; waits for its confirmations and is validated. */
    ProcessingPegIn: {
      ValidationPassed: 'WaitingApproval',
      ValidationFailed: 'Rejected',
      MintFinal: 'Completed',
    },
    WaitingApproval: {
      GovernanceApproved: 'Minting',
      GovernanceDenied: 'Rejected',
      DepositReorganized: 'ProcessingPegIn',
      MintFinal: 'Completed',
    },
    /** Approved and put before the chain. */
    Minting: { MintFinal: 'Completed', DepositReorganized: 'ProcessingPegIn' },
    /** Its sats are owed to an unknown owner. The chain's own word stands above this node's judgement. */
    Rejected: { MintFinal: 'Completed' },
    Completed: {},
  },
});
export type PegInState = (typeof pegInMachine)['stateNames'][number];
export type PegInEvent = (typeof pegInMachine)['arrows'][number]['event'];
