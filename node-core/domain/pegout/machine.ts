import { declareMachine } from '../../primitives/machine.ts';

/**
 * The life of one burn: BridgeActor's peg-out branch, run once for each operation.
 * A payout in a final block is signed once for each of its versions; a reorganisation leads back, and since all versions
 * spend the same anchor, going forward again can't pay twice. Source: communication-flows.md, sections 3 and 8.
 */
export const pegOutMachine = declareMachine({
  id: 'PegOut',
  initial: 'ProcessingPegOut',
  states: {
    /** The burn is known; its payout is planned and has to stand in a final block. */
    ProcessingPegOut: { TransactionCreated: 'CollectingSignatures', BurnRefused: 'Rejected' },
    CollectingSignatures: {
      SignaturesCollected: 'Broadcasting',
      TransactionReplaced: 'CollectingSignatures',
      TransactionSeen: 'Confirming',
    },
    Broadcasting: {
      TransactionBroadcast: 'Confirming',
      TransactionReplaced: 'CollectingSignatures',
      TransactionSeen: 'Confirming',
    },
    Confirming: {
      TransactionConfirmed: 'Completed',
      TransactionReplaced: 'CollectingSignatures',
      PayoutReorganized: 'Broadcasting',
      SignaturesMissing: 'CollectingSignatures',
    },
    Completed: { PayoutReorganized: 'Broadcasting', SignaturesMissing: 'CollectingSignatures' },
    /** The value stays owed until governance names another address. */
    Rejected: {},
  },
});
export type PegOutState = (typeof pegOutMachine)['stateNames'][number];
export type PegOutEvent = (typeof pegOutMachine)['arrows'][number]['event'];
