import { declareMachine } from '../../primitives/machine.ts';

/**
 * How EngineActor stands to its execution client. Only in `Ready` does the client build and execute for the chain; before
 * that it is asked who it is (`Checking`) and led along the store's blocks (`Replaying`). `Away` and `Refused` wait:
 * for a client that doesn't answer, or for the operator of one that is of another chain or can't be led on.
 */
export const clientMachine = declareMachine({
  id: 'EngineActor',
  initial: 'Ready',
  states: {
    Ready: { Doubted: 'Checking' },
    Checking: { Known: 'Replaying', Silent: 'Away', Strange: 'Refused' },
    Replaying: { Agreed: 'Ready', Silent: 'Away', Strange: 'Refused' },
    Away: { Retried: 'Checking' },
    Refused: { Retried: 'Checking' },
  },
});
export type ClientState = (typeof clientMachine)['stateNames'][number];
export type ClientEvent = (typeof clientMachine)['arrows'][number]['event'];
